import type { CallStay } from '../../../lib/protocol/calls.ts'
import type { ModerationAct } from '../../../lib/protocol/moderation.ts'
import { type Judged, type Rights, rightsOf } from '../../../lib/protocol/rights.ts'
import { heldOf, nameIn, type Place } from './place.ts'
import { untilWords, withReason } from './words.ts'

const judgedIn = ({ channel, me }: Place): Judged => ({
  userId: me.id,
  role: channel.role,
  manages: channel.role === 'moderator' || me.role === 'admin',
})

/** The act that takes a right from me; undefined where none does. */
const taker = (place: Place, right: keyof Rights, now: Date): ModerationAct | undefined => {
  const at = now.toISOString()
  const whole = rightsOf(judgedIn(place), [], at)
  if (!whole[right]) return undefined
  return place.acts.find((act) => !rightsOf(judgedIn(place), [act], at)[right])
}

/** "until 17:30, by Alice: too loud." */
const details = (act: ModerationAct, place: Place, now: Date): string =>
  withReason(`${untilWords(act.until, now)}, by ${nameIn(place, act.byUserId)}`, act.reason)

/** Why I cannot write here, until when, and by whom. Undefined where no moderator is the reason. */
export const closedWords = (place: Place, now: Date): string | undefined => {
  const act = taker(place, 'write', now)
  if (!act) return undefined
  const what = act.kind === 'lock' ? 'This channel is locked' : 'You may only read and listen here'
  return `${what} ${details(act, place, now)}`
}

/** Why I only listen in the call. Undefined where no moderator is the reason. */
export const silentWords = (place: Place, now: Date): string | undefined => {
  const act = taker(place, 'present', now)
  if (!act) return undefined
  const what = act.kind === 'lock' ? 'The channel is locked' : 'You may only listen'
  return `${what} ${details(act, place, now)}`
}

/** What I did in the channel's calls, as far as it is known here: when I was in them, and when I was taken out last (ISO 8601). */
export type MyStays = { stays: readonly CallStay[]; kickedAt: string }

const lockedWhat = ({ lock }: ModerationAct): string =>
  lock?.scope === 'channel' ? 'The channel is locked' : 'The call is locked'

/** Why I cannot come into the call now. Undefined where I can: who was in it when it was locked may come back. */
export const shutWords = (
  place: Place,
  { stays, kickedAt }: MyStays,
  now: Date,
): string | undefined => {
  const act = taker(place, 'enter', now)
  if (act?.kind !== 'lock') return undefined
  const wasInside = ({ userId, joinedAt, leftAt }: CallStay) =>
    userId === place.me.id && joinedAt <= act.at && (leftAt === null || leftAt >= act.at)
  if (kickedAt <= act.at && stays.some(wasInside)) return undefined
  return `${lockedWhat(act)} ${details(act, place, now)}`
}

/** What everybody should know of the channel's lock. Undefined where there is none, or where it is said already because it closes the box. */
export const lockWords = (place: Place, now: Date): string | undefined => {
  const lock = heldOf(place, 'lock', null)
  if (!lock || taker(place, 'write', now) === lock) return undefined
  return `${lockedWhat(lock)} ${details(lock, place, now)}`
}
