import { PyriteError } from '../../platform/errors.ts'
import type { ErrorCode } from '../../protocol/error-codes.ts'
import type { Row } from './rows.ts'

const UNITS: readonly (readonly [seconds: number, word: string])[] = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
]

/** How long something still lasts, in its largest unit, rounded up: "2 hours". */
export const span = (seconds: number): string => {
  const [size, word] = UNITS.find(([each]) => seconds >= each) ?? [1, 'second']
  const count = Math.max(1, Math.ceil(seconds / size))
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

const secondsLeft = (until: string, at: string): number =>
  Math.ceil((Date.parse(until) - Date.parse(at)) / 1_000)

/** "for 10 minutes: REASON." with what there is of it. */
const details = ({ until, reason }: Pick<Row, 'until' | 'reason'>, at: string): string => {
  const long = until === null ? '' : ` for ${span(secondsLeft(until, at))}`
  return `${long}${reason === '' ? '' : `: ${reason}`}`
}

type Told = Pick<Row, 'kind' | 'until' | 'reason'>

const SENTENCES: Partial<Record<Row['kind'], string>> = {
  kick: 'A moderator took you out of the call',
  ban: 'You are banned from this channel',
  timeout: 'You may only read and listen here',
  'forbid-presenting': 'You may only listen in this call',
  lock: 'This channel is locked',
}

/** What the person concerned is told, as a sentence without its dot. */
export const sentence = (act: Told, at: string): string =>
  `${SENTENCES[act.kind] ?? ''}${details(act, at)}`

const CODES: Partial<Record<Row['kind'], ErrorCode>> = {
  ban: 'moderation.banned',
  timeout: 'moderation.timed-out',
  lock: 'moderation.locked',
}

/** Why something is refused; `retryAfter` says when to try again, where that is known. */
export const refusal = (act: Told, at: string): PyriteError =>
  new PyriteError(
    CODES[act.kind] ?? 'not-allowed',
    sentence(act, at),
    act.until === null ? {} : { retryAfter: secondsLeft(act.until, at) },
  )
