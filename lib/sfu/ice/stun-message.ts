import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { isIPv6 } from 'node:net'

/** What is asked of a STUN or TURN server. Source: RFC 8489 section 18.2, RFC 8656 section 17. */
export const METHOD = { binding: 0x001, allocate: 0x003, refresh: 0x004 } as const
/** Attributes that are written or read here. Source: RFC 8489 section 18.3, RFC 8656 section 18. */
export const ATTRIBUTE = {
  mappedAddress: 0x0001,
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  lifetime: 0x000d,
  realm: 0x0014,
  nonce: 0x0015,
  xorRelayedAddress: 0x0016,
  requestedTransport: 0x0019,
  xorMappedAddress: 0x0020,
} as const

const MAGIC_COOKIE = 0x2112a442
const HEADER_BYTES = 20
const INTEGRITY_BYTES = 24
const SUCCESS = 0x100
const FAILURE = 0x110

export type Attribute = readonly [type: number, value: Buffer]

/** An answer, as far as it could be read. `error` is set where it is an error response. */
export type StunAnswer = {
  method: number
  attributes: ReadonlyMap<number, Buffer>
  error?: { code: number; reason: string }
}

const padded = (length: number): number => Math.ceil(length / 4) * 4

const header = (type: number, length: number, transaction: Buffer): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt16BE(type, 0)
  bytes.writeUInt16BE(length, 2)
  bytes.writeUInt32BE(MAGIC_COOKIE, 4)
  return Buffer.concat([bytes, transaction])
}

const written = ([type, value]: Attribute): Buffer => {
  const bytes = Buffer.alloc(4 + padded(value.length))
  bytes.writeUInt16BE(type, 0)
  bytes.writeUInt16BE(value.length, 2)
  value.copy(bytes, 4)
  return bytes
}

/** The key of long-term credentials. Source: RFC 8489 section 9.2.2. */
export const longTermKey = (username: string, realm: string, password: string): Buffer =>
  createHash('md5').update(`${username}:${realm}:${password}`).digest()

const integrity = (key: Buffer, type: number, body: Buffer, transaction: Buffer): Buffer =>
  createHmac('sha1', key)
    .update(header(type, body.length + INTEGRITY_BYTES, transaction))
    .update(body)
    .digest()

/** A request; with a `key` it carries MESSAGE-INTEGRITY. `transaction` is 12 random bytes. */
export const writeRequest = (
  method: number,
  transaction: Buffer,
  attributes: readonly Attribute[],
  key?: Buffer,
): Buffer => {
  const body = Buffer.concat(attributes.map(written))
  const signed = key
    ? [written([ATTRIBUTE.messageIntegrity, integrity(key, method, body, transaction)])]
    : []
  const whole = Buffer.concat([body, ...signed])
  return Buffer.concat([header(method, whole.length, transaction), whole])
}

/** How many bytes the first message in `bytes` takes: undefined while that is not known, 0 where it is no STUN. */
export const messageLength = (bytes: Buffer): number | undefined => {
  if (bytes.length < 8) return undefined
  if (bytes.readUInt32BE(4) !== MAGIC_COOKIE) return 0
  return HEADER_BYTES + bytes.readUInt16BE(2)
}

const readAttributes = (bytes: Buffer) => {
  const attributes = new Map<number, Buffer>()
  const offsets = new Map<number, number>()
  let at = HEADER_BYTES
  while (at + 4 <= bytes.length) {
    const type = bytes.readUInt16BE(at)
    const length = bytes.readUInt16BE(at + 2)
    if (at + 4 + length > bytes.length) break
    // The first of several counts.
    if (!attributes.has(type)) {
      attributes.set(type, bytes.subarray(at + 4, at + 4 + length))
      offsets.set(type, at)
    }
    at += 4 + padded(length)
  }
  return { attributes, offsets }
}

const isIntact = (bytes: Buffer, at: number | undefined, key: Buffer): boolean => {
  if (at === undefined) return false
  const body = bytes.subarray(HEADER_BYTES, at)
  const expected = integrity(key, bytes.readUInt16BE(0), body, bytes.subarray(8, HEADER_BYTES))
  const given = bytes.subarray(at + 4, at + INTEGRITY_BYTES)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

const errorOf = (value: Buffer | undefined) => {
  if (!value || value.length < 4) return { code: 0, reason: 'an error without a code' }
  const code = ((value[2] ?? 0) & 7) * 100 + (value[3] ?? 0)
  return { code, reason: value.subarray(4).toString('utf8') }
}

/**
 * Reads the answer to the request with this transaction; undefined for anything else. With a `key` a success must be signed
 * with it, for a stranger on the way could answer too.
 */
export const readAnswer = (
  bytes: Buffer,
  transaction: Buffer,
  key?: Buffer,
): StunAnswer | undefined => {
  if (messageLength(bytes) !== bytes.length || bytes.length < HEADER_BYTES) return undefined
  if (!bytes.subarray(8, HEADER_BYTES).equals(transaction)) return undefined
  const type = bytes.readUInt16BE(0)
  const { attributes, offsets } = readAttributes(bytes)
  const kind = type & FAILURE
  const method = type & ~FAILURE
  if (kind === FAILURE) {
    return { method, attributes, error: errorOf(attributes.get(ATTRIBUTE.errorCode)) }
  }
  if (kind !== SUCCESS) return undefined
  if (key && !isIntact(bytes, offsets.get(ATTRIBUTE.messageIntegrity), key)) return undefined
  return { method, attributes }
}

const unmasked = (value: Buffer, mask: Buffer): Buffer =>
  Buffer.from(value.map((byte, at) => byte ^ (mask[at] ?? 0)))

const asText = (bytes: Buffer): string => {
  if (bytes.length === 4) return [...bytes].join('.')
  const words = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(2 * at).toString(16))
  const text = words.join(':')
  return isIPv6(text) ? new URL(`http://[${text}]/`).hostname.slice(1, -1) : text
}

/** The address in an XOR-MAPPED-ADDRESS or XOR-RELAYED-ADDRESS; undefined where it cannot be read. */
export const readAddress = (value: Buffer | undefined, transaction: Buffer): string | undefined => {
  if (!value || (value.length !== 8 && value.length !== 20)) return undefined
  const mask = Buffer.concat([header(0, 0, transaction).subarray(4, 8), transaction])
  return asText(unmasked(value.subarray(4), mask))
}
