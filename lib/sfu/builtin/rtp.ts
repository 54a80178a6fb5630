// Just enough RTP and RTCP (RFC 3550, 4585, 5104, REMB draft 03): media packets are read, never rewritten.

/** Whether a packet of an RTP session is RTCP (RFC 5761 section 4). */
export const isRtcp = (packet: Buffer): boolean => {
  const type = packet[1] ?? 0
  return packet.length >= 8 && type >= 192 && type <= 223
}

/** Whether a packet is long enough, and of the right version, to be RTP. */
export const isRtp = (packet: Buffer): boolean => packet.length >= 12 && (packet[0] ?? 0) >> 6 === 2

export const payloadType = (packet: Buffer): number => (packet[1] ?? 0) & 127
export const sequenceNumber = (packet: Buffer): number => packet.readUInt16BE(2)
export const ssrcOf = (packet: Buffer): number => packet.readUInt32BE(8)

/** RTCP packet types we read or write. */
export const RTCP = { senderReport: 200, receiverReport: 201, transport: 205, payload: 206 }
/** Formats of feedback: `nack` of a transport packet, the others of a payload packet. */
export const FEEDBACK = { nack: 1, pictureLoss: 1, fullIntra: 4, application: 15 }

/** Where the payload begins; the length of the packet when its header lies. */
const payloadOffset = (packet: Buffer): number => {
  const first = packet[0] ?? 0
  const at = 12 + (first & 15) * 4
  if (!(first & 16)) return Math.min(packet.length, at)
  if (at + 4 > packet.length) return packet.length
  return Math.min(packet.length, at + 4 + packet.readUInt16BE(at + 2) * 4)
}

/** How long a VP8 payload descriptor is, in bytes (RFC 7741 section 4.2). */
const vp8DescriptorBytes = (payload: Buffer): number => {
  const [first = 0, extended = 0, pictureId = 0] = payload
  if (!(first & 0x80)) return 1
  const pictureIdBytes = extended & 0x80 ? (pictureId & 0x80 ? 2 : 1) : 0
  const indexBytes = extended & 0x40 ? 1 : 0
  return 2 + pictureIdBytes + indexBytes + (extended & 0x30 ? 1 : 0)
}

/** Whether a VP8 packet is the first of a key frame. */
export const startsVp8KeyFrame = (packet: Buffer): boolean => {
  const payload = packet.subarray(payloadOffset(packet))
  const isStartOfFrame = ((payload[0] ?? 0) & 0x17) === 0x10
  const header = payload[vp8DescriptorBytes(payload)]
  return isStartOfFrame && header !== undefined && (header & 1) === 0
}

/** One block of a compound RTCP packet. `body` is the whole block, header included. */
export type RtcpBlock = { type: number; format: number; sender: number; body: Buffer }

/** The blocks of a compound packet, up to the first one that lies about its length. */
export function* rtcpBlocks(packet: Buffer): Generator<RtcpBlock> {
  let at = 0
  while (at + 8 <= packet.length) {
    const end = at + 4 + packet.readUInt16BE(at + 2) * 4
    const first = packet[at] ?? 0
    if (end > packet.length || end < at + 8 || first >> 6 !== 2) return
    yield {
      type: packet[at + 1] ?? 0,
      format: first & 31,
      sender: packet.readUInt32BE(at + 4),
      body: packet.subarray(at, end),
    }
    at = end
  }
}

/** The SSRC a feedback block speaks of; 0 when it is too short to name one. */
export const mediaSsrc = (block: RtcpBlock): number =>
  block.body.length >= 12 ? block.body.readUInt32BE(8) : 0

/** The sequence numbers a generic NACK asks for. */
export function* nackedSequences({ body }: RtcpBlock): Generator<number> {
  for (let at = 12; at + 4 <= body.length; at += 4) {
    const first = body.readUInt16BE(at)
    const mask = body.readUInt16BE(at + 2)
    yield first
    for (let bit = 0; bit < 16; bit++) if ((mask >> bit) & 1) yield (first + bit + 1) & 0xffff
  }
}

/** Bits per second that a receiver estimates it can take; 0 when the block is no REMB. */
export const rembBitsPerSecond = ({ body }: RtcpBlock): number => {
  if (body.length < 20 || body.toString('latin1', 12, 16) !== 'REMB') return 0
  const exponentAndHigh = body[17] ?? 0
  return (((exponentAndHigh & 3) << 16) | body.readUInt16BE(18)) * 2 ** (exponentAndHigh >> 2)
}

/** The middle 32 bits of a sender report's NTP time, as a receiver report repeats them; 0 when too short. */
export const senderReportTime = ({ body }: RtcpBlock): number =>
  body.length >= 20 ? ((body.readUInt16BE(10) << 16) | body.readUInt16BE(12)) >>> 0 : 0

const OUR_SSRC = 1

const rtcp = (type: number, format: number, words: number[]): Buffer => {
  const packet = Buffer.alloc(4 + words.length * 4)
  packet[0] = 0x80 | format
  packet[1] = type
  packet.writeUInt16BE(words.length, 2)
  for (const [index, word] of words.entries()) packet.writeUInt32BE(word >>> 0, 4 + index * 4)
  return packet
}

/** Asks the sender of `ssrc` for a key frame. */
export const pictureLoss = (ssrc: number): Buffer =>
  rtcp(RTCP.payload, FEEDBACK.pictureLoss, [OUR_SSRC, ssrc])

/** Asks the sender of `ssrc` for packets again. */
export const nack = (ssrc: number, sequences: number[]): Buffer =>
  rtcp(RTCP.transport, FEEDBACK.nack, [OUR_SSRC, ssrc, ...sequences.map((each) => each << 16)])

/** Tells a sender how much its receivers can take, over all of `ssrcs`. */
export const remb = (bitsPerSecond: number, ssrcs: number[]): Buffer => {
  let exponent = 0
  let mantissa = Math.floor(bitsPerSecond)
  for (; mantissa > 0x3ffff; exponent++) mantissa = Math.floor(mantissa / 2)
  const sizes = (ssrcs.length << 24) | (exponent << 18) | mantissa
  return rtcp(RTCP.payload, FEEDBACK.application, [OUR_SSRC, 0, 0x52454d42, sizes, ...ssrcs])
}

/** What one receiver report block says. `fraction` of 256 lost lately; `lsr` and `dlsr` in 1/65,536 s. */
export type Report = {
  ssrc: number
  fraction: number
  lost: number
  highest: number
  jitter: number
  lsr: number
  dlsr: number
}

/** A receiver report over at most 31 streams. */
export const receiverReport = (reports: Report[]): Buffer =>
  rtcp(RTCP.receiverReport, reports.length, [
    OUR_SSRC,
    ...reports.flatMap(({ ssrc, fraction, lost, highest, jitter, lsr, dlsr }) => [
      ssrc,
      (fraction << 24) | (Math.max(0, lost) & 0xffffff),
      highest,
      jitter,
      lsr,
      dlsr,
    ]),
  ])

/** The text in header extension `id` (RFC 8285, one-byte form); empty when it is not there. */
export const headerExtension = (packet: Buffer, id: number): string => {
  const first = packet[0] ?? 0
  let at = 12 + (first & 15) * 4
  if (!id || !(first & 16) || at + 4 > packet.length) return ''
  if (packet.readUInt16BE(at) !== 0xbede) return ''
  const end = Math.min(packet.length, at + 4 + packet.readUInt16BE(at + 2) * 4)
  at += 4
  while (at < end) {
    const head = packet[at] ?? 0
    const length = (head & 15) + 1
    if (head >> 4 === id) return packet.toString('latin1', at + 1, Math.min(end, at + 1 + length))
    at += head === 0 ? 1 : 1 + length
  }
  return ''
}
