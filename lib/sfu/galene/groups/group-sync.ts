import type { Log } from '../../../platform/log.ts'
import { isUsableSlug } from '../../../protocol/slug.ts'
import type { Group, GroupPort, GroupSource, SyncState } from '../../sfu.ts'
import { failed } from './group-look.ts'
import { createTurns } from './turns.ts'

export type GroupsNeeds = {
  port: GroupPort
  source: GroupSource
  log: Log
  /** All of this process that keep groups now, perhaps the same ones in another way. */
  keepers?: Set<unknown>
  /** A group's state changed. */
  changed: () => void
}

/** Groups on their way at once. */
const AT_ONCE = 16

export const PENDING: SyncState = { state: 'pending' }

/** Runs `job` for every item, a few at a time. */
const forEach = async <T>(items: readonly T[], job: (item: T) => Promise<void>) => {
  const rest = items.values()
  const worker = async () => {
    for (const item of rest) await job(item)
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker))
}

/**
 * Brings groups in step with the database, and knows how each of them is. `all` must not overlap with itself; `named` may overlap with
 * everything, since a group is in one hand at a time, and what is done to it last is newest.
 */
export class GroupSync {
  /** Groups written or removed since the start. */
  written = 0
  readonly states = new Map<string, SyncState>()
  readonly known = new Map<string, Group>()
  /** Groups that may be different now at the SFU, until they are looked at. */
  readonly unsure = new Set<string>()
  private readonly needs: GroupsNeeds
  private readonly turns = createTurns()
  /** Changed, and not asked for since. */
  private readonly changed = new Set<string>()
  /** Brought in step by name since the look over all began: what that read of them may be old. */
  private readonly overtaken = new Set<string>()
  private readonly tries = new Map<string, number>()
  private prepared: Promise<void> | undefined
  private wasSeen = false

  constructor(needs: GroupsNeeds) {
    this.needs = needs
  }

  /** Brings all groups in step. Rejects where the database or the store of groups fails as a whole. */
  async all(): Promise<void> {
    await this.prepare()
    this.overtaken.clear()
    const groups = await this.needs.source()
    const there = new Set(groups.map(({ name }) => name))
    for (const group of groups) if (isUsableSlug(group.name)) this.known.set(group.name, group)
    const candidates = new Set([...(await this.needs.port.names()), ...this.known.keys()])
    const gone = [...candidates].filter((name) => !there.has(name))
    const inTurn = (name: string, work: () => Promise<void>) =>
      this.turns.take(name, async () => {
        if (!this.overtaken.has(name) && !this.changed.has(name)) await work()
      })
    await this.lasting(async () => {
      await forEach(groups, (group) => inTurn(group.name, () => this.bring(group)))
      await forEach(gone, (name) => inTurn(name, () => this.drop(name)))
    })
  }

  /** Brings these groups in step as they are in the database now, whatever else is under way. Rejects where they cannot be made to last. */
  async named(names: Iterable<string>): Promise<void> {
    await this.prepare()
    const look = async (name: string) => {
      this.overtaken.add(name)
      await this.turns.take(name, () => this.bringNamed(name))
    }
    await this.lasting(() => forEach([...names], look))
  }

  /** What is being done with this group at the moment. */
  underWay(name: string): Promise<void> | undefined {
    return this.turns.of(name)
  }

  /** These groups could not be brought in step; without names: none could be looked at, which says nothing of those that were. */
  failAll(names: Iterable<string> | undefined, { message }: Error) {
    for (const name of names ?? this.known.keys()) {
      if (names || this.states.get(name)?.state !== 'in-step') this.set(name, failed(message))
    }
  }

  /** It changed, and has to be brought in step by name; what is under way may know it as it was. */
  pend(name: string) {
    this.changed.add(name)
    if (this.states.get(name)?.state === 'in-step') this.set(name, PENDING)
  }

  /** Knows a channel as it is in the database now, however long what is being written before it takes. */
  async reread(name: string): Promise<void> {
    const groups = await this.needs.source(name).catch(() => [])
    const group = groups.find((each) => each.name === name)
    if (group && this.known.has(name)) this.known.set(name, group)
  }

  /** Any group may be another one there now. */
  doubt() {
    for (const name of this.known.keys()) this.unsure.add(name)
  }

  /** The SFU answers, as it did not a moment ago. Of what was written before it ever did, nothing is known yet. */
  answers() {
    this.doubt()
    if (this.wasSeen) return
    this.wasSeen = true
    for (const [name, { state }] of this.states) if (state === 'in-step') this.set(name, PENDING)
  }

  /** Nothing was asked for yet: a look over all takes what changed until now. */
  forgetChanges() {
    this.changed.clear()
  }

  /** The groups that could not be brought in step, or removed, when it was tried last; those first that were tried least. */
  failed(): string[] {
    const names = [...this.states].flatMap(([name, { state }]) =>
      state === 'failed' ? [name] : [],
    )
    const triesOf = (name: string) => this.tries.get(name) ?? 0
    return names.sort((one, other) => triesOf(one) - triesOf(other))
  }

  private prepare(): Promise<void> {
    this.prepared ??= this.needs.port.prepare().catch((error: unknown) => {
      this.prepared = undefined
      throw error
    })
    return this.prepared
  }

  private async lasting(work: () => Promise<void>): Promise<void> {
    const before = this.written
    await work()
    if (this.written === before) return
    await this.needs.port.flush()
    this.needs.log.debug({ written: this.written - before }, 'groups were written')
  }

  private async bringNamed(name: string): Promise<void> {
    this.changed.delete(name)
    try {
      const groups = await this.needs.source(name)
      const group = groups.find((each) => each.name === name)
      if (!group) return await this.drop(name)
      if (isUsableSlug(name)) this.known.set(name, group)
      await this.bring(group)
    } catch (error) {
      this.set(name, failed((error as Error).message))
    }
  }

  private set(name: string, found: SyncState) {
    const state = found.state === 'in-step' && this.changed.has(name) ? PENDING : found
    const before = this.states.get(name)
    this.states.set(name, state)
    if (state.state === 'failed') this.tries.set(name, (this.tries.get(name) ?? 0) + 1)
    else if (state.state === 'in-step') this.tries.delete(name)
    if (before?.state !== state.state || before.reason !== state.reason) this.needs.changed()
  }

  private async bring(group: Group): Promise<void> {
    const { name } = group
    if (!isUsableSlug(name)) return this.set(name, failed('this name cannot be a group'))
    try {
      const isWritten = await this.needs.port.keep(group)
      if (isWritten) this.written += 1
      const isSure = this.states.get(name)?.state === 'in-step' && !this.unsure.has(name)
      if (isWritten || !isSure) this.set(name, await this.needs.port.look(name))
      this.unsure.delete(name)
    } catch (error) {
      const { message } = error as Error
      const isNews = this.states.get(name)?.reason !== message
      const { log } = this.needs
      log[isNews ? 'warn' : 'debug'](
        { err: error, group: name },
        'a group could not be brought in step',
      )
      this.set(name, failed(message))
    }
  }

  /**
   * A group that belongs to no channel may be anybody's: one that cannot be read or removed is no trouble of the channels.
   * One that was a channel's until now is tried again.
   */
  private async drop(name: string) {
    if (!isUsableSlug(name)) return
    try {
      if (await this.needs.port.drop(name)) this.written += 1
      this.known.delete(name)
      this.states.delete(name)
      this.tries.delete(name)
      this.unsure.delete(name)
    } catch (error) {
      this.needs.log.warn({ err: error, group: name }, 'a group of no channel is left alone')
      if (this.known.has(name)) this.set(name, failed((error as Error).message))
    }
  }
}
