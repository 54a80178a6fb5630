/** A message of Galene's protocol as it was read: nothing is known of its fields. */
export type Frame = Record<string, unknown>

/** An empty one where it is none. */
export const readFrame = (data: string): Frame => {
  try {
    const frame: unknown = JSON.parse(data)
    return typeof frame === 'object' && frame !== null ? (frame as Frame) : {}
  } catch {
    // What answers is no Galene: then nothing that is waited for ever comes.
    return {}
  }
}

/** The strings of a list; none where it is no list. */
export const stringsIn = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
