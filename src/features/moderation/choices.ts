import type { ModerationAct } from '../../../lib/protocol/moderation.ts'
import {
  heldOf,
  isInCall,
  isOutside,
  mayModerate,
  obstacle,
  type PersonKind,
  type Place,
} from './place.ts'

/** What can be done to a person now: asked about first, done at once, or an act of before lifted. */
export type Choice = { key: string; label: string; isGrave: boolean } & (
  | { does: 'ask'; kind: PersonKind }
  | { does: 'act'; kind: 'mute' }
  | { does: 'end'; act: ModerationAct }
)

const ASK: Record<Exclude<PersonKind, 'mute'>, string> = {
  kick: 'Take out of the call…',
  timeout: 'Time out…',
  'forbid-presenting': 'Let only listen…',
  ban: 'Ban from channel…',
}
const LIFT: Record<Exclude<PersonKind, 'mute' | 'kick'>, string> = {
  timeout: 'End the timeout',
  'forbid-presenting': 'Let present again',
  ban: 'Lift the ban',
}

const lasting = (place: Place, kind: keyof typeof LIFT, userId: string): Choice[] => {
  const act = heldOf(place, kind, userId)
  if (act) return [{ key: kind, label: LIFT[kind], isGrave: false, does: 'end', act }]
  if (obstacle(place, kind, userId) !== undefined) return []
  return [{ key: kind, label: ASK[kind], isGrave: kind === 'ban', does: 'ask', kind }]
}

/** What I may do to a person in a channel, in the order of a menu. What is impossible is not in it. */
export const choicesFor = (place: Place, userId: string): Choice[] => {
  if (!mayModerate(place) || userId === place.me.id) return []
  const choices: Choice[] = []
  if (obstacle(place, 'mute', userId) === undefined) {
    choices.push({ key: 'mute', label: 'Mute', isGrave: false, does: 'act', kind: 'mute' })
  }
  if (isInCall(place, userId) && obstacle(place, 'kick', userId) === undefined) {
    choices.push({ key: 'kick', label: ASK.kick, isGrave: false, does: 'ask', kind: 'kick' })
  }
  if (!isOutside(place, userId)) {
    choices.push(
      ...lasting(place, 'timeout', userId),
      ...lasting(place, 'forbid-presenting', userId),
    )
  }
  return [...choices, ...lasting(place, 'ban', userId)]
}
