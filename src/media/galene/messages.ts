/**
 * Galene's protocol, version 2, as far as a call needs it. One flat shape for both directions; what is empty is left out on the wire.
 * Source: Galene 1.1, rtpconn/webclient.go and static/protocol.js (read, not copied).
 */
export type Message = {
  type: string
  version?: string[] | undefined
  kind?: string | undefined
  error?: string | undefined
  id?: string | undefined
  /** Own older stream that an offer supersedes. */
  replace?: string | undefined
  source?: string | undefined
  dest?: string | undefined
  username?: string | undefined
  /** Said by the server itself or by an operator. */
  privileged?: boolean | undefined
  permissions?: string[] | undefined
  data?: Record<string, unknown> | undefined
  group?: string | undefined
  value?: unknown
  sdp?: string | undefined
  candidate?: RTCIceCandidateInit | null | undefined
  label?: string | undefined
  request?: Record<string, string[]> | undefined
  rtcConfiguration?: RTCConfiguration | undefined
}

export const PROTOCOL_VERSION = '2'

/** What the stock client calls its streams; another label shows as a screen. */
export const LABEL = { camera: 'camera', screen: 'screenshare' } as const

const TEXTS = [
  'kind',
  'error',
  'id',
  'replace',
  'source',
  'dest',
  'username',
  'group',
  'sdp',
  'label',
] as const

/** Whether a value is a JSON object, whose keys may then be asked for. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isTextOrAbsent = (value: unknown): boolean => value === undefined || typeof value === 'string'

/** Reads one frame; undefined for anything that is no message of this shape. Never throws. */
export const parseMessage = (frame: unknown): Message | undefined => {
  if (typeof frame !== 'string') return undefined
  let value: unknown
  try {
    value = JSON.parse(frame)
  } catch {
    return undefined
  }
  if (!isRecord(value) || typeof value.type !== 'string') return undefined
  const found = value
  if (!TEXTS.every((key) => isTextOrAbsent(found[key]))) return undefined
  return found as Message
}
