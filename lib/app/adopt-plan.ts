import type { Config } from '../platform/config/schema.ts'
import { MAX_CHANNEL_NAME_LENGTH, MAX_TOPIC_LENGTH } from '../protocol/limits.ts'
import { asOneLine } from '../protocol/line.ts'
import type { User } from '../protocol/users.ts'
import { type GroupCopy, withoutWaysIn } from '../sfu/galene/adoption/adoption.ts'
import { changesBetween } from '../sfu/galene/groups/group-changes.ts'
import { knownFields, parseDescription, writeDescription } from '../sfu/galene/groups/group-file.ts'
import type { PublicJwk } from '../sfu/galene/wire/tokens.ts'
import type { Group } from '../sfu/sfu.ts'
import { UsageError } from './environment.ts'
import type { People } from './features.ts'
import { asGroup } from './groups.ts'

/** A channel that is to be made for a group. */
export type NewChannel = {
  slug: string
  name: string
  topic: string
  private: boolean
  recordable: boolean
}
/** What adopting one group does. `channel` is absent where there is one of its name already, which then gets the group. */
export type Plan = {
  copy: GroupCopy
  channel: NewChannel | undefined
  group: Group
  /** Whether an earlier adoption was interrupted, whose backup holds. */
  isResumed: boolean
}

/** As much of a text as fits, and never half a character. */
const cut = (text: unknown, most: number): string =>
  asOneLine(String(text ?? ''))
    .trim()
    .slice(0, most)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trim()

const channelFor = ({ name, description }: GroupCopy, isPrivate: boolean): NewChannel => {
  const fields = knownFields(description)
  return {
    slug: name,
    name: cut(fields.displayName, MAX_CHANNEL_NAME_LENGTH) || name,
    topic: cut(fields.description, MAX_TOPIC_LENGTH),
    private: isPrivate,
    recordable: fields['allow-recording'] === true,
  }
}

export type Planning = { people: People; config: Config; owner: User; isPrivate: boolean }

/** What adopting a group would do; changes nothing. */
export const planFor = async (
  { people: { channels }, config, owner, isPrivate }: Planning,
  copy: GroupCopy,
  isResumed: boolean,
): Promise<Plan> => {
  const existing = (await channels.groups(copy.name)).find(({ slug }) => slug === copy.name)
  if (existing) {
    return { copy, channel: undefined, group: asGroup(config)(existing), isResumed }
  }
  const channel = channelFor(copy, isPrivate)
  const members = new Map([[owner.username, 'moderator' as const]])
  return { copy, channel, group: asGroup(config)({ ...channel, members }), isResumed }
}

const cutNotes = ({ copy, channel }: Plan): string[] => {
  if (!channel) return []
  const { displayName, description } = knownFields(copy.description)
  const isCut = (text: unknown, is: string) =>
    !['', is].includes(cut(text, Number.POSITIVE_INFINITY))
  return [
    ...(isCut(displayName, channel.name)
      ? [`the name is cut to ${MAX_CHANNEL_NAME_LENGTH} characters`]
      : []),
    ...(isCut(description, channel.topic)
      ? [`the description is cut to ${MAX_TOPIC_LENGTH} characters`]
      : []),
  ]
}

/** Settings that stay as they are in Galene, and close a call in ways that nobody sees in Pyrite. */
const KEPT: Record<string, (value: unknown) => string> = {
  expires: (value) => `nobody may join after ${value}`,
  'not-before': (value) => `nobody may join before ${value}`,
  autolock: () => 'its call is locked for others whenever nobody who moderates is in it',
  autokick: () => 'everybody has to leave its call with the last one who moderates',
}
/** What the settings will do to its call that the group keeps, a line for each. */
export const keptNotes = ({ description }: GroupCopy): string[] => {
  const fields = knownFields(description)
  return Object.entries(KEPT).flatMap(([key, inWords]) =>
    fields[key] ? [`${key} stays: ${inWords(fields[key])}`] : [],
  )
}

/** A plan in lines: what happens in Pyrite, then in Galene. */
export const describePlan = (plan: Plan, owner: User, jwk: PublicJwk): string[] => {
  const { channel, group, copy } = plan
  const kind = channel?.private ? 'private' : 'open'
  const first = channel
    ? `becomes the ${kind} channel "${channel.name}", with ${owner.username} as its moderator`
    : 'is given to the channel of this name, whose name, topic and members stay'
  const after = parseDescription(writeDescription(group, jwk, withoutWaysIn(copy.description)))
  return [
    first,
    ...cutNotes(plan),
    ...keptNotes(copy),
    ...changesBetween(copy.description, after ?? {}),
  ]
}

/** The person who takes groups over. */
export const mustBeOwner = async ({ users }: People, name: string | undefined): Promise<User> => {
  if (name === undefined) throw new UsageError('adopt needs --owner NAME: an admin of Pyrite.')
  const user = await users.byUsername(name)
  if (!user) throw new UsageError(`There is nobody named ${name}: see user list.`)
  if (user.role !== 'admin' || user.disabled) {
    throw new UsageError(`${name} is no admin who may sign in: see user list.`)
  }
  return user
}
