import { randomFillSync } from 'node:crypto'

/** First byte of a text frame that is a whole message: FIN and opcode 1 (RFC 6455 section 5.2). */
const FINAL_TEXT = 0x81
const MASKED = 0x80
const SHORT = 125
const LENGTH_16 = 126
const LENGTH_64 = 127
const MASK_BYTES = 4

/** Where the payload begins in an unmasked frame. */
const headerOf = (length: number): number => (length <= SHORT ? 2 : length <= 0xffff ? 4 : 10)

const writeHeader = (frame: Buffer, length: number, header: number, mask: number) => {
  frame[0] = FINAL_TEXT
  if (header === 2) frame[1] = mask | length
  else if (header === 4) {
    frame[1] = mask | LENGTH_16
    frame[2] = length >>> 8
    frame[3] = length & 0xff
  } else {
    frame[1] = mask | LENGTH_64
    frame.writeUIntBE(0, 2, 2)
    frame.writeUIntBE(length, 4, 6)
  }
}

/**
 * A whole unmasked text message as one buffer: header and payload leave in one plain write, which costs less than the gathered
 * write that `ws` makes of them. Safe beside `ws` on the same socket, since without compression it too writes at once.
 */
export const textFrame = (payload: string | Buffer): Buffer => {
  const length = Buffer.byteLength(payload)
  const header = headerOf(length)
  const frame = Buffer.allocUnsafe(header + length)
  writeHeader(frame, length, header, 0)
  if (typeof payload === 'string') frame.write(payload, header)
  else frame.set(payload, header)
  return frame
}

const masks = new Uint32Array(2_048)
let nextMask = masks.length

/** Four fresh random bytes, as a client must mask with (RFC 6455 section 5.3); drawn in bulk. */
const drawMask = (): number => {
  if (nextMask === masks.length) {
    randomFillSync(masks)
    nextMask = 0
  }
  const mask = masks[nextMask] ?? 0
  nextMask += 1
  return mask
}

/** The mask as the bytes that stand in the frame, in this machine's order like the words it is laid over. */
const maskWord = new Uint32Array(1)
const maskBytes = Buffer.from(maskWord.buffer)

/** Payloads are masked in here, four bytes at a time: the word of a frame may lie anywhere, that of a typed array not. */
let words = new Uint32Array(16_384)
let bytes = Buffer.from(words.buffer)
const LARGEST_KEPT = words.byteLength

const makeRoom = (length: number) => {
  if (length <= bytes.length && bytes.length === LARGEST_KEPT) return
  words = new Uint32Array(Math.ceil(Math.max(length, LARGEST_KEPT) / MASK_BYTES))
  bytes = Buffer.from(words.buffer)
}

/** A whole masked text message as one buffer, for the leg on which we are the client, and the bytes of its payload. */
export const maskedTextFrame = (text: string): { data: Buffer; bytes: number } => {
  const length = Buffer.byteLength(text)
  const header = headerOf(length)
  const data = Buffer.allocUnsafe(header + MASK_BYTES + length)
  writeHeader(data, length, header, MASKED)
  makeRoom(length)
  bytes.write(text, 0)
  const mask = drawMask()
  const count = Math.ceil(length / MASK_BYTES)
  for (let at = 0; at < count; at += 1) words[at] = (words[at] ?? 0) ^ mask
  maskWord[0] = mask
  data.set(maskBytes, header)
  data.set(bytes.subarray(0, length), header + MASK_BYTES)
  return { data, bytes: length }
}
