import { createHash } from 'node:crypto'
import { isUsableSlug } from '../../../protocol/slug.ts'
import type { Group, GroupPort, SyncState } from '../../sfu.ts'
import type { PublicJwk } from '../wire/tokens.ts'
import { type GaleneApi, LostRace } from './api.ts'
import { isSame } from './group-changes.ts'
import {
  type Description,
  describeGroup,
  isManaged,
  isOfAnother,
  isOurs,
  MARKER,
  NOT_MANAGED,
  OF_ANOTHER,
  type Roles,
  rolesOf,
} from './group-file.ts'
import { type Poke, stateOf } from './group-look.ts'
import type { GroupMemory } from './group-memory.ts'

/** As Galene tells them. */
type RolesThere = ReadonlyMap<string, unknown>

export type ByApiNeeds = {
  api: GaleneApi
  memory: GroupMemory
  jwk: PublicJwk
  kids: ReadonlySet<string>
  poke: Poke
}

const LOST = 'the call server has lost the group again: somebody else removes it'
/** Times that a group is read again after something else changed it, or Galene refused without saying why. */
const TRIES = 4
/** How a group is until it is whole: nobody is let in. */
const UNFINISHED = `${MARKER}, which is still writing it`
const CLOSED = { comment: UNFINISHED, expires: '1970-01-01T00:00:00Z' }
const isUnfinished = ({ comment }: Description): boolean => comment === UNFINISHED

const withoutClosing = (description: Description): Description => {
  if (!isUnfinished(description)) return description
  const { expires: _expires, ...others } = description
  return others
}

const tryAgain = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof LostRace) || tries >= TRIES) throw error
    }
  }
}

/**
 * Groups by Galene's admin API (`galene.sync = "api"`), for a Galene elsewhere. A group is several writes there, and joiners may
 * come between any two: a new one is closed until it is whole, and a killed Pyrite's half a group is found closed and finished. In
 * an existing one an old key goes first, and each step leaves what either the old or the new group allows.
 *
 * Keys and passwords cannot be read there; the ETag tells whether anything was changed since they were written.
 */
export class GroupsByApi implements GroupPort {
  private readonly needs: ByApiNeeds
  /** The roles that we wrote, as long as nothing else changed the group. */
  private readonly written = new Map<string, RolesThere>()
  /** Groups that had our key: one with another key since is no old one of ours. */
  private readonly kept = new Set<string>()

  constructor(needs: ByApiNeeds) {
    this.needs = needs
  }

  prepare = async (): Promise<void> => this.needs.memory.load()
  flush = async (): Promise<void> => this.needs.memory.save()
  names = async (): Promise<string[]> => (await this.needs.api.groups()).filter(isUsableSlug)
  keep = (group: Group): Promise<boolean> => tryAgain(() => this.bring(group))
  look = async (name: string): Promise<SyncState> => stateOf(await this.needs.poke(name), LOST)

  async drop(name: string): Promise<boolean> {
    const isGone = await tryAgain(() => this.remove(name))
    if (isGone) await this.needs.poke(name)
    return isGone
  }

  private digestOf(group: Group): string {
    const { jwk } = this.needs
    return createHash('sha256')
      .update(JSON.stringify([describeGroup(group, jwk, {}), [...rolesOf(group)], jwk]))
      .digest('base64url')
  }

  private async bring(group: Group): Promise<boolean> {
    const { api, memory, jwk } = this.needs
    const { name } = group
    const digest = this.digestOf(group)
    const found = await api.group(name)
    const last = memory.get(name)
    const isUntouched = found !== undefined && last?.etag === found.etag
    if (isUntouched && last?.digest === digest) {
      this.kept.add(name)
      return false
    }
    if (found && !isManaged(found.description)) throw new Error(NOT_MANAGED)
    if (this.kept.has(name) && isOfAnother(found?.description, this.needs.kids))
      throw new Error(OF_ANOTHER)
    if (!isUntouched) this.written.delete(name)
    if (!found || isUnfinished(found.description)) await this.make(group, found !== undefined)
    else await this.change(group, isUntouched)
    memory.set(name, { etag: await this.finish(group), digest, kid: jwk.kid })
    this.kept.add(name)
    return true
  }

  /** A group that is closed meanwhile: nobody else wrote into it. */
  private async make(group: Group, isThere: boolean) {
    const { api, jwk } = this.needs
    const { name } = group
    const wanted = rolesOf(group)
    if (!isThere) await api.create(name, { ...describeGroup(group, jwk, {}), ...CLOSED }, wanted)
    const there = isThere ? await this.rolesThere(name) : await this.takenOf(name, wanted)
    await this.bringUsers(group, there, true)
    await api.setKeys(name, [jwk])
  }

  /** `isUntouched`: nobody has changed it since it was whole. */
  private async change(group: Group, isUntouched: boolean) {
    const { api, memory, jwk } = this.needs
    const { name } = group
    if (!isUntouched || memory.get(name)?.kid !== jwk.kid) await api.setKeys(name, [jwk])
    const there = this.written.get(name) ?? (await this.rolesThere(name))
    await this.bringUsers(group, there, isUntouched)
  }

  /** `isTrusted`: nobody but us has written the users, and so none has a password. */
  private async bringUsers(group: Group, there: RolesThere, isTrusted: boolean) {
    const { api } = this.needs
    const { name } = group
    const wanted = rolesOf(group)
    this.written.delete(name)
    await this.addUsers(name, new Map([...wanted].filter(([username]) => !there.has(username))))
    for (const [username, role] of there) {
      const wantedRole = wanted.get(username)
      if (wantedRole === undefined) await api.removeUser(name, username)
      else {
        if (role !== wantedRole) await api.setRole(name, username, wantedRole)
        if (!isTrusted) await api.removePassword(name, username)
      }
    }
    this.written.set(name, wanted)
  }

  /**
   * Many in one write; then those by themselves whom Galene did not take that way, and the last in any case: with it Galene writes all
   * of them down in its own words.
   */
  private async addUsers(name: string, users: Roles) {
    const { api } = this.needs
    const many = new Map([...users].slice(0, -1))
    let taken: Roles = new Map()
    if (many.size > 0) {
      const found = await api.group(name)
      if (!found) throw new LostRace(LOST)
      await api.replace(name, found.etag, found.description, many)
      taken = await this.takenOf(name, many)
    }
    for (const [username, role] of users) {
      if (!taken.has(username)) await api.setRole(name, username, role)
    }
  }

  /** Those of the users just written that are there. */
  private async takenOf(name: string, users: Roles): Promise<Roles> {
    const there = new Set(await this.needs.api.users(name))
    return new Map([...users].filter(([username]) => there.has(username)))
  }

  private async rolesThere(name: string): Promise<RolesThere> {
    const roles = new Map<string, unknown>()
    for (const username of await this.needs.api.users(name)) {
      roles.set(username, await this.needs.api.roleOf(name, username))
    }
    return roles
  }

  /** What is left when keys and users are there: the other fields, and with them the end of a new group's closing. */
  private async finish(group: Group): Promise<string> {
    const { api, jwk } = this.needs
    const { name } = group
    const before = await api.group(name)
    if (!before) throw new LostRace(LOST)
    const wanted = describeGroup(group, jwk, withoutClosing(before.description))
    if (isSame(wanted, before.description)) return before.etag
    await api.replace(name, before.etag, wanted)
    return (await api.group(name))?.etag ?? ''
  }

  private async remove(name: string): Promise<boolean> {
    const { api, memory, jwk } = this.needs
    const found = await api.group(name)
    memory.delete(name)
    this.written.delete(name)
    if (!found || !isOurs(found.description, jwk)) return false
    await api.remove(name, found.etag)
    return true
  }
}
