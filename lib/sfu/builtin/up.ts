import { randomInt } from 'node:crypto'
import type { Counters } from './counters.ts'
import type { Down } from './down.ts'
import { Layer } from './layer.ts'
import type { Engine, MediaLink } from './link.ts'
import * as rtp from './rtp.ts'
import { BadSdp, chooseCodecs, type Description, EXTENSION, type Media, readSdp } from './sdp.ts'
import { type LocalTransport, writeAnswer } from './sdp-writer.ts'

/** SSRCs one stream may use; each costs memory in the native library for ever. */
const MAX_SSRCS = 16
/** A browser's DTLS close comes before its `close` message: nobody is alarmed before this. */
export const DEAD_WAIT_MS = 1_500
/** How long a publisher whose link died has to bring it back. */
const RETURN_MS = 30_000
/** Native connections made in a row without one that opens. */
const MAX_ATTEMPTS = 5
const MIN_BITS_PER_SECOND = 100_000
const MIN_SIMULCAST_BITS_PER_SECOND = 600_000

/** A person at one end of a stream. */
export type Party = {
  readonly id: string
  readonly username: string
  send(message: Record<string, unknown>): void
  error(text: string): void
}

export type UpNeeds = {
  owner: Party
  id: string
  label: string
  codecs: readonly string[]
  engine: Engine
  counters: Counters
  /** A layer appeared that subscribers may want. */
  changed(): void
  /** The link died; the publisher should offer again. */
  lost(): void
  /** The stream cannot go on; `why` is for its publisher. */
  failed(why: string): void
  ended(): void
}

/** The publisher's page should make a new stream instead of restarting this one in place. */
export class MustRepublish extends Error {}

/** A stream from its publisher to us. While it lives it may ask its owner's page for another offer. */
export class Up {
  readonly id: string
  readonly label: string
  readonly owner: Party
  readonly downs = new Set<Down>()
  isClosed = false
  link: MediaLink | undefined
  readonly #needs: UpNeeds
  readonly #layers = new Map<number, Layer>()
  readonly #strangers = new Set<number>()
  readonly #session = { id: randomInt(1, 2 ** 31), version: 0 }
  #media: Media[] = []
  #ufrag = ''
  #local: LocalTransport | undefined
  #timer: NodeJS.Timeout | undefined
  #sampled = 0
  #attempts = 0

  constructor(needs: UpNeeds) {
    this.#needs = needs
    this.id = needs.id
    this.label = needs.label
    this.owner = needs.owner
    needs.counters.ups++
  }

  /** Takes an offer, the first or a later one, and resolves to the answer. Throws `BadSdp` or `MustRepublish`. */
  async offer(text: string): Promise<string> {
    const description = readSdp(text)
    chooseCodecs(description.media, this.#needs.codecs)
    const { ufrag } = description.transport
    // Firefox says "connected" after an emulated restart, but no media flow.
    if (this.#ufrag && ufrag !== this.#ufrag && /^o=mozilla/m.test(text)) throw new MustRepublish()
    if (ufrag !== this.#ufrag || !this.link?.isLive) await this.#connect(description)
    if (!this.#local || this.isClosed) throw new BadSdp('the connection is closed')
    this.#takeMedia(description.media)
    this.#session.version++
    return writeAnswer(description, this.#local, this.#session)
  }

  /** The layers that answer a subscriber's words: the first audio; the first video, or the last for `video-low`. */
  pick(words: readonly string[]): Layer[] {
    const layers = [...this.#layers.values()].filter(({ media }) => media.sends)
    const audio = layers.find(({ media }) => media.kind === 'audio')
    const videos = layers
      .filter(({ media }) => media.kind === 'video')
      .sort((one, other) => rank(one) - rank(other))
    const video = words.includes('video')
      ? videos[0]
      : words.includes('video-low')
        ? videos.at(-1)
        : undefined
    return [words.includes('audio') ? audio : undefined, video].filter((each) => each !== undefined)
  }

  get hasSimulcast(): boolean {
    return this.#videos().length > 1
  }

  /** The least bit rate we ask a publisher for, however slow a subscriber is. */
  get floor(): number {
    return this.hasSimulcast ? MIN_SIMULCAST_BITS_PER_SECOND : MIN_BITS_PER_SECOND
  }

  /** Once a second: tells the publisher how its packets arrive and what its subscribers can take. */
  tick(): void {
    for (const down of [...this.downs]) down.tick()
    if (!this.link?.isOpen) return
    const reports = [...this.#layers.values()].map((layer) => layer.report())
    const blocks = [rtp.receiverReport(reports.filter((report) => report !== undefined))]
    const estimates = [...this.downs].map((down) => down.estimate).filter((each) => each > 0)
    const videos = this.#videos().map(({ ssrc }) => ssrc)
    if (videos.length && estimates.length)
      blocks.push(rtp.remb(Math.max(this.floor, Math.min(...estimates)), videos))
    this.link.send(Buffer.concat(blocks))
  }

  /** Ends the stream later, unless it has ended by then. */
  closeAfter(ms: number): void {
    if (!this.isClosed) this.#after(ms, () => this.close())
  }

  /** Ends the stream and all its copies; `tell` says `close` to the subscribers. */
  close(tell = true): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#needs.counters.ups--
    clearTimeout(this.#timer)
    for (const down of [...this.downs]) down.close(tell)
    for (const layer of this.#layers.values()) layer.close()
    this.link?.close()
    this.#needs.ended()
  }

  #videos(): Layer[] {
    return [...this.#layers.values()].filter(({ media }) => media.kind === 'video' && media.sends)
  }

  /** A native connection negotiates once, so a restart is a fresh one on the browser's old connection. */
  async #connect({ transport }: Description): Promise<void> {
    if (++this.#attempts > MAX_ATTEMPTS) throw new BadSdp('this stream restarts too often')
    const old = this.link
    clearTimeout(this.#timer)
    const link = this.#needs.engine.answerer(transport, {
      open: () => this.#opened(),
      packet: (packet) => this.#packet(packet),
      dead: () => this.#linkDied(link),
    })
    this.link = link
    old?.close()
    this.#ufrag = transport.ufrag
    this.#local = await link.local()
  }

  #opened(): void {
    this.#attempts = 0
    for (const layer of this.#layers.values()) if (layer.receivers.size) layer.askKeyFrame()
  }

  #linkDied(link: MediaLink): void {
    if (this.isClosed || link !== this.link) return
    this.#after(DEAD_WAIT_MS, () => {
      this.#needs.lost()
      this.#after(RETURN_MS, () => this.#needs.failed('the media connection was lost'))
    })
  }

  #after(ms: number, run: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(run, ms)
  }

  #takeMedia(media: Media[]): void {
    this.#media = media
    for (const [ssrc, layer] of [...this.#layers]) {
      const now = media.find(({ mid }) => mid === layer.media.mid)
      if (!now?.codec || !now.sends) this.#dropLayer(ssrc, layer)
      else {
        layer.media = now
        layer.codec = now.codec
      }
    }
    for (const each of media)
      if (each.sends && each.codec && each.ssrc && !each.rids.length)
        this.#addLayer(each, each.ssrc, '')
  }

  #dropLayer(ssrc: number, layer: Layer): void {
    layer.media = { ...layer.media, sends: false }
    layer.close()
    this.#layers.delete(ssrc)
    this.#strangers.add(ssrc)
  }

  #addLayer(media: Media, ssrc: number, rid: string): Layer | undefined {
    const known = this.#layers.get(ssrc)
    if (known || !media.codec) return known
    this.#strangers.delete(ssrc)
    if (this.#layers.size + this.#strangers.size >= MAX_SSRCS) {
      this.#needs.failed('this stream has too many sources')
      return undefined
    }
    const layer = new Layer({
      ssrc,
      rid,
      media,
      codec: media.codec,
      counters: this.#needs.counters,
      toPublisher: (packet) => this.link?.send(packet),
    })
    this.#layers.set(ssrc, layer)
    return layer
  }

  #packet(packet: Buffer): void {
    if (rtp.isRtcp(packet)) {
      this.#rtcp(packet)
      return
    }
    if (!rtp.isRtp(packet)) return
    const ssrc = rtp.ssrcOf(packet)
    const layer = this.#layers.get(ssrc) ?? this.#learn(packet, ssrc)
    if (!layer || rtp.payloadType(packet) !== layer.codec.payloadType) return
    this.#sampled = (this.#sampled + 1) % 16
    if (this.#sampled) {
      layer.receive(packet)
      return
    }
    const start = performance.now()
    layer.receive(packet)
    this.#needs.counters.forwarding.record(
      Math.max(1, Math.round((performance.now() - start) * 1e6)),
    )
  }

  #rtcp(packet: Buffer): void {
    for (const block of rtp.rtcpBlocks(packet))
      if (block.type === rtp.RTCP.senderReport) this.#layers.get(block.sender)?.senderReport(block)
  }

  /** Finds out which m-line a new SSRC belongs to, by its mid and rid. Unknown ones are not forwarded, and are numbered. */
  #learn(packet: Buffer, ssrc: number): Layer | undefined {
    if (this.#strangers.has(ssrc)) return undefined
    const media = this.#mediaOf(packet)
    const rid = media ? rtp.headerExtension(packet, media.extensions.get(EXTENSION.rid) ?? 0) : ''
    if (!media || (media.rids.length > 1 && !media.rids.includes(rid))) {
      this.#strangers.add(ssrc)
      if (this.#layers.size + this.#strangers.size > MAX_SSRCS)
        this.#needs.failed('this stream has too many sources')
      return undefined
    }
    const layer = this.#addLayer(media, ssrc, rid)
    if (layer) this.#needs.changed()
    return layer
  }

  #mediaOf(packet: Buffer): Media | undefined {
    const type = rtp.payloadType(packet)
    const candidates = this.#media.filter(
      ({ sends, codec }) => sends && codec?.payloadType === type,
    )
    return (
      candidates.find(
        ({ mid, extensions }) =>
          rtp.headerExtension(packet, extensions.get(EXTENSION.mid) ?? 0) === mid,
      ) ?? candidates[0]
    )
  }
}

const rank = ({ media, rid }: Layer): number => media.rids.indexOf(rid)
