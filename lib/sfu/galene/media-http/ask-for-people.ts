import { PyriteError } from '../../../platform/errors.ts'
import type { SfuOrigin } from '../../sfu.ts'
import { type Answer, askWhole, type Question } from '../wire/ask.ts'

/** Somebody waits for the answer; of a page of many recordings, too. */
const ANSWER_MS = 5_000

/** Asks the SFU what a person wants to know or have done. Throws `calls.no-answer`. */
export const askForPeople = (
  origin: SfuOrigin,
  path: string,
  question: Question,
): Promise<Answer> =>
  askWhole(origin, path, { withinMs: ANSWER_MS, ...question }).catch((cause: unknown) => {
    throw new PyriteError('calls.no-answer', 'the call server does not answer', { cause })
  })
