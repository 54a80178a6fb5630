/** Letters of an id or a label: Galene repeats both in many messages. */
const MAX_WORD = 256
/** Bytes of what a client says about itself, which Galene keeps and sends to everybody who comes [SFU-3]. */
export const MAX_DATA_BYTES = 65_536

/**
 * Marks in one message, which make values, members and strings: each is built, read and written again while everybody waits. A
 * MiB of them took seconds; so many take some milliseconds. A description of 100 KB has a few hundred.
 */
const MAX_MARKS = 16_384
const MARKS: ReadonlySet<number> = new Set([...'"[{,'].map((mark) => mark.charCodeAt(0)))
const GROWING: ReadonlySet<number> = new Set(
  [...'<>&\u2028\u2029'].map((letter) => letter.charCodeAt(0)),
)
const MOST_GROWTH = 6

/** How many of these letters a text has. Makes nothing of them: there may be a million. */
const countOf = (letters: ReadonlySet<number>, text: string): number => {
  let count = 0
  for (let at = 0; at < text.length; at += 1) if (letters.has(text.charCodeAt(at))) count += 1
  return count
}

/** Whether a message has more parts than any has that means well. */
export const hasTooManyParts = (text: string): boolean =>
  text.length > MAX_MARKS && countOf(MARKS, text) > MAX_MARKS

/** The bytes of a text at the others, at most: Galene writes some letters as six. */
const weightOf = (text: string): number =>
  Buffer.byteLength(text) + (MOST_GROWTH - 1) * countOf(GROWING, text)

/** Whether a message is too large once Galene has written it for the others; looks closely only where that may be. */
export const isTooHeavy = (text: string, most: number): boolean =>
  text.length * MOST_GROWTH > most && weightOf(text) > most

/** Whether an id or a label is no longer than one is. */
export const isShort = (value: unknown): boolean =>
  typeof value !== 'string' || value.length <= MAX_WORD

/**
 * Adds to what a client said about itself, as Galene merges it: a null takes a key away. False, and nothing is added, where all of
 * it together would grow too large.
 */
export const keepsData = (live: { data: Record<string, unknown> }, more: unknown): boolean => {
  if (typeof more !== 'object' || more === null) return true
  const all = Object.entries({ ...live.data, ...more }).filter(([, value]) => value !== null)
  const data = Object.fromEntries(all)
  if (isTooHeavy(JSON.stringify(data), MAX_DATA_BYTES)) return false
  live.data = data
  return true
}
