import type { ChannelRole, MyChannel } from '../../../lib/protocol/channels.ts'
import type { ModerationAct, ModerationKind } from '../../../lib/protocol/moderation.ts'
import type { User } from '../../../lib/protocol/users.ts'

/** A channel as somebody sees it who may moderate there, or not. */
export type Place = {
  channel: MyChannel
  me: User
  people: readonly User[]
  /** Roles of those in the channel; undefined while they are not known. */
  roles: ReadonlyMap<string, ChannelRole> | undefined
  /** What is in force now, as far as I may see. */
  acts: readonly ModerationAct[]
}

/** Kinds that are done to one person. */
export type PersonKind = Exclude<ModerationKind, 'lock'>

/** Moderators of the channel, and admins in it, unless they have to be silent themselves. */
export const mayModerate = ({ channel, me, acts }: Place): boolean =>
  (channel.role === 'moderator' || me.role === 'admin') &&
  !acts.some(({ kind, userId }) => kind === 'timeout' && userId === me.id)

export const personOf = ({ people }: Place, userId: string): User | undefined =>
  people.find(({ id }) => id === userId)

export const nameIn = (place: Place, userId: string): string =>
  personOf(place, userId)?.displayName ?? 'Somebody'

export const isInCall = ({ channel }: Place, userId: string): boolean =>
  channel.call.some((participant) => participant.userId === userId)

/** Whether somebody is known not to be in the channel. */
export const isOutside = ({ roles }: Place, userId: string): boolean =>
  roles !== undefined && !roles.has(userId)

/** What of this kind is in force upon a person; the channel's lock where `userId` is null. */
export const heldOf = (
  { acts }: Place,
  kind: ModerationKind,
  userId: string | null,
): ModerationAct | undefined => acts.find((act) => act.kind === kind && act.userId === userId)

/** Admins are moderated by nobody, moderators by admins. */
const rankObstacle = (place: Place, userId: string): string | undefined => {
  const name = nameIn(place, userId)
  if (personOf(place, userId)?.role === 'admin') {
    return `${name} is an admin: nobody moderates an admin.`
  }
  return place.roles?.get(userId) === 'moderator' && place.me.role !== 'admin'
    ? `${name} is a moderator: only an admin moderates a moderator.`
    : undefined
}

/** What is done to somebody who cannot speak anyway, or is not there, does nothing. */
const uselessness = (place: Place, kind: PersonKind, userId: string): string | undefined => {
  if (kind === 'ban' || kind === 'kick') return undefined
  if (isOutside(place, userId)) return `${nameIn(place, userId)} is not in this channel.`
  return place.roles?.get(userId) === 'listener'
    ? `${nameIn(place, userId)} only reads and listens anyway.`
    : undefined
}

/** Why this cannot be done to that person, for people; undefined where it can. The server has the last word. */
export const obstacle = (place: Place, kind: PersonKind, userId: string): string | undefined => {
  if (userId === place.me.id) return 'You cannot moderate yourself.'
  const isOfCall = kind === 'kick' || kind === 'mute'
  if (isOfCall && !isInCall(place, userId)) return `${nameIn(place, userId)} is not in the call.`
  if (kind === 'mute') return undefined
  return rankObstacle(place, userId) ?? uselessness(place, kind, userId)
}
