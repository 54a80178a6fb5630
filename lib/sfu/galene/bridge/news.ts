import { RECORDER_PERMISSION, RECORDER_USERNAME } from '../wire/facts.ts'
import type { Told } from '../wire/own-connections.ts'
import { isOwnName } from '../wire/service-names.ts'

/** The few frames of Galene that the bridge must understand; all others pass unread. */
export type News =
  | {
      type: 'joined'
      kind: string
      group: string
      locked: boolean | undefined
      error: string
      permissions: readonly unknown[]
    }
  | { type: 'recorder'; id: string; present: boolean }
  | { type: 'offer'; id: string; replace: string }
  | { type: 'close'; id: string }
  | { type: 'abort'; id: string }
  /** Somebody calls themselves as Pyrite's own connections do. */
  | ({ type: 'service' } & Told)

/** `{"type":"`, which is how Go begins a message. */
const PREFIX = [...Buffer.from('{"type":"')]
const START = PREFIX.length
const LONGEST_TYPE = 16
const QUOTE = 0x22
const UNKNOWN = 'other'

const beginsLikeGo = (frame: Buffer): boolean => {
  for (let at = 0; at < START; at += 1) if (frame[at] !== PREFIX[at]) return false
  return true
}

/** The type of a frame that begins as Go writes it; undefined otherwise. Looks at no more than 26 bytes. */
const typeAtFront = (frame: Buffer): string | undefined => {
  if (!beginsLikeGo(frame)) return undefined
  let end = START
  while (frame[end] !== QUOTE && end <= START + LONGEST_TYPE) end += 1
  return frame[end] === QUOTE ? frame.toString('latin1', START, end) : undefined
}

type Raw = Record<string, unknown>
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const readObject = (frame: Buffer): Raw => {
  try {
    const read: unknown = JSON.parse(frame.toString('utf8'))
    return typeof read === 'object' && read !== null ? (read as Raw) : {}
  } catch {
    // Not ours to judge: it is passed on as it is.
    return {}
  }
}

const readJoined = ({ kind, group, status, error, permissions }: Raw): News => {
  const locked = typeof status === 'object' && status !== null && (status as Raw).locked === true
  return {
    type: 'joined',
    kind: text(kind),
    group: text(group),
    locked: status === undefined ? undefined : locked,
    error: text(error),
    permissions: Array.isArray(permissions) ? permissions : [],
  }
}

/** The recorder is told from a person of that name by its permission; a `delete` carries none. */
const readUser = ({ kind, id, username, permissions }: Raw): News | undefined => {
  if (isOwnName(username)) return { type: 'service', kind, id, username }
  if (username !== RECORDER_USERNAME) return undefined
  if (kind === 'delete') return { type: 'recorder', id: text(id), present: false }
  const isRecorder = Array.isArray(permissions) && permissions.includes(RECORDER_PERMISSION)
  return isRecorder ? { type: 'recorder', id: text(id), present: true } : undefined
}

const READERS: ReadonlyMap<string, (raw: Raw) => News | undefined> = new Map<
  string,
  (raw: Raw) => News | undefined
>([
  ['joined', readJoined],
  ['user', readUser],
  ['offer', ({ id, replace }) => ({ type: 'offer', id: text(id), replace: text(replace) })],
  ['close', ({ id }) => ({ type: 'close', id: text(id) })],
  ['abort', ({ id }) => ({ type: 'abort', id: text(id) })],
])

/** The type of a frame of Galene; 'other' where it cannot be told. */
export const typeOf = (frame: Buffer): string =>
  typeAtFront(frame) ?? (text(readObject(frame).type) || UNKNOWN)

/** What the bridge must know of a frame of this type; undefined for all that only passes through. */
export const newsIn = (type: string, frame: Buffer): News | undefined =>
  READERS.get(type)?.(readObject(frame))
