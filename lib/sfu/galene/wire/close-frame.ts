import { CLOSE } from '../../../protocol/close-codes.ts'

/** Bytes of reason that fit into a close frame (RFC 6455 section 5.5). */
const MAX_REASON_BYTES = 123

/** A close code as it may be sent: the three that only describe (1005, 1006, 1015) become 1001 or 1011 [SFU-15]. */
export const sendable = (code: number): number => {
  if (code === 1005 || code === 1006) return CLOSE.goingAway
  if (code === 1015) return CLOSE.internal
  const isDefined = code >= 1000 && code <= 1014 && code !== 1004
  return isDefined || (code >= 3000 && code <= 4999) ? code : CLOSE.internal
}

/** Code and reason, cut so that a close frame can hold them. */
export const closeFrame = (code: number, reason: string): [number, string] => {
  if (Buffer.byteLength(reason) <= MAX_REASON_BYTES) return [code, reason]
  const cut = Buffer.from(reason).subarray(0, MAX_REASON_BYTES).toString('utf8')
  return [code, cut.replace(/\ufffd+$/, '')]
}
