import { MESSAGE_FIELDS } from '../wire/facts.ts'

/** The known fields of one message, by Galene's spelling. Values are still unchecked. */
export type Fields = { [K in (typeof MESSAGE_FIELDS)[number]]?: unknown }

/** Go folds two letters outside ASCII into it: the long s and the Kelvin sign. */
const fold = (key: string): string => key.replaceAll('\u017f', 's').toLowerCase()

const EXACT: ReadonlySet<string> = new Set(MESSAGE_FIELDS)
const BY_FOLD = new Map(MESSAGE_FIELDS.map((name) => [fold(name), name]))
/** Fields in which Go stores a null; in the others a null changes nothing. */
const NULLABLE: ReadonlySet<string> = new Set([
  ...['version', 'username', 'permissions', 'status', 'data', 'value', 'candidate', 'request'],
  'rtcConfiguration',
])

const WHITE = /[ \t\n\r]*/y
/** What can end or nest a value. */
const STRUCTURE = /["{}[\],]/g

const skip = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : -1
}

/** The end of the string that begins at `from`, or -1. */
const endOfString = (text: string, from: number): number => {
  if (text[from] !== '"') return -1
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text[at - 1 - slashes] === '\\') slashes += 1
    if (slashes % 2 === 0) return at + 1
  }
  return -1
}

const OPENING = '{['

/** The end of the value that begins at `from`, or -1. What lies between is checked by JSON.parse later. */
const endOfValue = (text: string, from: number): number => {
  let depth = 0
  STRUCTURE.lastIndex = from
  for (let hit = STRUCTURE.exec(text); hit; hit = STRUCTURE.exec(text)) {
    const [mark] = hit
    if (mark === '"') {
      const end = endOfString(text, hit.index)
      if (end < 0) return -1
      STRUCTURE.lastIndex = end
    } else if (OPENING.includes(mark)) depth += 1
    else if (depth === 0) return hit.index
    else if (mark !== ',') depth -= 1
  }
  return -1
}

/** One member, and where the next one begins; `next` is -1 after the last. Undefined for what is no JSON. */
const readMember = (text: string, from: number) => {
  const start = skip(WHITE, text, from)
  const keyEnd = endOfString(text, start)
  const colon = keyEnd < 0 ? -1 : skip(WHITE, text, keyEnd)
  if (colon < 0 || text[colon] !== ':') return undefined
  const end = endOfValue(text, colon + 1)
  if (end < 0 || text[end] === ']') return undefined
  const key: unknown = JSON.parse(text.slice(start, keyEnd))
  const value: unknown = JSON.parse(text.slice(colon + 1, end))
  return { key: String(key), value, next: text[end] === ',' ? end + 1 : -1 }
}

const readSlowly = (text: string): Fields | undefined => {
  try {
    return readMembers(text)
  } catch {
    // JSON.parse threw on a key or a value: no JSON, as far as it matters.
    return undefined
  }
}

const readMembers = (text: string): Fields | undefined => {
  const open = skip(WHITE, text, 0)
  if (text[open] !== '{') return undefined
  const fields: Fields = {}
  let at = skip(WHITE, text, open + 1)
  if (text[at] === '}') return fields
  while (at >= 0) {
    const member = readMember(text, at)
    if (!member) return undefined
    const name = BY_FOLD.get(fold(member.key))
    if (name && (member.value !== null || NULLABLE.has(name))) fields[name] = member.value
    at = member.next
  }
  return fields
}

/** Whether JSON.parse and Go agree on this key: it is spelled exactly, or is no field of Galene in any spelling. */
const isPlain = (key: string, value: unknown): boolean =>
  EXACT.has(key) ? value !== null || NULLABLE.has(key) : !BY_FOLD.has(fold(key))

/**
 * Reads a frame as Galene would: keys in any case, the last duplicate wins, the first JSON value only, unknown keys ignored
 * [SFU-9]. Undefined for what is not a JSON object. Differs in one point: an exact duplicate of null counts as the last value.
 */
export const readLikeGo = (text: string): Fields | undefined => {
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch {
    return readSlowly(text)
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return undefined
  for (const key in read) {
    if (!isPlain(key, (read as Record<string, unknown>)[key])) return readSlowly(text)
  }
  return read as Fields
}
