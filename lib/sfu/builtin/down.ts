import { randomInt } from 'node:crypto'
import type { Counters } from './counters.ts'
import type { Layer } from './layer.ts'
import type { Engine, MediaLink } from './link.ts'
import * as rtp from './rtp.ts'
import { readSdp } from './sdp.ts'
import { type LocalTransport, type OfferedLine, writeOffer } from './sdp-writer.ts'
import { Starvation } from './starvation.ts'
import { DEAD_WAIT_MS, type Party, type Up } from './up.ts'

/** How long a browser may think about an offer, and how often in a row a link may die unopened. */
const ANSWER_MS = 30_000
const MAX_TRIES = 3
/** Packets missed while switched off, beyond which the two ends' SRTP rollover counters may disagree. */
const LONG_PAUSE_PACKETS = 16_000
/** Packets sent again to one subscriber each second, at most. */
const MAX_RESENT_PER_SECOND = 1_000

export type DownNeeds = {
  subscriber: Party
  up: Up
  /** What the subscriber asked for: "audio", "video" or "video-low". */
  words: readonly string[]
  /** The subscriber's stream that this one supersedes. */
  replaces: string | undefined
  engine: Engine
  counters: Counters
  ended(): void
}

/** A stream from us to one subscriber. At most one offer of it is on its way. */
export class Down {
  readonly up: Up
  readonly subscriber: Party
  /** The subscriber's wish for this very stream, instead of the one by label. */
  override: readonly string[] | undefined
  link: MediaLink
  isClosed = false
  readonly #needs: DownNeeds
  readonly #session = { id: randomInt(1, 2 ** 31), version: 0 }
  readonly #starvation = new Starvation()
  /** Packet counts at which layers were last switched off on this link. */
  readonly #leftAt = new Map<Layer, number>()
  #words: readonly string[]
  #replaces: string | undefined
  #lines: OfferedLine[] = []
  #current: Layer[] = []
  #local: LocalTransport | undefined
  #isWaiting = false
  #mustOffer = false
  #mustRestart = false
  #tries = 0
  #resendBudget = MAX_RESENT_PER_SECOND
  #rembBitsPerSecond = 0
  #timer: NodeJS.Timeout | undefined

  /** Throws when no native connection can be made. */
  constructor(needs: DownNeeds) {
    this.#needs = needs
    this.up = needs.up
    this.subscriber = needs.subscriber
    this.#words = needs.words
    this.#replaces = needs.replaces
    this.link = this.#connect()
    needs.counters.downs++
    needs.up.downs.add(this)
    this.apply(needs.words)
  }

  /** Bits per second this subscriber can take; 0 when it has not said, or gets no video. */
  get estimate(): number {
    return this.#current.some(({ media }) => media.kind === 'video') ? this.#rembBitsPerSecond : 0
  }

  forward(packet: Buffer): boolean {
    return this.link.send(packet)
  }

  /** Gives the subscriber what it asks for, by a new offer when that differs from what it has. */
  apply(words: readonly string[]): void {
    if (this.isClosed) return
    this.#words = words
    const next = this.up.pick(this.#starvation.limit(words))
    const lines = next.map((layer) => this.#lines.find(isActiveLineOf(layer)))
    if (next.length === this.#current.length && lines.every((line) => line)) return
    const fresh = next.filter((layer) => !this.#current.includes(layer))
    this.#switchTo(next)
    if (fresh.some((layer) => this.#missed(layer) > LONG_PAUSE_PACKETS)) {
      this.restart()
      return
    }
    // A connection that is open takes what is new only after the browser's answer; one that opens now is caught up then.
    if (!this.link.isOpen) for (const layer of fresh) layer.askKeyFrame()
    this.#offerSoon()
  }

  /** Replaces the native connection by a new one, under the same stream id: the browser makes a new connection too. */
  restart(): void {
    if (this.isClosed) return
    if (this.#isWaiting && this.link.isLive) {
      this.#mustRestart = true
      return
    }
    if (++this.#tries > MAX_TRIES) {
      this.close(true)
      return
    }
    clearTimeout(this.#timer)
    this.#isWaiting = false
    this.#mustRestart = false
    this.#mustOffer = false
    if (this.#session.version) this.#replaces = this.up.id
    this.#lines = this.#lines.filter(({ active }) => active)
    const old = this.link
    try {
      this.link = this.#connect()
    } catch {
      this.close(true)
      return
    }
    old.close()
    this.#offerSoon()
  }

  /** Takes the browser's answer. An answer nobody waits for is left aside. */
  answer(text: string): void {
    if (!this.#isWaiting) return
    try {
      const { transport } = readSdp(text)
      if (transport.setup === 'actpass') throw new Error('an answer must choose its setup')
      this.link.accept(transport)
    } catch (error) {
      this.#fail(error)
      return
    }
    clearTimeout(this.#timer)
    this.#isWaiting = false
    if (this.#mustRestart) {
      this.restart()
      return
    }
    // Before the link is open, or the next answer is here, a key frame would go nowhere; publishers send no second one soon after.
    if (this.#mustOffer) this.#offerSoon()
    else if (this.link.isOpen) for (const layer of this.#current) layer.askKeyFrame()
  }

  /** Once a second. */
  tick(): void {
    this.#resendBudget = MAX_RESENT_PER_SECOND
    const video = this.#current.find(({ media }) => media.kind === 'video')
    const changed = this.#starvation.tick({
      estimate: this.estimate,
      rate: video?.bitsPerSecond ?? 0,
      floor: this.up.floor,
      hasLower: video !== undefined && this.up.pick(['video-low'])[0] !== video,
    })
    if (changed) this.apply(this.#words)
  }

  close(tell: boolean): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#needs.counters.downs--
    clearTimeout(this.#timer)
    for (const layer of this.#current) layer.receivers.delete(this)
    this.up.downs.delete(this)
    this.link.close()
    this.#needs.ended()
    if (tell) this.subscriber.send({ type: 'close', id: this.up.id })
  }

  #connect(): MediaLink {
    this.#local = undefined
    this.#leftAt.clear()
    const link = this.#needs.engine.offerer({
      open: () => this.#opened(),
      packet: (packet) => this.#feedback(packet),
      dead: () => this.#linkDied(link),
    })
    return link
  }

  #opened(): void {
    this.#tries = 0
    for (const layer of this.#current) layer.catchUp(this)
  }

  #linkDied(link: MediaLink): void {
    if (this.isClosed || link !== this.link) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.restart(), DEAD_WAIT_MS)
  }

  #switchTo(next: Layer[]): void {
    for (const layer of this.#current)
      if (!next.includes(layer)) {
        layer.receivers.delete(this)
        this.#leftAt.set(layer, layer.packets)
      }
    this.#current = next
    for (const line of this.#lines) line.active = false
    for (const layer of next) {
      const { media, codec, ssrc } = layer
      const line = this.#lines.find((each) => each.media.mid === media.mid)
      if (line) Object.assign(line, { media, codec, ssrc, active: true })
      else this.#lines.push({ media, codec, ssrc, active: true })
      layer.receivers.add(this)
    }
  }

  #missed(layer: Layer): number {
    return layer.packets - (this.#leftAt.get(layer) ?? layer.packets)
  }

  #offerSoon(): void {
    if (this.isClosed) return
    if (this.#isWaiting) {
      this.#mustOffer = true
      return
    }
    this.#mustOffer = false
    this.#isWaiting = true
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.close(true), ANSWER_MS)
    this.#offer().catch((error) => this.#fail(error))
  }

  async #offer(): Promise<void> {
    const { link, up } = this
    const local = this.#local ?? (await link.local())
    if (this.isClosed || link !== this.link) return
    this.#local = local
    this.#session.version++
    this.subscriber.send({
      type: 'offer',
      id: up.id,
      label: up.label,
      source: up.owner.id,
      username: up.owner.username,
      sdp: writeOffer(this.#lines, local, this.#session, up.id),
      replace: this.#replaces,
    })
    this.#replaces = undefined
  }

  #fail(error: unknown): void {
    if (this.isClosed) return
    this.subscriber.error(error instanceof Error ? error.message : 'the stream failed')
    this.close(true)
  }

  #feedback(packet: Buffer): void {
    if (!rtp.isRtcp(packet)) return
    for (const block of rtp.rtcpBlocks(packet)) {
      if (block.type === rtp.RTCP.transport && block.format === rtp.FEEDBACK.nack)
        this.#resend(block)
      else if (block.type === rtp.RTCP.payload) this.#payloadFeedback(block)
    }
  }

  #resend(block: rtp.RtcpBlock): void {
    this.#needs.counters.nacksIn++
    const layer = this.#layerOf(rtp.mediaSsrc(block))
    if (!layer) return
    this.#resendBudget -= layer.resend(this, rtp.nackedSequences(block), this.#resendBudget)
  }

  #payloadFeedback(block: rtp.RtcpBlock): void {
    if (block.format === rtp.FEEDBACK.pictureLoss) {
      this.#needs.counters.keyFramesWanted++
      this.#layerOf(rtp.mediaSsrc(block))?.askKeyFrame()
    } else if (block.format === rtp.FEEDBACK.fullIntra) {
      this.#needs.counters.keyFramesWanted++
      for (const layer of this.#current) layer.askKeyFrame()
    } else if (block.format === rtp.FEEDBACK.application)
      this.#rembBitsPerSecond = rtp.rembBitsPerSecond(block) || this.#rembBitsPerSecond
  }

  #layerOf(ssrc: number): Layer | undefined {
    return this.#current.find((layer) => layer.ssrc === ssrc)
  }
}

const isActiveLineOf =
  (layer: Layer) =>
  ({ ssrc, media, codec, active }: OfferedLine): boolean =>
    active &&
    ssrc === layer.ssrc &&
    media.mid === layer.media.mid &&
    codec.payloadType === layer.codec.payloadType
