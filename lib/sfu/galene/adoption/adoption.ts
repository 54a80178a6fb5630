import type { FileRights } from '../../../platform/files.ts'
import { asOneLine } from '../../../protocol/line.ts'
import { isUsableSlug, RESERVED_SLUGS } from '../../../protocol/slug.ts'
import type { Group } from '../../sfu.ts'
import { CODECS, type Description, isManaged, isOurs, knownFields } from '../groups/group-file.ts'
import { unreadableField } from '../groups/readable.ts'
import type { PublicJwk } from '../wire/tokens.ts'

/** A group as it was found. `text` is what a backup holds. */
export type GroupCopy = {
  name: string
  text: string
  description: Description
  rights?: FileRights | undefined
}

/**
 * Groups that somebody else made in Galene, by one of the ways of `galene.sync`. What it throws is a sentence for who runs the
 * server. Killed between any two of its steps, the same steps from the first on finish the work.
 */
export type AdoptionPort = {
  /** What a copy cannot hold, in a sentence: adopting loses it for good. Absent where copies are whole. */
  loses?: string
  /** The names of all groups, also those that no channel can have. */
  names(): Promise<string[]>
  /** What a group says, without its users perhaps; undefined where there is no such group. Throws for one that Galene cannot read. */
  peek(name: string): Promise<Description | undefined>
  /** The whole of a group, as far as it can be read. Answers and throws as `peek`. */
  read(name: string): Promise<GroupCopy | undefined>
  /** What has to happen while the group is of no channel yet. */
  begin(copy: GroupCopy): Promise<void>
  /** Makes it the group of a channel that is there. */
  take(group: Group, copy: GroupCopy): Promise<void>
  /** Makes it what `restored` answers for this copy. Answers sentences for who runs the server. */
  restore(name: string, backup: GroupCopy): Promise<string[]>
}

/** Fields that let people in. They are Pyrite's to say while it has the group. */
const WAYS_IN: ReadonlySet<string> = new Set([
  ...['users', 'wildcard-user', 'authKeys', 'authServer', 'authPortal'],
  ...['op', 'presenter', 'other', 'allow-anonymous'],
])
/** All that Pyrite says in a group that it manages. */
const OURS: ReadonlySet<string> = new Set([
  ...WAYS_IN,
  ...['displayName', 'description', 'comment', 'public', 'max-clients', 'allow-recording'],
])

/**
 * Comments of groups that are on their way into Pyrite, and out. Only `TAKEN` says that Pyrite may write the group: a server that
 * runs leaves it alone before, and may finish it then.
 */
export const ADOPTING = 'Pyrite is still adopting this group'
export const TAKEN = 'managed by Pyrite, which is still adopting it'
export const RELEASING = 'Pyrite is still releasing this group'

/** A description without what lets people in. */
export const withoutWaysIn = (description: Description): Description =>
  Object.fromEntries(Object.entries(knownFields(description)).filter(([key]) => !WAYS_IN.has(key)))

/** Codecs that Pyrite said, since the group itself said none. */
const areOurCodecs = (now: Description, before: Description): boolean =>
  !before.codecs && String(now.codecs) === String(CODECS)

/** A released group: what is Pyrite's as it was before, everything else as it is now. */
export const restored = (now: Description, backup: Description): Description => {
  const before = knownFields(backup)
  const there = knownFields(now)
  if (areOurCodecs(there, before)) delete there.codecs
  const others = Object.entries(there).filter(([key]) => !OURS.has(key))
  const ours = Object.entries(before).filter(([key]) => OURS.has(key))
  // In the order that it had.
  const wanted = new Map([...others, ...ours])
  const keys = new Set([...Object.keys(before), ...wanted.keys()])
  return Object.fromEntries(
    [...keys].filter((key) => wanted.has(key)).map((key) => [key, wanted.get(key)]),
  )
}

/** What a group is looked at with: the key of this Pyrite, and the time. */
export type LookingAt = { jwk: PublicJwk; now: Date }

/** How a group stands to this Pyrite, and the reason in words where it cannot be adopted. */
export type Standing =
  | { is: 'free' | 'adopting' | 'ours' | 'releasing' }
  | { is: 'unfit'; why: string }
const unfit = (why: string): Standing => ({ is: 'unfit', why })

/** Why a group of this name cannot be a channel; undefined where it can. */
export const unfitName = (name: string): string | undefined => {
  if (isUsableSlug(name)) return
  if (name.includes('/')) return 'it is a sub-group, and a channel has none'
  if (RESERVED_SLUGS.has(name)) return 'this word has a meaning of its own in addresses'
  if (isUsableSlug(name.toLowerCase())) {
    return 'its name has capital letters, which addresses of channels have not: rename its file first'
  }
  return 'its name is none for a channel (small letters, digits and dashes, 1 to 63, no dash at either end): rename its file first'
}

/** What a group says about itself. */
const standingOf = (description: Description, { jwk, now }: LookingAt): Standing => {
  const { comment, redirect, expires } = knownFields(description)
  if (comment === RELEASING) return { is: 'releasing' }
  if (comment === ADOPTING || comment === TAKEN) return { is: 'adopting' }
  if (isOurs(description, jwk)) return { is: 'ours' }
  if (isManaged(description)) return unfit('a Pyrite with another signing key manages it')
  const unreadable = unreadableField(description)
  if (unreadable !== undefined) return unfit(`Galene cannot read it: ${unreadable}`)
  if (redirect) return unfit('it only leads elsewhere (redirect), so nobody meets in it')
  if (expires && Date.parse(String(expires)) <= now.getTime()) {
    return unfit(`it expired at ${expires}, so nobody may join it: take "expires" out first`)
  }
  return { is: 'free' }
}

/** One group, as `pyrite galene list` shows it. */
export type Look = { name: string; displayName: string; standing: Standing }

/** Looks at one group; undefined where there is none. A group that cannot be read is unfit, and says why. */
export const lookAt = async (
  port: Pick<AdoptionPort, 'peek'>,
  name: string,
  looking: LookingAt,
): Promise<Look | undefined> => {
  const why = unfitName(name)
  if (why !== undefined) return { name, displayName: '', standing: unfit(why) }
  try {
    const description = await port.peek(name)
    if (!description) return
    const displayName = asOneLine(String(knownFields(description).displayName ?? ''))
    return { name, displayName, standing: standingOf(description, looking) }
  } catch (error) {
    return { name, displayName: '', standing: unfit((error as Error).message) }
  }
}
