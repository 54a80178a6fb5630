import type { Log } from '../../../platform/log.ts'
import { isUsableSlug } from '../../../protocol/slug.ts'
import type { Group, GroupPort, GroupSource, SyncState } from '../../sfu.ts'
import { failed } from './group-look.ts'

export type GroupsNeeds = {
  port: GroupPort
  source: GroupSource
  log: Log
  /** A group's state changed. */
  changed: () => void
}

/** Groups on their way at once. */
const AT_ONCE = 16
/** More changed groups than this are asked for together with all others. */
const MOST_ASKED_BY_NAME = 16

export const PENDING: SyncState = { state: 'pending' }

/** Runs `job` for every item, a few at a time. */
const forEach = async <T>(items: readonly T[], job: (item: T) => Promise<void>) => {
  const rest = items.values()
  const worker = async () => {
    for (const item of rest) await job(item)
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker))
}

/** One round of bringing groups in step with the database, and what is known since the last. Rounds must not overlap. */
export class GroupSync {
  /** Groups written or removed since the start. */
  written = 0
  readonly states = new Map<string, SyncState>()
  readonly known = new Map<string, Group>()
  private readonly needs: GroupsNeeds

  constructor(needs: GroupsNeeds) {
    this.needs = needs
  }

  /** Brings the named groups in step, or all. Rejects where the database or the store of groups fails as a whole. */
  async round(names: ReadonlySet<string> | undefined): Promise<void> {
    const groups = await this.load(names)
    const mine = names ? groups.filter(({ name }) => names.has(name)) : groups
    const there = new Set(groups.map((g) => g.name))
    for (const group of mine) if (isUsableSlug(group.name)) this.known.set(group.name, group)
    const candidates = names ?? new Set([...(await this.needs.port.names()), ...this.known.keys()])
    const gone = [...candidates].filter((name) => !there.has(name) && isUsableSlug(name))
    const before = this.written
    // One by one, for joins wait for their own group only: by an API a round may take minutes.
    await forEach(mine, async (group) => {
      if (await this.keep(group)) await this.settle(group.name)
    })
    await forEach(gone, (name) => this.drop(name))
    if (this.written > before) {
      await this.needs.port.flush()
      this.needs.log.debug({ written: this.written - before }, 'groups were written')
    }
  }

  /** For every group that `names` means, or all: the round could not be run. */
  failAll(names: ReadonlySet<string> | undefined, error: Error) {
    for (const name of names ?? this.known.keys()) this.set(name, failed(error.message))
  }

  pend(name: string) {
    if (this.states.get(name)?.state === 'in-step') this.set(name, PENDING)
  }

  /** The groups that could not be brought in step, or removed, when it was tried last. */
  failed(): string[] {
    return [...this.states].flatMap(([name, { state }]) => (state === 'failed' ? [name] : []))
  }

  private async load(names: ReadonlySet<string> | undefined): Promise<Group[]> {
    if (!names || names.size > MOST_ASKED_BY_NAME) return this.needs.source()
    const ask = async (name: string) =>
      (await this.needs.source(name)).filter((group) => group.name === name)
    return (await Promise.all([...names].map(ask))).flat()
  }

  private set(name: string, state: SyncState) {
    const before = this.states.get(name)
    this.states.set(name, state)
    if (before?.state !== state.state || before.reason !== state.reason) this.needs.changed()
  }

  /** Answers whether the SFU should look at the group. */
  private async keep(group: Group): Promise<boolean> {
    const { name } = group
    if (!isUsableSlug(name)) {
      this.set(name, failed('this name cannot be a group'))
      return false
    }
    try {
      const isWritten = await this.needs.port.keep(group)
      if (isWritten) this.written += 1
      return isWritten || this.states.get(name)?.state !== 'in-step'
    } catch (error) {
      const { message } = error as Error
      const isNews = this.states.get(name)?.reason !== message
      const { log } = this.needs
      log[isNews ? 'warn' : 'debug'](
        { err: error, group: name },
        'a group could not be brought in step',
      )
      this.set(name, failed(message))
      return false
    }
  }

  /**
   * A group that belongs to no channel may be anybody's: one that cannot be read or removed is no trouble of the channels.
   * One that was a channel's until now is tried again.
   */
  private async drop(name: string) {
    try {
      if (await this.needs.port.drop(name)) this.written += 1
      this.known.delete(name)
      this.states.delete(name)
    } catch (error) {
      this.needs.log.warn({ err: error, group: name }, 'a group of no channel is left alone')
      if (this.known.has(name)) this.set(name, failed((error as Error).message))
    }
  }

  private async settle(name: string) {
    this.set(name, await this.needs.port.look(name))
  }
}
