import type {
  ModerationAct,
  ModerationKind,
  ModerationWish,
} from '../../../lib/protocol/moderation.ts'
import { timeOf } from '../../ui/dates.ts'
import { durationWords } from './durations.ts'

const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long' })
const dateWithYear = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' })

/** "17:30", "22 November, 17:30", with the year where it is another one. */
export const whenWords = (at: string, now: Date): string => {
  const then = new Date(at)
  if (then.toDateString() === now.toDateString()) return timeOf(at)
  const day = (then.getFullYear() === now.getFullYear() ? date : dateWithYear).format(then)
  return `${day}, ${timeOf(at)}`
}

/** "until 17:30", "until somebody lifts it". */
export const untilWords = (until: string | null, now: Date): string =>
  until === null ? 'until somebody lifts it' : `until ${whenWords(until, now)}`

/** A reason behind a sentence that has no dot yet. */
export const withReason = (sentence: string, reason: string): string =>
  reason === '' ? `${sentence}.` : `${sentence}: ${/[.!?]$/.test(reason) ? reason : `${reason}.`}`

const forWords = (wish: ModerationWish): string =>
  'seconds' in wish && wish.seconds !== undefined ? ` for ${durationWords(wish.seconds)}` : ''

const forOrLifted = (wish: ModerationWish): string => forWords(wish) || ', until somebody lifts it'

const lockPreview = (wish: ModerationWish & { kind: 'lock' }): string => {
  const who = wish.exempt.includes('member') ? 'moderators and members' : 'moderators'
  return wish.scope === 'call'
    ? `Locks the call${forOrLifted(wish)}. Who is in it stays; only ${who} still come in`
    : `Locks the channel${forOrLifted(wish)}. Everybody can read, only ${who} write, speak and come in`
}

const preview = (wish: ModerationWish, name: string): string => {
  switch (wish.kind) {
    case 'kick':
      return `Takes ${name} out of the call. They may come back`
    case 'ban':
      return `Bans ${name} from this channel${forOrLifted(wish)}. They are out at once, and out of the call`
    case 'timeout':
      return `${name} only reads and listens here${forOrLifted(wish)}`
    case 'forbid-presenting':
      return `${name} only listens in the call${forOrLifted(wish)}. Writing goes on as before`
    case 'mute':
      return wish.userId === undefined
        ? 'Switches off the microphones of all others in the call. Each may switch theirs on again'
        : `Switches off the microphone of ${name}. They may switch it on again`
    case 'lock':
      return lockPreview(wish)
  }
}

/** What will happen, before it does: one or two sentences. */
export const previewWords = (wish: ModerationWish, name: string): string => {
  const sentence = preview(wish, name)
  return wish.reason === '' ? `${sentence}.` : `${sentence}. Reason: ${wish.reason}`
}

const LIFTS: Partial<Record<ModerationKind, (name: string) => string>> = {
  ban: (name) => `${name} may come back into this channel`,
  timeout: (name) => `${name} may write and speak here again`,
  'forbid-presenting': (name) => `${name} may present in the call again`,
}

export const OPEN_AGAIN = 'The call is open again.'

/** What lifting an act does, for before and after. */
export const liftWords = ({ kind, lock }: ModerationAct, name: string): string =>
  `${LIFTS[kind]?.(name) ?? (lock?.scope === 'channel' ? 'The channel is open again' : 'The call is open again')}.`

/** What has just been done. */
export const doneWords = ({ kind, lock }: ModerationAct, name: string): string => {
  const sentences: Record<ModerationKind, string> = {
    kick: `${name} was taken out of the call.`,
    ban: `${name} is banned from this channel.`,
    timeout: `${name} only reads and listens here now.`,
    'forbid-presenting': `${name} only listens in the call now.`,
    mute: `${name} was asked to stay muted.`,
    lock: lock?.scope === 'channel' ? 'The channel is locked.' : 'The call is locked.',
  }
  return sentences[kind]
}

const deed = ({ kind, lock }: ModerationAct, whom: string): string => {
  const deeds: Record<ModerationKind, string> = {
    kick: `took ${whom} out of the call`,
    ban: `banned ${whom}`,
    timeout: `timed ${whom} out`,
    'forbid-presenting': `let ${whom} only listen in the call`,
    mute: `muted ${whom}`,
    lock: lock?.scope === 'channel' ? 'locked the channel' : 'locked the call',
  }
  return deeds[kind]
}

/** "Alice timed Bob out". `nameOf` answers "you" for me where `isObject`. */
export const deedWords = (
  act: ModerationAct,
  nameOf: (userId: string, isObject: boolean) => string,
): string => {
  const whom = act.userId === null ? 'everybody in the call' : nameOf(act.userId, true)
  return `${nameOf(act.byUserId, false)} ${deed(act, whom)}`
}

const isMomentary = ({ kind }: ModerationAct) => kind === 'kick' || kind === 'mute'

/** How an act stands: "until 17:30", "lifted by Alice at 17:10", "ended at 17:30"; '' for what happens and is over. */
export const stateWords = (
  act: ModerationAct,
  nameOf: (userId: string, isObject: boolean) => string,
  now: Date,
): string => {
  if (isMomentary(act)) return ''
  if (act.endedAt !== null) {
    const at = `at ${whenWords(act.endedAt, now)}`
    return act.endedBy === null ? `ended ${at}` : `ended by ${nameOf(act.endedBy, true)} ${at}`
  }
  if (act.until !== null && act.until <= now.toISOString()) {
    return `ended at ${whenWords(act.until, now)}`
  }
  return untilWords(act.until, now)
}
