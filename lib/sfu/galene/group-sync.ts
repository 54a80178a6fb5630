import type { Log } from '../../platform/log.ts'
import { isUsableSlug } from '../../protocol/slug.ts'
import type { Group, GroupSource, SyncState } from '../sfu.ts'
import { isManaged, isOurs, parseDescription, writeDescription } from './group-file.ts'
import { createGroupStore } from './group-store.ts'
import type { PublicJwk } from './tokens.ts'

export type GroupsNeeds = {
  folder: string
  jwk: PublicJwk
  source: GroupSource
  log: Log
  /** Makes the SFU read a group again. Answers why it cannot, or undefined. */
  poke: (group: string) => Promise<string | undefined>
  /** A group's state changed. */
  changed: () => void
}

/** Files on their way at once. */
const AT_ONCE = 16
/** More changed groups than this are asked for together with all others. */
const MOST_ASKED_BY_NAME = 16

export const PENDING: SyncState = { state: 'pending' }
const IN_STEP: SyncState = { state: 'in-step' }
const failed = (reason: string): SyncState => ({ state: 'failed', reason })

/** Runs `job` for every item, a few at a time. */
const forEach = async <T>(items: readonly T[], job: (item: T) => Promise<void>) => {
  const rest = items.values()
  const worker = async () => {
    for (const item of rest) await job(item)
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker))
}

/** One round of bringing group files in step with the database, and what is known since the last. Rounds must not overlap. */
export class GroupSync {
  /** Files written or removed since the start. */
  written = 0
  readonly states = new Map<string, SyncState>()
  readonly known = new Map<string, Group>()
  readonly store: ReturnType<typeof createGroupStore>
  private readonly needs: GroupsNeeds

  constructor(needs: GroupsNeeds) {
    this.needs = needs
    this.store = createGroupStore(needs.folder)
  }

  /** Brings the named groups in step, or all. Rejects where the database or the folder fails as a whole. */
  async round(names: ReadonlySet<string> | undefined): Promise<void> {
    const groups = await this.load(names)
    const mine = names ? groups.filter(({ name }) => names.has(name)) : groups
    const there = new Set(groups.map((g) => g.name))
    const candidates = names ?? new Set([...(await this.store.names()), ...this.known.keys()])
    const gone = [...candidates].filter((name) => !there.has(name) && isUsableSlug(name))
    const touched: string[] = []
    const before = this.written
    await forEach(mine, async (group) => {
      if (await this.keep(group)) touched.push(group.name)
    })
    await forEach(gone, (name) => this.drop(name))
    if (this.written > before) {
      await this.store.flush()
      this.needs.log.debug({ written: this.written - before }, 'group files were written')
    }
    await forEach(touched, (name) => this.settle(name))
  }

  /** For every group that `names` means, or all: the round could not be run. */
  failAll(names: ReadonlySet<string> | undefined, error: Error) {
    for (const name of names ?? this.known.keys()) this.set(name, failed(error.message))
  }

  pend(name: string) {
    if (this.states.get(name)?.state === 'in-step') this.set(name, PENDING)
  }

  hasFailed(): boolean {
    return [...this.states.values()].some(({ state }) => state === 'failed')
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

  /** Answers whether the SFU should look at the file. */
  private async keep(group: Group): Promise<boolean> {
    const { name } = group
    if (!isUsableSlug(name)) {
      this.set(name, failed('this name cannot be a group'))
      return false
    }
    this.known.set(name, group)
    try {
      return (await this.bring(group)) || this.states.get(name)?.state !== 'in-step'
    } catch (error) {
      this.needs.log.warn({ err: error, group: name }, 'a group file could not be brought in step')
      this.set(name, failed((error as Error).message))
      return false
    }
  }

  /** Answers whether it wrote. */
  private async bring(group: Group): Promise<boolean> {
    const text = await this.store.read(group.name)
    const existing = text === undefined ? {} : parseDescription(text)
    if (text !== undefined && !isManaged(existing)) {
      throw new Error('the group file exists and does not say that Pyrite manages it')
    }
    const target = writeDescription(group, this.needs.jwk, existing ?? {})
    if (text === target) return false
    await this.store.write(group.name, target)
    this.written += 1
    return true
  }

  /** A file that belongs to no channel may be anybody's: one that cannot be read or removed is no trouble of the channels. */
  private async drop(name: string) {
    this.known.delete(name)
    this.states.delete(name)
    try {
      await this.remove(name)
    } catch (error) {
      this.needs.log.warn({ err: error, group: name }, 'a group file of no channel is left alone')
    }
  }

  /** A vanished channel's file goes, where this very Pyrite wrote it. */
  private async remove(name: string) {
    const text = await this.store.read(name)
    if (text === undefined || !isOurs(parseDescription(text), this.needs.jwk)) return
    await this.store.remove(name)
    this.written += 1
    await this.needs.poke(name)
  }

  private async settle(name: string) {
    const reason = await this.needs.poke(name)
    this.set(name, reason === undefined ? IN_STEP : failed(reason))
  }
}
