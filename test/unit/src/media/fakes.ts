import type { Clock } from '../../../../src/media/clock.ts'
import type { Message } from '../../../../src/media/galene/messages.ts'
import type { CallEvents } from '../../../../src/media/transport.ts'

/** Time that stands still until it is moved. */
export const createClock = (start = 1_000_000) => {
  let now = start
  let waiting: { at: number; run: () => void }[] = []
  const clock: Clock = {
    now: () => now,
    after(ms, run) {
      const entry = { at: now + ms, run }
      waiting.push(entry)
      return () => {
        waiting = waiting.filter((each) => each !== entry)
      }
    },
  }
  return {
    clock,
    timers: () => waiting.length,
    /** Lets so much time go by, running what falls due, in order. */
    pass(ms: number) {
      const until = now + ms
      for (;;) {
        const [next] = waiting.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)
        if (!next) break
        waiting = waiting.filter((each) => each !== next)
        now = next.at
        next.run()
      }
      now = until
    },
  }
}

/** A socket whose other end is the test. */
export class FakeSocket {
  readyState = 0
  sent: Message[] = []
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number; reason: string }) => void) | null = null

  send(text: string) {
    this.sent.push(JSON.parse(text))
  }
  close(code = 1000) {
    this.drop(code)
  }
  open() {
    this.readyState = 1
    this.onopen?.()
  }
  say(message: Message) {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
  drop(code: number, reason = '') {
    if (this.readyState === 3) return
    this.readyState = 3
    this.onclose?.({ code, reason })
  }
  of(type: string): Message[] {
    return this.sent.filter((message) => message.type === type)
  }
}

export class FakeTrack {
  enabled = true
  readyState = 'live'
  onended: (() => void) | null = null
  readonly kind: string
  readonly label: string
  constructor(kind: string, label = kind) {
    this.kind = kind
    this.label = label
  }
  stop() {
    this.readyState = 'ended'
  }
}

export class FakeStream {
  tracks: FakeTrack[]
  constructor(tracks: FakeTrack[] = []) {
    this.tracks = [...tracks]
  }
  getTracks() {
    return [...this.tracks]
  }
  getAudioTracks() {
    return this.tracks.filter(({ kind }) => kind === 'audio')
  }
  getVideoTracks() {
    return this.tracks.filter(({ kind }) => kind === 'video')
  }
  addTrack(track: FakeTrack) {
    if (!this.tracks.includes(track)) this.tracks.push(track)
  }
  removeTrack(track: FakeTrack) {
    this.tracks = this.tracks.filter((each) => each !== track)
  }
}

/** A data channel whose buffer empties when the test says so. */
export class FakeChannel extends EventTarget {
  readyState = 'connecting'
  binaryType = 'blob'
  bufferedAmount = 0
  bufferedAmountLowThreshold = 0
  sent: (string | ArrayBuffer)[] = []
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: (() => void) | null = null

  send(data: string | ArrayBuffer) {
    if (this.readyState !== 'open') throw new DOMException('', 'InvalidStateError')
    this.sent.push(data)
    if (typeof data !== 'string') this.bufferedAmount += data.byteLength
  }
  open() {
    this.readyState = 'open'
    this.onopen?.()
  }
  drain() {
    this.bufferedAmount = 0
    this.dispatchEvent(new Event('bufferedamountlow'))
  }
  close() {
    if (this.readyState === 'closed') return
    this.readyState = 'closed'
    this.dispatchEvent(new Event('close'))
    this.onclose?.()
  }
}

type Sender = {
  track: FakeTrack | null
  encodings: unknown
  replaceTrack(track: FakeTrack): Promise<void>
}

/** A peer connection that agrees to everything and moves no media. */
export class FakePeer {
  connectionState = 'new'
  localDescription: { type: string; sdp: string } | null = null
  remoteDescription: { type: string; sdp: string } | null = null
  onicecandidate: ((event: { candidate: unknown }) => void) | null = null
  onconnectionstatechange: (() => void) | null = null
  ondatachannel: ((event: { channel: FakeChannel }) => void) | null = null
  isClosed = false
  candidates: unknown[] = []
  senders: Sender[] = []
  channel: FakeChannel | undefined
  /** What the next remote description is refused with. */
  refuses: Error | undefined
  remotes: string[] = []
  /** What the other side sends, once it is negotiated. */
  incoming: FakeTrack[] = []

  addTransceiver(track: FakeTrack, { sendEncodings }: { sendEncodings?: unknown }) {
    const sender: Sender = {
      track,
      encodings: sendEncodings,
      replaceTrack: async (next) => {
        sender.track = next
      },
    }
    this.senders.push(sender)
    return { sender }
  }
  getSenders() {
    return this.senders
  }
  getTransceivers() {
    return this.incoming.map((track) => ({ currentDirection: 'recvonly', receiver: { track } }))
  }
  createDataChannel() {
    this.channel = new FakeChannel()
    return this.channel
  }
  async createOffer() {
    return { type: 'offer', sdp: 'my offer' }
  }
  async createAnswer() {
    return { type: 'answer', sdp: `answer to ${this.remoteDescription?.sdp}` }
  }
  async setLocalDescription(description: { type: string; sdp: string }) {
    this.localDescription = description
  }
  async setRemoteDescription(description: { type: string; sdp: string }) {
    if (this.refuses) throw this.refuses
    this.remotes.push(description.sdp)
    this.remoteDescription = description
  }
  async addIceCandidate(candidate: unknown) {
    this.candidates.push(candidate)
  }
  async getStats() {
    return new Map()
  }
  become(state: string) {
    this.connectionState = state
    this.onconnectionstatechange?.()
  }
  finds(candidate: string | null) {
    const value = candidate === null ? null : { candidate, toJSON: () => ({ candidate }) }
    this.onicecandidate?.({ candidate: value })
  }
  close() {
    this.isClosed = true
  }
}

/** Lets everything that only waits for promises happen. */
export const settle = async () => {
  for (let i = 0; i < 30; i += 1) await Promise.resolve()
}

/** Remembers everything a call tells. */
export const createEar = () => {
  const heard = {
    states: [] as Parameters<CallEvents['state']>[0][],
    participants: [] as Parameters<CallEvents['participants']>[0],
    streams: [] as Parameters<CallEvents['streams']>[0],
    transfers: [] as Parameters<CallEvents['transfers']>[0],
    notices: [] as string[],
  }
  const events: CallEvents = {
    state: (state) => heard.states.push(state),
    participants: (participants) => {
      heard.participants = participants
    },
    streams: (streams) => {
      heard.streams = streams
    },
    transfers: (transfers) => {
      heard.transfers = transfers
    },
    speaking: () => undefined,
    notice: (text) => heard.notices.push(text),
  }
  return { heard, events }
}
