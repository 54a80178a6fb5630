import type { Counters } from './counters.ts'
import * as rtp from './rtp.ts'
import type { Codec, Media } from './sdp.ts'

/** Packets kept to answer a NACK with. A power of two. */
const RING_SIZE = 512
/** The longest tail, from a key frame on, that a newcomer is sent instead of waiting for a new key frame. */
const MAX_TAIL = 64
const NACK_GAP_MS = 30
const KEY_FRAME_GAP_MS = 300
const MAX_NACKED_AT_ONCE = 100

/** Whoever gets a copy of each packet. */
export type Receiver = { forward(packet: Buffer): boolean }

export type LayerNeeds = {
  ssrc: number
  /** The simulcast name; empty when there is just one encoding. */
  rid: string
  media: Media
  codec: Codec
  counters: Counters
  toPublisher(packet: Buffer): void
}

/** One encoding of one track as its publisher sends it: a single SSRC. */
export class Layer {
  readonly ssrc: number
  readonly rid: string
  media: Media
  codec: Codec
  readonly receivers = new Set<Receiver>()
  /** Packets since the start. */
  packets = 0
  /** Over the second before the last report. */
  bitsPerSecond = 0
  readonly #counters: Counters
  readonly #toPublisher: (packet: Buffer) => void
  readonly #ring = new Array<Buffer | undefined>(RING_SIZE)
  readonly #askedAgain = new Map<number, number>()
  readonly #reception = new Reception()
  #bytes = 0
  /** Sequence number of the first packet of the newest key frame. */
  #keyFrame: number | undefined
  #newest = -1
  #keyFrameAskedAt = Number.NEGATIVE_INFINITY
  #keyFrameTimer: NodeJS.Timeout | undefined

  constructor({ ssrc, rid, media, codec, counters, toPublisher }: LayerNeeds) {
    this.ssrc = ssrc
    this.rid = rid
    this.media = media
    this.codec = codec
    this.#counters = counters
    this.#toPublisher = toPublisher
  }

  /** Takes a packet from the publisher and hands it on, once. */
  receive(packet: Buffer): void {
    const sequence = rtp.sequenceNumber(packet)
    if (this.#kept(sequence)) return
    this.packets++
    this.#bytes += packet.length
    this.#reception.packet(sequence, packet.readUInt32BE(4), this.media.kind === 'audio' ? 48 : 90)
    this.#ring[sequence % RING_SIZE] = packet
    if (this.#newest < 0 || isAfter(sequence, this.#newest)) this.#newest = sequence
    if (this.codec.name === 'vp8' && rtp.startsVp8KeyFrame(packet)) this.#keyFrame = sequence
    this.#askedAgain.delete(sequence)
    for (const receiver of this.receivers) receiver.forward(packet)
  }

  senderReport(block: rtp.RtcpBlock): void {
    this.#reception.senderReport(rtp.senderReportTime(block))
    for (const receiver of this.receivers) receiver.forward(block.body)
  }

  /** What the publisher should know of this layer; undefined before its first packet. Called once a second. */
  report(): rtp.Report | undefined {
    this.bitsPerSecond = this.#bytes * 8
    this.#bytes = 0
    return this.#reception.report(this.ssrc)
  }

  /** Sends packets again to the receiver that missed them, and asks the publisher for those we never had. Answers how many were sent. */
  resend(to: Receiver, sequences: Iterable<number>, atMost: number): number {
    const now = performance.now()
    const missing: number[] = []
    let sent = 0
    for (const sequence of sequences) {
      if (sent >= atMost || missing.length >= MAX_NACKED_AT_ONCE) break
      const packet = this.#kept(sequence)
      if (packet) {
        to.forward(packet)
        sent++
      } else if (this.#mayAskAgain(sequence, now)) missing.push(sequence)
    }
    this.#counters.resent += sent
    if (missing.length) {
      this.#counters.nacksOut++
      this.#toPublisher(rtp.nack(this.ssrc, missing))
    }
    return sent
  }

  /**
   * Gives a receiver that has had nothing yet what it needs to see a picture at once: everything from the newest key frame on, when
   * that is little and we have it; else a key frame is asked for. Key frames are recognised in VP8 only.
   */
  catchUp(to: Receiver): void {
    const first = this.#keyFrame
    const count = first === undefined ? Number.NaN : ((this.#newest - first) & 0xffff) + 1
    if (first === undefined || !(count <= MAX_TAIL) || !this.#kept(first)) {
      this.askKeyFrame()
      return
    }
    for (let index = 0; index < count; index++) {
      const packet = this.#kept((first + index) & 0xffff)
      if (packet) to.forward(packet)
    }
  }

  /** Asks for a key frame, but not more than about three times a second. Nothing happens for audio. */
  askKeyFrame(): void {
    if (this.media.kind !== 'video' || this.#keyFrameTimer) return
    const wait = this.#keyFrameAskedAt + KEY_FRAME_GAP_MS - performance.now()
    if (wait > 0) {
      this.#keyFrameTimer = setTimeout(() => {
        this.#keyFrameTimer = undefined
        this.askKeyFrame()
      }, wait)
      return
    }
    this.#keyFrameAskedAt = performance.now()
    this.#counters.keyFramesAsked++
    this.#toPublisher(rtp.pictureLoss(this.ssrc))
  }

  close(): void {
    clearTimeout(this.#keyFrameTimer)
    this.#keyFrameTimer = undefined
    this.receivers.clear()
  }

  #kept(sequence: number): Buffer | undefined {
    const packet = this.#ring[sequence % RING_SIZE]
    return packet && rtp.sequenceNumber(packet) === sequence ? packet : undefined
  }

  #mayAskAgain(sequence: number, now: number): boolean {
    const before = this.#askedAgain.get(sequence)
    if (before !== undefined && now - before <= NACK_GAP_MS) return false
    if (this.#askedAgain.size >= RING_SIZE) this.#askedAgain.clear()
    this.#askedAgain.set(sequence, now)
    return true
  }
}

/** Whether one sequence number is newer than another, across their end (RFC 3550 appendix A.1). */
const isAfter = (one: number, other: number): boolean => ((one - other) << 16) >> 16 > 0

/** The bookkeeping behind a receiver report (RFC 3550 section 6.4 and appendix A). */
class Reception {
  #base = -1
  #highest = 0
  #received = 0
  #expectedBefore = 0
  #receivedBefore = 0
  #jitter = 0
  #transit: number | undefined
  #lsr = 0
  #lsrAt = 0

  packet(sequence: number, timestamp: number, ticksPerMs: number): void {
    this.#received++
    if (this.#base < 0) {
      this.#base = sequence
      this.#highest = sequence
    } else {
      const ahead = ((sequence - this.#highest) << 16) >> 16
      if (ahead > 0) this.#highest += ahead
    }
    const transit = performance.now() * ticksPerMs - timestamp
    const change = this.#transit === undefined ? 0 : Math.abs(transit - this.#transit)
    if (change < 1e6) this.#jitter += (change - this.#jitter) / 16
    this.#transit = transit
  }

  senderReport(time: number): void {
    this.#lsr = time
    this.#lsrAt = performance.now()
  }

  report(ssrc: number): rtp.Report | undefined {
    if (this.#base < 0) return undefined
    const expected = this.#highest - this.#base + 1
    const expectedLately = expected - this.#expectedBefore
    const lostLately = expectedLately - (this.#received - this.#receivedBefore)
    this.#expectedBefore = expected
    this.#receivedBefore = this.#received
    const fraction = expectedLately > 0 ? Math.floor((lostLately * 256) / expectedLately) : 0
    return {
      ssrc,
      fraction: Math.max(0, Math.min(255, fraction)),
      lost: expected - this.#received,
      highest: this.#highest,
      jitter: Math.floor(this.#jitter),
      lsr: this.#lsr,
      dlsr: this.#lsr ? Math.floor((performance.now() - this.#lsrAt) * 65.536) : 0,
    }
  }
}
