/** First byte of a text frame that is a whole message: FIN and opcode 1 (RFC 6455 section 5.2). */
const FINAL_TEXT = 0x81
const SHORT = 125
const LENGTH_16 = 126
const LENGTH_64 = 127

/**
 * A whole unmasked text message as one buffer: header and payload leave in one plain write, which costs half of the gathered
 * write that `ws` makes of them. Safe beside `ws` on the same socket, since without compression it too writes at once.
 */
export const textFrame = (payload: Buffer): Buffer => {
  const { length } = payload
  const start = length <= SHORT ? 2 : length <= 0xffff ? 4 : 10
  const frame = Buffer.allocUnsafe(start + length)
  frame[0] = FINAL_TEXT
  if (start === 2) frame[1] = length
  else if (start === 4) {
    frame[1] = LENGTH_16
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = LENGTH_64
    frame.writeUIntBE(0, 2, 2)
    frame.writeUIntBE(length, 4, 6)
  }
  payload.copy(frame, start)
  return frame
}
