import type { CallStream, StreamKind } from '../transport.ts'
import { LABEL, type Message } from './messages.ts'

/** Bits per second. The low layer's name and rate mean something to Galene: it caps rid `l` at 100 kbit/s. */
const CAMERA_BITRATE = 1_200_000
const CAMERA_BITRATE_OF_MANY = 700_000
const LOW_BITRATE = 100_000
const SCREEN_BITRATE = 2_500_000

export type UpStreamNeeds = {
  id: string
  kind: StreamKind
  stream: MediaStream
  /** Own older stream that the server should take this one for; asked when the offer goes out. */
  replace: () => string | undefined
  simulcast: boolean
  peer: RTCPeerConnection
  send: (message: Message) => void
  changed: (state: CallStream['state']) => void
  /** The media path broke and does not heal by itself: publish anew. */
  broken: () => void
}

/** Chosen at the first offer and never after: a change of layers is a new stream. High comes first, since Galene takes the first for `video`. */
export const encodingsFor = (kind: StreamKind, simulcast: boolean): RTCRtpEncodingParameters[] => {
  if (kind === 'screen') return [{ maxBitrate: SCREEN_BITRATE }]
  if (!simulcast) return [{ maxBitrate: CAMERA_BITRATE }]
  return [
    { rid: 'h', maxBitrate: CAMERA_BITRATE_OF_MANY },
    { rid: 'l', maxBitrate: LOW_BITRATE, scaleResolutionDownBy: 2 },
  ]
}

/** Galene 1.1 delivers VP8 always and VP9 of Chromium never, so VP8 leads. */
const preferVp8 = (transceiver: RTCRtpTransceiver): void => {
  const codecs = RTCRtpSender.getCapabilities?.('video')?.codecs
  if (!codecs || !transceiver.setCodecPreferences) return
  const isVp8 = ({ mimeType }: { mimeType: string }) => mimeType.toLowerCase() === 'video/vp8'
  transceiver.setCodecPreferences([
    ...codecs.filter(isVp8),
    ...codecs.filter((codec) => !isVp8(codec)),
  ])
}

/** One stream of mine on its way up: one peer connection, one offer, one answer. Another shape of it is another `UpStream` that replaces it. */
export class UpStream {
  readonly id: string
  readonly peer: RTCPeerConnection
  readonly #needs: UpStreamNeeds
  readonly #candidatesOut: RTCIceCandidateInit[] = []
  readonly #candidatesIn: RTCIceCandidateInit[] = []
  #offered = false
  #answered = false
  #closed = false

  constructor(needs: UpStreamNeeds) {
    this.#needs = needs
    this.id = needs.id
    this.peer = needs.peer
    this.peer.onicecandidate = ({ candidate }) => this.#candidateFound(candidate)
    this.peer.onconnectionstatechange = () => this.#stateChanged()
  }

  /** What a successor should name in its `replace`: me, or whom I was to replace when the server never heard of me. */
  get replaceable(): string | undefined {
    return this.#offered ? this.id : this.#needs.replace()
  }

  get answered(): boolean {
    return this.#answered
  }

  /** Makes and sends the offer. Rejects when the browser cannot. */
  async start(): Promise<void> {
    const { kind, stream, simulcast } = this.#needs
    for (const track of stream.getTracks()) this.#add(track, encodingsFor(kind, simulcast))
    await this.peer.setLocalDescription(await this.peer.createOffer())
    const sdp = this.peer.localDescription?.sdp
    if (this.#closed || !sdp) return
    this.#needs.send({
      type: 'offer',
      id: this.id,
      label: LABEL[kind],
      replace: this.#needs.replace(),
      sdp,
    })
    this.#offered = true
    for (const candidate of this.#candidatesOut.splice(0)) this.#sendCandidate(candidate)
  }

  /** The server's answer. Rejects when it cannot be used; a second one is ignored. */
  async answer(sdp: string): Promise<void> {
    if (this.#closed || this.#answered || !this.#offered) return
    this.#answered = true
    await this.peer.setRemoteDescription({ type: 'answer', sdp })
    for (const candidate of this.#candidatesIn.splice(0)) await this.#useCandidate(candidate)
  }

  async candidate(candidate: RTCIceCandidateInit): Promise<void> {
    if (this.peer.remoteDescription) await this.#useCandidate(candidate)
    else this.#candidatesIn.push(candidate)
  }

  /** Swaps the tracks below the running connection. Answers false when the kinds differ, and then changes nothing. */
  swap(stream: MediaStream): boolean {
    const senders = this.peer.getSenders()
    const tracks = stream.getTracks()
    const pairs = tracks.map((track) => ({
      track,
      sender: senders.find((sender) => sender.track?.kind === track.kind),
    }))
    if (senders.length !== tracks.length || pairs.some(({ sender }) => !sender)) return false
    for (const { sender, track } of pairs) {
      // A refused swap leaves the old track; the caller hears of a dead device by the track's own `ended`.
      if (sender?.track !== track) sender?.replaceTrack(track).catch(() => undefined)
    }
    return true
  }

  /** Closes the connection; tells the server unless a successor replaces me or the socket is gone. */
  close(tell: boolean): void {
    if (this.#closed) return
    this.#closed = true
    this.peer.onicecandidate = null
    this.peer.onconnectionstatechange = null
    this.peer.close()
    if (tell && this.#offered) this.#needs.send({ type: 'close', id: this.id })
  }

  #add(track: MediaStreamTrack, sendEncodings: RTCRtpEncodingParameters[]): void {
    const streams = [this.#needs.stream]
    if (track.kind === 'audio') {
      this.peer.addTransceiver(track, { direction: 'sendonly', streams })
      return
    }
    if (this.#needs.kind === 'screen' && 'contentHint' in track) track.contentHint = 'detail'
    preferVp8(this.peer.addTransceiver(track, { direction: 'sendonly', streams, sendEncodings }))
  }

  #candidateFound(candidate: RTCIceCandidate | null): void {
    // The end of candidates is never said: Galene closes the socket on a null candidate.
    if (!candidate?.candidate) return
    if (this.#offered) this.#sendCandidate(candidate.toJSON())
    else this.#candidatesOut.push(candidate.toJSON())
  }

  #sendCandidate(candidate: RTCIceCandidateInit): void {
    this.#needs.send({ type: 'ice', id: this.id, candidate })
  }

  async #useCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    // One bad candidate of many is no reason to end a stream.
    await this.peer.addIceCandidate(candidate).catch(() => undefined)
  }

  #stateChanged(): void {
    const state = this.peer.connectionState
    if (state === 'connected') this.#needs.changed('playing')
    else if (state === 'disconnected') this.#needs.changed('interrupted')
    else if (state === 'failed') {
      this.#needs.changed('interrupted')
      this.#needs.broken()
    }
  }
}
