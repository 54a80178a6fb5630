import { setTimeout as pause } from 'node:timers/promises'
import type { SyncState } from '../../sfu.ts'
import { GroupSync, type GroupsNeeds, PENDING } from './group-sync.ts'

const DEBOUNCE_MS = 5
const EVERY_MS = 5 * 60_000
/** How long a start waits for the first round. */
const FIRST_ROUND_MS = 10_000
const FIRST_RETRY_MS = 500
/** Whatever was in the way, everything is in step within ten seconds of its end. */
export const LONGEST_RETRY_MS = 8_000
/** Rounds that a join waits for, when changes keep coming. */
const SETTLE_ROUNDS = 3

/**
 * Keeps one group per channel in step with the database: on change, at start and every five minutes; one round at a
 * time; what failed is tried again, ever later. How a group is written is the port's matter.
 */
export class Groups {
  private readonly sync: GroupSync
  private readonly needs: GroupsNeeds
  private wanted = new Set<string>()
  private wantsAll = false
  /** Any of them changed, and no round has begun since. */
  private isAnyChanged = false
  /** What the round that runs was asked for because of changes: others in it are only looked over. */
  private changing: 'any' | ReadonlySet<string> = new Set()
  private needsRetry = false
  private running: Promise<void> | undefined
  private timer: NodeJS.Timeout | undefined
  private regular: NodeJS.Timeout | undefined
  private retryMs = FIRST_RETRY_MS
  /** Before the start nothing is written: the first round takes what changed until then. */
  private isStarted = false
  private isStopped = false
  private isPrepared = false

  constructor(needs: GroupsNeeds) {
    this.needs = needs
    this.sync = new GroupSync(needs)
  }

  /** The channel of this name changed, came or went; without a name: any of them. */
  readonly changed = (name?: string): void => {
    if (name === undefined) {
      this.wantsAll = true
      this.isAnyChanged = true
    } else this.wanted.add(name)
    for (const one of name === undefined ? this.sync.known.keys() : [name]) this.sync.pend(one)
    this.later()
  }

  readonly state = (name: string): SyncState => this.sync.states.get(name) ?? PENDING

  mayRecord(name: string): boolean {
    return this.sync.known.get(name)?.allowRecording ?? false
  }

  /** Groups written or removed since the start. */
  written(): number {
    return this.sync.written
  }

  /** Waits until what is due for this group is done: a join that follows finds its group. */
  async settled(name: string): Promise<void> {
    if (!this.sync.states.has(name)) this.changed(name)
    for (let rounds = 0; rounds < SETTLE_ROUNDS && this.isDue(name); rounds += 1) {
      await (this.running ?? this.runNow())
    }
  }

  /** The first round, then one every five minutes. Resolves when the first is done, or goes on after ten seconds: an API is slow. */
  async start(): Promise<void> {
    this.isStarted = true
    this.wantsAll = true
    this.regular = setInterval(() => {
      this.wantsAll = true
      this.later()
    }, EVERY_MS).unref()
    await Promise.race([this.runNow(), pause(FIRST_ROUND_MS, undefined, { ref: false })])
  }

  /** No further round begins; one that runs is waited for. */
  async stop(): Promise<void> {
    this.isStopped = true
    clearTimeout(this.timer)
    clearInterval(this.regular)
    await this.running
  }

  /** A round that only looks over all groups may be long, and holds up nobody whose group is in step. */
  private isDue(name: string): boolean {
    if (!this.isStarted || this.isStopped) return false
    if (this.isAnyChanged || this.wanted.has(name)) return true
    if (this.running === undefined) return false
    const isChanging = this.changing === 'any' || this.changing.has(name)
    return isChanging || this.state(name).state !== 'in-step'
  }

  private later() {
    if (!this.isStarted || this.isStopped || this.running !== undefined) return
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.runNow(), DEBOUNCE_MS)
  }

  private runNow(): Promise<void> {
    clearTimeout(this.timer)
    this.running = this.run().finally(() => {
      this.running = undefined
      if (this.wantsAll || this.wanted.size > 0) this.later()
      else if (this.needsRetry || this.sync.failed().length > 0) this.retryLater()
    })
    return this.running
  }

  private async run(): Promise<void> {
    const names = this.wantsAll ? undefined : this.wanted
    this.changing = this.isAnyChanged ? 'any' : this.wanted
    this.isAnyChanged = false
    this.wanted = new Set()
    this.wantsAll = false
    this.needsRetry = false
    try {
      if (!this.isPrepared) await this.needs.port.prepare()
      this.isPrepared = true
      await this.sync.round(names)
      if (this.sync.failed().length === 0) this.retryMs = FIRST_RETRY_MS
    } catch (error) {
      this.needs.log.error({ err: error }, 'the groups could not be brought in step')
      this.sync.failAll(names, error as Error)
      this.needsRetry = true
    }
  }

  private retryLater() {
    if (this.isStopped) return
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      if (this.needsRetry) this.wantsAll = true
      for (const name of this.sync.failed()) this.wanted.add(name)
      void this.runNow()
    }, this.retryMs)
    this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS)
  }
}
