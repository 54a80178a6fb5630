import { CLOSE } from '../../../lib/protocol/close-codes.ts'

/** What was said before a connection ended. Empty texts were not said. */
export type LastWords = {
  code: number
  /** Why the server removed me. */
  kicked: string
  /** What the server announced. */
  info: string
  /** The newest error, a sentence of the server. */
  error: string
  /** How the join was refused. */
  refused: { error: string; text: string } | undefined
  /** Tries since the call last stood. */
  attempt: number
}

/** What to do after a connection ended: come back, or tell why not. `because` is for people. `isAnnounced`: the server asked me to come back. */
export type Verdict =
  | { comesBack: true; because: string; isAnnounced: boolean }
  | { comesBack: false; because: string; error: string }

/** Refusals that pass by themselves: the group file may not be there yet, an older connection of mine may linger. */
const PASSING = /internal server error|group does not exist|not open yet|unavailable|try.?later/i
const PASSING_TRIES = 8
/** Codes that blame my own messages: coming back for ever would not help. */
const MY_FAULT: readonly number[] = [CLOSE.protocolError, CLOSE.policy, CLOSE.tooBig]
const FAULT_TRIES = 3

const over = (because: string, error: string): Verdict => ({ comesBack: false, because, error })

const back = (words: string, isAnnounced = false): Verdict => ({
  comesBack: true,
  because: words,
  isAnnounced,
})

const because = (code: number, attempt: number): string => {
  if (code === CLOSE.tryLater || code === CLOSE.internal || code === CLOSE.goingAway)
    return 'The call server is away'
  // A socket that cannot even be opened closes with 1006 like one that was cut.
  return attempt > 0 ? 'The call server is away' : 'The connection was lost'
}

const REFUSALS: Readonly<Record<string, string>> = {
  'not authorised': 'You may not join this call.',
  'this group is locked': 'This call is locked. Ask a moderator to unlock it.',
  'too many users': 'This call is full.',
}

const refusal = (text: string): string => REFUSALS[text] ?? (text || 'You may not join this call.')

const judgeRefusal = (refused: { error: string; text: string }, attempt: number): Verdict => {
  const passes = PASSING.test(`${refused.error} ${refused.text}`) && attempt < PASSING_TRIES
  if (passes) return back('The call is not ready')
  return over(refusal(refused.text), refused.error || 'refused')
}

const withoutDot = (words: string): string => words.replace(/\.$/, '')
/** Pyrite says in a sentence of its own what happened; Galene and its operators only why. */
const removalWords = (kicked: string): string =>
  /^\p{Lu}.*\.$/su.test(kicked) ? kicked : `You were removed from the call: ${kicked}`

const announced = ({ kicked, info }: LastWords): Verdict =>
  back(withoutDot(kicked || info) || 'The call server is restarting', true)

/** Judges an ending that was not mine. */
export const judge = (words: LastWords): Verdict => {
  const { code, refused, kicked, error, attempt } = words
  if (code === CLOSE.signedOut) return over('You were signed out.', 'signed-out')
  if (refused) return judgeRefusal(refused, attempt)
  if (code === CLOSE.restart) return announced(words)
  if (kicked) return over(removalWords(kicked), 'kicked')
  if (code === CLOSE.normal) return over(error || 'The call server ended the connection.', 'ended')
  if (MY_FAULT.includes(code) && attempt >= FAULT_TRIES)
    return over(error || 'The call server refused this connection.', 'protocol')
  const said = MY_FAULT.includes(code) ? withoutDot(error) : ''
  return back(said || because(code, attempt))
}
