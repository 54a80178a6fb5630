import type { CallStream } from '../transport.ts'
import type { Message } from './messages.ts'

export type DownStreamNeeds = {
  id: string
  peer: RTCPeerConnection
  /** Where the tracks go: the predecessor's, so that what shows it need not change. */
  stream: MediaStream
  send: (message: Message) => void
  /** The connection's state or the set of tracks changed. */
  changed: () => void
}

/** One stream of another on its way down. Offers are taken one after the other; the answerer never closes, it aborts and waits for `close`. */
export class DownStream {
  readonly id: string
  readonly peer: RTCPeerConnection
  /** Stays the same object; its tracks follow what the server sends. */
  readonly stream: MediaStream
  state: CallStream['state'] = 'connecting'
  readonly #needs: DownStreamNeeds
  readonly #candidatesIn: RTCIceCandidateInit[] = []
  #work: Promise<void> = Promise.resolve()
  #closed = false

  constructor(needs: DownStreamNeeds) {
    this.#needs = needs
    this.id = needs.id
    this.peer = needs.peer
    this.stream = needs.stream
    this.peer.onicecandidate = ({ candidate }) => this.#candidateFound(candidate)
    this.peer.onconnectionstatechange = () => this.#stateChanged()
  }

  /** Takes an offer, the first or a later one. Resolves when it is answered or aborted; never rejects. */
  offer(sdp: string): Promise<void> {
    this.#work = this.#work.then(() => this.#take(sdp))
    return this.#work
  }

  async candidate(candidate: RTCIceCandidateInit): Promise<void> {
    if (this.peer.remoteDescription) await this.#useCandidate(candidate)
    else this.#candidatesIn.push(candidate)
  }

  /** Ends it without a word to the server. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.peer.onicecandidate = null
    this.peer.onconnectionstatechange = null
    this.peer.close()
  }

  async #take(sdp: string): Promise<void> {
    if (this.#closed) return
    try {
      await this.peer.setRemoteDescription({ type: 'offer', sdp })
      for (const candidate of this.#candidatesIn.splice(0)) await this.#useCandidate(candidate)
      await this.peer.setLocalDescription(await this.peer.createAnswer())
      if (this.#closed) return
      this.#needs.send({ type: 'answer', id: this.id, sdp: this.peer.localDescription?.sdp })
      this.#followTracks()
    } catch {
      // Whatever the browser disliked, the server is to drop the stream; it answers with `close`.
      if (!this.#closed) this.#needs.send({ type: 'abort', id: this.id })
    }
  }

  #followTracks(): void {
    const wanted = this.peer
      .getTransceivers()
      .filter(({ currentDirection }) => currentDirection === 'recvonly')
      .map(({ receiver }) => receiver.track)
    for (const track of this.stream.getTracks())
      if (!wanted.includes(track)) this.stream.removeTrack(track)
    for (const track of wanted) this.stream.addTrack(track)
    this.#needs.changed()
  }

  #candidateFound(candidate: RTCIceCandidate | null): void {
    if (candidate?.candidate)
      this.#needs.send({ type: 'ice', id: this.id, candidate: candidate.toJSON() })
  }

  async #useCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    // One bad candidate of many is no reason to end a stream.
    await this.peer.addIceCandidate(candidate).catch(() => undefined)
  }

  #stateChanged(): void {
    const state = this.peer.connectionState
    if (state === 'connected') this.state = 'playing'
    else if (state === 'disconnected' || state === 'failed') this.state = 'interrupted'
    if (state === 'failed') this.#needs.send({ type: 'renegotiate', id: this.id })
    this.#needs.changed()
  }
}
