import type { SyncState } from '../../sfu.ts'
import { GroupSync, type GroupsNeeds, PENDING } from './group-sync.ts'

const DEBOUNCE_MS = 5
const EVERY_MS = 5 * 60_000
/** How often it is asked whether somebody else has touched a group. */
const GLANCE_EVERY_MS = 4_000
/** A group that was touched this often in a row is somebody else's too, such as a second Pyrite's: no use to write it for ever. */
const MOST_TOUCHED = 5
/** How long a start waits for the first round. */
const FIRST_ROUND_MS = 10_000
const FIRST_RETRY_MS = 500
/** Whatever was in the way, everything is in step within ten seconds of its end. */
export const LONGEST_RETRY_MS = 8_000
/** Failed groups that are tried again at once: as soon as one of them is well, all are. */
const MOST_RETRIED = 16
/** How often a join looks anew, when changes keep coming. */
const MOST_LOOKS = 3
/** How long a join waits for a look at a group that is probably as it was. */
const GLANCE_MS = 500

const CONTESTED =
  'somebody else writes this group again and again: it is looked at every five minutes only; let one Pyrite alone write this folder'

const NOBODY: ReadonlySet<unknown> = new Set()

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms).unref())

/**
 * Keeps one group per channel in step with the database: on change, at start, when somebody else touched it, and every five minutes;
 * what failed is tried again, ever later. A round over all groups may take minutes by an API: changed groups do not wait for it, nor do joins, which look at
 * their own group only. How a group is written is the port's matter.
 */
export class Groups {
  private readonly sync: GroupSync
  private readonly needs: GroupsNeeds
  private wanted = new Set<string>()
  private wantsAll = false
  private needsRetry = false
  private round: Promise<void> | undefined
  private naming: Promise<void> | undefined
  /** All that goes on, to be waited for at the end. */
  private readonly working = new Set<Promise<void>>()
  private soon: NodeJS.Timeout | undefined
  private retry: NodeJS.Timeout | undefined
  private regular: NodeJS.Timeout | undefined
  private glance: NodeJS.Timeout | undefined
  private retryMs = FIRST_RETRY_MS
  private lastFailed = 0
  /** How many looks in a row found each group touched. */
  private touched = new Map<string, number>()
  /** One that had failed is well again. */
  private isBetter = false
  /** Before the start nothing is written: the first round takes what changed until then. */
  private isStarted = false
  private isStopped = false

  constructor(needs: GroupsNeeds) {
    this.needs = needs
    this.sync = new GroupSync(needs)
  }

  /** The channel of this name changed, came or went; without a name: any of them may have, and a join glances at its own. */
  readonly changed = (name?: string): void => {
    if (name === undefined) {
      this.sync.doubt()
      this.wantsAll = true
    } else {
      this.wanted.add(name)
      this.sync.pend(name)
      if (this.isAtWork() && (this.naming ?? this.sync.underWay(name))) void this.sync.reread(name)
    }
    this.later()
  }

  /**
   * The SFU came back, perhaps with other groups: joins glance at theirs until all are looked over. Resolves then; at once before the
   * start.
   */
  async lookOver(): Promise<void> {
    this.sync.answers()
    this.wantsAll = true
    await this.round
    if (this.wantsAll && this.isAtWork()) await this.goRound()
  }

  readonly state = (name: string): SyncState => this.sync.states.get(name) ?? PENDING

  /** Those of all channels, as far as they are known. */
  readonly names = (): Iterable<string> => this.sync.known.keys()

  mayRecord(name: string): boolean {
    return this.sync.known.get(name)?.allowRecording ?? false
  }

  /** Groups written or removed since the start. */
  written(): number {
    return this.sync.written
  }

  /** Waits until what is due for this group is done: a join that follows finds its group. Other groups are not waited for. */
  async settled(name: string): Promise<void> {
    if (!this.sync.states.has(name)) this.changed(name)
    for (let looks = 0; looks < MOST_LOOKS && this.isDue(name); looks += 1) await this.ahead(name)
    if (this.isDoubtful(name)) {
      await Promise.race([this.ahead(name), pause(GLANCE_MS)])
    }
  }

  /** Waits until what changed of this group is done in its turn, a few groups at a time: nobody waits at the door. */
  async caughtUp(name: string): Promise<void> {
    while (this.isAtWork() && this.wanted.has(name)) await (this.naming ?? pause(DEBOUNCE_MS))
    await Promise.all([this.naming, this.sync.underWay(name)])
  }

  /** The first round, then one every five minutes. Resolves when the first is done, or goes on after ten seconds: an API is slow. */
  async start(): Promise<void> {
    this.isStarted = true
    this.needs.keepers?.add(this)
    this.regular = setInterval(() => {
      this.wantsAll = true
      this.later()
    }, EVERY_MS).unref()
    await Promise.race([this.goRound(), pause(FIRST_ROUND_MS)])
    this.glanceLater()
  }

  /** Nothing further begins; what goes on is waited for. */
  async stop(): Promise<void> {
    this.isStopped = true
    clearTimeout(this.soon)
    clearTimeout(this.retry)
    clearInterval(this.regular)
    clearTimeout(this.glance)
    await Promise.all(this.working)
    this.needs.keepers?.delete(this)
  }

  private glanceLater() {
    if (!this.isAtWork() || !this.needs.port.touched) return
    this.glance = setTimeout(() => void this.lookForTouched(), GLANCE_EVERY_MS).unref()
  }

  /** What somebody else changed is mended within seconds, and not at the next round only. */
  private async lookForTouched() {
    const { port, keepers = NOBODY, log } = this.needs
    const names = keepers.size > 1 ? [] : ((await port.touched?.()) ?? [])
    this.touched = new Map(names.map((name) => [name, (this.touched.get(name) ?? 0) + 1]))
    for (const [name, times] of this.touched) {
      if (times === MOST_TOUCHED) log.warn({ group: name }, CONTESTED)
      const isFree = times < MOST_TOUCHED && this.sync.underWay(name) === undefined
      if (isFree && this.isAtWork()) this.changed(name)
    }
    this.glanceLater()
  }

  private isAtWork(): boolean {
    return this.isStarted && !this.isStopped
  }

  private isDue(name: string): boolean {
    if (!this.isAtWork()) return false
    const state = this.sync.states.get(name)?.state
    if (this.wanted.has(name) || state === 'pending') return true
    return state !== 'in-step' && this.sync.underWay(name) !== undefined
  }

  private isDoubtful(name: string): boolean {
    return this.isAtWork() && (this.sync.unsure.has(name) || this.state(name).state === 'failed')
  }

  private ahead(name: string): Promise<void> {
    const isNew = this.wanted.delete(name)
    const underWay = isNew ? undefined : this.sync.underWay(name)
    return underWay ?? this.attempt([name])
  }

  private later() {
    if (!this.isAtWork()) return
    this.soon ??= setTimeout(() => this.runNow(), DEBOUNCE_MS)
  }

  private runNow() {
    clearTimeout(this.soon)
    this.soon = undefined
    if (this.wantsAll) void this.goRound()
    if (this.wanted.size > 0) this.goNamed()
  }

  /** One round over all at a time. */
  private goRound(): Promise<void> {
    if (this.round !== undefined) return this.round
    if (this.sync.known.size === 0) {
      this.wanted.clear()
      this.sync.forgetChanges()
    }
    this.wantsAll = false
    this.round = this.attempt().finally(() => {
      this.round = undefined
      if (this.wantsAll) this.later()
    })
    return this.round
  }

  private goNamed() {
    if (this.naming !== undefined) return
    const names = [...this.wanted]
    this.wanted.clear()
    this.naming = this.attempt(names).finally(() => {
      this.naming = undefined
      if (this.wanted.size > 0) this.later()
    })
  }

  /** Brings these groups in step, or all. Never rejects. */
  private attempt(names?: readonly string[]): Promise<void> {
    const work = this.run(names).finally(() => {
      this.working.delete(work)
      this.retryLater()
    })
    this.working.add(work)
    return work
  }

  private async run(names: readonly string[] | undefined): Promise<void> {
    try {
      if (names) return await this.sync.named(names)
      this.needsRetry = false
      await this.sync.all()
    } catch (error) {
      this.needs.log.error({ err: error }, 'the groups could not be brought in step')
      this.sync.failAll(names, error as Error)
      if (!names) this.needsRetry = true
    }
  }

  /** Few at a time are tried again, round and round: a thousand that somebody has yet to make by hand cost next to nothing. */
  private retryLater() {
    const failed = this.sync.failed().length
    if (failed < this.lastFailed) {
      this.isBetter = true
      this.retryMs = FIRST_RETRY_MS
      clearTimeout(this.retry)
      this.retry = undefined
    }
    this.lastFailed = failed
    if (failed === 0 && !this.needsRetry) this.retryMs = FIRST_RETRY_MS
    else if (this.isAtWork()) this.retry ??= setTimeout(() => this.tryAgain(), this.retryMs)
  }

  private tryAgain() {
    this.retry = undefined
    this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS)
    if (this.needsRetry) this.wantsAll = true
    else {
      const failed = this.sync.failed()
      for (const name of this.isBetter ? failed : failed.slice(0, MOST_RETRIED)) {
        this.wanted.add(name)
      }
    }
    this.isBetter = false
    this.runNow()
  }
}
