/** Letters of an id or a label: Galene repeats both in many messages. */
const MAX_WORD = 256
/** Bytes of what a client says about itself, which Galene keeps and sends to everybody who comes [SFU-3]. */
export const MAX_DATA_BYTES = 65_536

const GROWING = /[<>&\u2028\u2029]/g
const MOST_GROWTH = 6

/** The bytes of a text at the others, at most: Galene writes some letters as six. */
const weightOf = (text: string): number =>
  Buffer.byteLength(text) + (MOST_GROWTH - 1) * (text.match(GROWING)?.length ?? 0)

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
