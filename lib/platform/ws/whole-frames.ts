import { isUtf8 } from 'node:buffer'
import type { Duplex } from 'node:stream'
import { applyMask, FINAL_TEXT, LENGTH_16, MASK_BYTES, MASKED } from './text-frame.ts'

/** The rest of a header (RFC 6455 section 5.2). */
const FIN = 0x80
const OPCODE = 0x0f
const MORE = 0x0
const CLOSE = 0x8
const LENGTH = 0x7f

/** Where in a chunk a frame begins, its payload begins, and both end. The end may lie beyond the chunk. */
type Frame = { at: number; start: number; end: number }

/** Whether a frame that begins so is a piece of a message, a ping or a pong. */
const isPart = (first: number): boolean =>
  (first & FIN) === 0 || (first & OPCODE) === MORE || (first & OPCODE) > CLOSE

/** Undefined where the header is not there as a whole. */
const frameAt = (chunk: Buffer, at: number): Frame | undefined => {
  if (at + 2 > chunk.length) return undefined
  const second = chunk[at + 1] ?? 0
  const mask = second & MASKED ? MASK_BYTES : 0
  const short = second & LENGTH
  const header = short < LENGTH_16 ? 2 : short === LENGTH_16 ? 4 : 10
  if (at + header > chunk.length) return undefined
  const start = at + header + mask
  if (header === 2) return { at, start, end: start + short }
  if (header === 4) return { at, start, end: start + chunk.readUInt16BE(at + 2) }
  const long = chunk.readUInt32BE(at + 2) * 2 ** 32 + chunk.readUInt32BE(at + 6)
  return { at, start, end: start + long }
}

/** The payload is masked by the four bytes before it (RFC 6455 section 5.3). */
const unmask = (chunk: Buffer, { start, end }: Frame) =>
  applyMask(chunk, start - MASK_BYTES, start, end)

/** What a decoder puts for bytes that are not UTF-8; text may also hold it rightly. */
const REPLACEMENT = '\ufffd'

/** The text of a frame of a client; undefined, with the frame as it came, where it is not UTF-8. */
const textOf = (chunk: Buffer, frame: Frame): string | undefined => {
  const { start, end } = frame
  unmask(chunk, frame)
  const text = chunk.toString('utf8', start, end)
  if (!text.includes(REPLACEMENT) || isUtf8(chunk.subarray(start, end))) return text
  unmask(chunk, frame)
  return undefined
}

type LaneOptions = {
  /** The peer is a client, which must mask what it sends; a server must not. */
  isMasked: boolean
  /** Frames with more bytes of payload are left to `ws`, which refuses them. */
  maxPayload: number
  /** Takes a frame of text that is there as a whole, or answers false to leave it, unchanged, to `ws`. */
  take: (chunk: Buffer, frame: Frame) => boolean
  /** Told of each frame left to `ws` that is no whole message: a ping, a pong, or a piece. */
  other?: () => void
}

/**
 * A lane beside `ws` for what nearly all messages are: one frame of text that arrived as a whole. Those are taken from the socket
 * before `ws` sees them, which costs a fraction; every other byte goes to `ws` as it came, with the rest of its chunk, so control
 * frames, fragments, split frames and violations stay its matter. Call `stop` when `ws` reports an error or a close.
 */
const openTextLane = (socket: Duplex, { isMasked, maxPayload, take, other }: LaneOptions) => {
  const [toWs] = socket.listeners('data') as ((chunk: Buffer) => void)[]
  if (!toWs) throw new Error('the socket is not in the hands of ws')
  const maskBit = isMasked ? MASKED : 0
  /** Bytes of a frame of `ws` that have not arrived. */
  let owed = 0
  /** The beginning of a header. */
  let rest: Buffer | undefined
  let isFragmented = false
  let isOver = false

  const isOurs = (chunk: Buffer, { at, start, end }: Frame): boolean =>
    chunk[at] === FINAL_TEXT &&
    end <= chunk.length &&
    end - start <= maxPayload &&
    ((chunk[at + 1] ?? 0) & MASKED) === maskBit

  /** Where the frames of this lane end that the chunk has from `at` on. */
  const takeFrom = (chunk: Buffer, from: number): number => {
    let at = from
    while (!isFragmented && !isOver) {
      const frame = frameAt(chunk, at)
      if (!frame || !isOurs(chunk, frame) || !take(chunk, frame)) break
      at = frame.end
    }
    return at
  }

  const note = (first: number) => {
    const opcode = first & OPCODE
    if (opcode === CLOSE) isOver = true
    if (opcode < CLOSE) isFragmented = (first & FIN) === 0
    if (isPart(first)) other?.()
  }

  /** Walks over the frames from `at` on, which are for `ws`, and answers where they end; a header that is cut off is kept. */
  const passOver = (chunk: Buffer, from: number): number => {
    let at = from
    while (at < chunk.length) {
      const frame = frameAt(chunk, at)
      if (!frame) {
        rest = chunk.subarray(at)
        return at
      }
      note(chunk[at] ?? 0)
      owed = Math.max(0, frame.end - chunk.length)
      at = Math.min(frame.end, chunk.length)
    }
    return at
  }

  const read = (arrived: Buffer) => {
    const chunk = rest ? Buffer.concat([rest, arrived]) : arrived
    rest = undefined
    const due = Math.min(owed, chunk.length)
    owed -= due
    const from = due > 0 ? 0 : takeFrom(chunk, 0)
    const end = passOver(chunk, due > 0 ? due : from)
    if (end > from) toWs.call(socket, chunk.subarray(from, end))
  }
  socket.removeListener('data', toWs)
  socket.on('data', read)
  return {
    stop() {
      socket.removeListener('data', read)
      socket.resume()
    },
  }
}

/**
 * The lane of a client: `take` gets each text, which is valid UTF-8, and the bytes it had; `other` is told of each frame that is no
 * whole message.
 */
export const openClientLane = (
  socket: Duplex,
  maxPayload: number,
  take: (text: string, bytes: number) => void,
  other: () => void,
) =>
  openTextLane(socket, {
    isMasked: true,
    maxPayload,
    other,
    take(chunk, frame) {
      const text = textOf(chunk, frame)
      if (text === undefined) return false
      take(text, frame.end - frame.start)
      return true
    },
  })

/** The lane of a server: `take` gets each payload, and the frame that carries it; both are views of what arrived. */
export const openServerLane = (
  socket: Duplex,
  maxPayload: number,
  take: (payload: Buffer, frame: Buffer) => void,
) =>
  openTextLane(socket, {
    isMasked: false,
    maxPayload,
    take(chunk, { at, start, end }) {
      const isAll = at === 0 && end === chunk.length
      take(chunk.subarray(start, end), isAll ? chunk : chunk.subarray(at, end))
      return true
    },
  })
