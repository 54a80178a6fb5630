import type { Clock } from '../clock.ts'
import type { CallStream, StreamKind } from '../transport.ts'
import { LABEL, type Message } from './messages.ts'
import { UpStream } from './up-stream.ts'

/** An offer that nobody answers is made again after this, in milliseconds. */
const ANSWER_WITHIN_MS = 8_000
const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 8_000
/** A server that refused is asked again, but is not pressed. */
const FIRST_REFUSED_MS = 3_000
const LONGEST_REFUSED_MS = 30_000

export type PublicationsNeeds = {
  clock: Clock
  newId: () => string
  newPeer: (configuration: RTCConfiguration) => RTCPeerConnection
  send: (message: Message) => void
  changed: () => void
}

type Publication = {
  localId: string
  kind: StreamKind
  stream: MediaStream
  state: CallStream['state']
  up: UpStream | undefined
  offeredAt: number
  retries: number
  cancelRetry: () => void
}

const nothing = (): void => undefined

/** My streams: what I want to send, and the connections that send it now. They outlive any one socket. */
export class Publications {
  readonly #needs: PublicationsNeeds
  readonly #items = new Map<StreamKind, Publication>()
  /** Known while joined with the right to present. */
  #configuration: RTCConfiguration | undefined
  #simulcast = false

  constructor(needs: PublicationsNeeds) {
    this.#needs = needs
  }

  /** Wants this stream sent, or nothing of this kind. The tracks stay the caller's. */
  publish(kind: StreamKind, stream: MediaStream | undefined): void {
    const item = this.#items.get(kind)
    if (!stream || stream.getTracks().length === 0) {
      this.#withdraw(item)
      return
    }
    if (!item) {
      const localId = this.#needs.newId()
      const fresh = { localId, kind, stream, state: 'connecting' as const, up: undefined }
      this.#items.set(kind, { ...fresh, offeredAt: 0, retries: 0, cancelRetry: nothing })
    } else {
      item.stream = stream
      if (item.up?.swap(stream)) {
        this.#needs.changed()
        return
      }
    }
    this.#start(kind)
  }

  /** The server let me in, or changed what I may do: undefined means that I may not send. */
  allow(configuration: RTCConfiguration | undefined): void {
    const was = this.#configuration
    this.#configuration = configuration
    if (configuration && !was) for (const kind of this.#items.keys()) this.#start(kind)
  }

  /** The socket is gone, and every connection with it. */
  lost(): void {
    this.#configuration = undefined
    for (const item of this.#items.values()) {
      item.cancelRetry()
      item.up?.close(false)
      item.up = undefined
      item.state = 'interrupted'
    }
  }

  /** Sends two sizes of the camera, or one again. */
  setSimulcast(on: boolean): void {
    if (this.#simulcast === on) return
    this.#simulcast = on
    if (this.#items.get('camera')?.stream.getVideoTracks().length) this.#start('camera')
  }

  /** Takes a message about a stream of mine. Answers false when it is about none. */
  handle(message: Message): boolean {
    const item = [...this.#items.values()].find(({ up }) => up?.id === message.id)
    if (!item?.up) return false
    const { up } = item
    if (message.type === 'answer') up.answer(message.sdp ?? '').catch(() => this.#retry(item))
    else if (message.type === 'ice' && message.candidate) void up.candidate(message.candidate)
    else if (message.type === 'renegotiate') this.#retry(item)
    else if (message.type === 'abort') this.#refused(item)
    return true
  }

  /** Makes offers again that nobody answered. To be called now and then. */
  tick(): void {
    const late = this.#needs.clock.now() - ANSWER_WITHIN_MS
    for (const item of this.#items.values())
      if (item.up && !item.up.answered && item.offeredAt < late) this.#start(item.kind)
  }

  list(participantId: string): CallStream[] {
    return [...this.#items.values()].map(({ localId, kind, stream, state }) => ({
      localId,
      participantId,
      kind,
      isMine: true,
      stream,
      state,
    }))
  }

  labels(): string[] {
    return [...this.#items.keys()].map((kind) => LABEL[kind])
  }

  peers(): RTCPeerConnection[] {
    return [...this.#items.values()].flatMap(({ up }) => (up ? [up.peer] : []))
  }

  /** Stops every track and closes everything. */
  close(): void {
    for (const item of this.#items.values()) {
      item.cancelRetry()
      item.up?.close(false)
      for (const track of item.stream.getTracks()) track.stop()
    }
    this.#items.clear()
    this.#configuration = undefined
  }

  #start(kind: StreamKind): void {
    const item = this.#items.get(kind)
    if (!item || !this.#configuration) {
      this.#needs.changed()
      return
    }
    const old = item.up
    const up = new UpStream({
      id: this.#needs.newId(),
      kind,
      stream: item.stream,
      replace: () => old?.replaceable,
      simulcast: this.#simulcast && kind === 'camera',
      peer: this.#needs.newPeer(this.#configuration),
      send: this.#needs.send,
      changed: (state) => this.#stateChanged(item, up, state),
      broken: () => this.#retry(item),
    })
    item.cancelRetry()
    item.up = up
    item.offeredAt = this.#needs.clock.now()
    this.#needs.changed()
    // The old one goes on sending until the server has heard of the new one.
    up.start()
      .then(() => old?.close(false))
      .catch(() => {
        old?.close(true)
        if (item.up === up) this.#refused(item)
      })
  }

  #stateChanged(item: Publication, up: UpStream, state: CallStream['state']): void {
    if (item.up !== up) return
    item.state = state
    if (state === 'playing') item.retries = 0
    this.#needs.changed()
  }

  /** Publishes anew after a pause that grows, naming the old stream so that others keep their picture's place. */
  #retry(item: Publication): void {
    this.#retryIn(item, FIRST_RETRY_MS, LONGEST_RETRY_MS)
  }

  #retryIn(item: Publication, first: number, longest: number): void {
    const wait = Math.min(first * 2 ** item.retries, longest)
    item.retries += 1
    item.state = 'interrupted'
    item.cancelRetry()
    item.cancelRetry = this.#needs.clock.after(wait, () => this.#start(item.kind))
    this.#needs.changed()
  }

  /** The server or the browser said no, perhaps because it is busy: it is wanted still, and tried again ever more rarely. */
  #refused(item: Publication): void {
    item.up?.close(false)
    item.up = undefined
    this.#retryIn(item, FIRST_REFUSED_MS, LONGEST_REFUSED_MS)
  }

  #withdraw(item: Publication | undefined): void {
    if (!item) return
    item.cancelRetry()
    item.up?.close(true)
    this.#items.delete(item.kind)
    this.#needs.changed()
  }
}
