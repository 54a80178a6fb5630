import { z } from 'zod'

/** What ends a line, rings a bell or moves a terminal's cursor, and what turns the text around it to the other direction. */
const CONTROLS = /[\p{Cc}\u2028\u2029]/u
const EACH_CONTROL = new RegExp(CONTROLS, 'gu')
/** Embeddings, overrides and isolates. The marks that right-to-left text is written with (U+200E, U+200F, U+061C) stay. */
const TURNS = /[\u202a-\u202e\u2066-\u2069]/gu
/** Half a character, as a text that was cut may end with: it would be stored as another text than it is told. */
const HALVES = /\p{Surrogate}/gu
/** Anything that can be seen. Emoji are joined by characters that cannot. */
const VISIBLE = /[^\p{Cc}\p{Cf}\p{Z}\u115f\u1160\u2800\u3164\uffa0]/u

const withoutTurns = (text: string): string => text.replace(TURNS, '').replace(HALVES, '\ufffd')

/** Anybody's text as one line that is safe to print. */
export const asOneLine = (text: string): string => withoutTurns(text).replace(EACH_CONTROL, ' ')

/** One line that others see, without blanks around it: no line breaks or other control characters, and nothing that turns its direction. */
export const Line = z
  .string()
  .refine(
    (text) => !CONTROLS.test(text.trim()),
    'control characters and line breaks are not allowed',
  )
  .overwrite(withoutTurns)
  .trim()
/** Such a line that can be seen. */
export const Name = Line.min(1).regex(VISIBLE, 'this would not be seen')
