import type { Clock } from '../clock.ts'
import type { CallStream, StreamKind } from '../transport.ts'
import { DownStream } from './down-stream.ts'
import { LABEL, type Message } from './messages.ts'

/**
 * A stream that follows its person's last one within this takes its place, in milliseconds. Galene 1.1 ends the old stream and forgets what the
 * new one replaces when the new one has brought nothing 200 ms after its offer. Source: rtpconn.go, `pushConn`.
 */
const PLACE_KEPT_MS = 10_000

export type SubscriptionsNeeds = {
  clock: Clock
  newId: () => string
  newPeer: () => RTCPeerConnection
  send: (message: Message) => void
  changed: () => void
  /** What stays the same when a participant comes back as another; '' for nobody known. */
  personOf: (participantId: string) => string
}

type Subscription = {
  localId: string
  participantId: string
  person: string
  kind: StreamKind
  down: DownStream
}

const kindOf = (label: string | undefined): StreamKind =>
  label === LABEL.camera || !label ? 'camera' : 'screen'

/** The streams of the others. Each keeps its `localId` and its MediaStream when the connection below is replaced, or comes back after an interruption. */
export class Subscriptions {
  readonly #needs: SubscriptionsNeeds
  readonly #items = new Map<string, Subscription>()
  /** Interrupted by a lost socket; waiting to be taken up again. */
  #lost: Subscription[] = []
  /** Ended by the server a short while ago, and not on show. */
  #ended: { item: Subscription; at: number }[] = []

  constructor(needs: SubscriptionsNeeds) {
    this.#needs = needs
  }

  /** Takes a message about a stream of another. Unknown ids are ignored: they may just have ended. */
  handle(message: Message): void {
    const { id } = message
    if (!id) return
    const item = this.#items.get(id)
    if (message.type === 'offer') this.#offered(id, message)
    else if (message.type === 'ice' && message.candidate)
      void item?.down.candidate(message.candidate)
    else if (message.type === 'close') this.#end(id)
  }

  /** The socket is gone: everything stays on show, interrupted. */
  lost(): void {
    for (const item of this.#items.values()) item.down.close()
    this.#lost.push(...this.#items.values())
    this.#items.clear()
  }

  /** Stops waiting for what an earlier connection had. */
  forgetLost(): void {
    this.#lost = []
    this.#needs.changed()
  }

  list(): CallStream[] {
    const live = [...this.#items.values()].map((item) => this.#view(item, item.down.state))
    return [...live, ...this.#lost.map((item) => this.#view(item, 'interrupted'))]
  }

  /**
   * Whole streams by participant. A camera that came without the picture its person says to send does not count: Galene 1.1 can
   * forget the second track of a stream that began while somebody joined.
   */
  counts(saysCameraIsOn: (participantId: string) => boolean): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { participantId, kind, down } of this.#items.values()) {
      const wantsPicture = kind === 'camera' && saysCameraIsOn(participantId)
      if (wantsPicture && down.stream.getVideoTracks().length === 0) continue
      counts.set(participantId, (counts.get(participantId) ?? 0) + 1)
    }
    return counts
  }

  hasVideo(participantId: string): boolean {
    return [...this.#items.values()].some(
      (item) =>
        item.participantId === participantId &&
        item.kind === 'camera' &&
        item.down.stream.getVideoTracks().length > 0,
    )
  }

  peers(): { participantId: string; peer: RTCPeerConnection }[] {
    return [...this.#items.values()].map(({ participantId, down }) => ({
      participantId,
      peer: down.peer,
    }))
  }

  close(): void {
    for (const item of this.#items.values()) item.down.close()
    this.#items.clear()
    this.#lost = []
    this.#ended = []
  }

  #offered(id: string, message: Message): void {
    if (!message.sdp) return
    const known = this.#items.get(id)
    if (known) {
      void known.down.offer(message.sdp)
      return
    }
    const old = this.#predecessor(id, message)
    old?.down.close()
    const down = new DownStream({
      id,
      peer: this.#needs.newPeer(),
      stream: old?.down.stream ?? new MediaStream(),
      send: this.#needs.send,
      changed: this.#needs.changed,
    })
    this.#items.set(id, {
      localId: old?.localId ?? this.#needs.newId(),
      participantId: message.source ?? '',
      person: this.#needs.personOf(message.source ?? ''),
      kind: kindOf(message.label),
      down,
    })
    this.#needs.changed()
    void down.offer(message.sdp)
  }

  /** Whose place a new stream takes: the one it names, or what its person showed before the socket was lost. */
  #predecessor(id: string, message: Message): Subscription | undefined {
    const replaced = message.replace ? this.#items.get(message.replace) : undefined
    if (replaced) {
      this.#items.delete(replaced.down.id)
      return replaced
    }
    const person = this.#needs.personOf(message.source ?? '')
    const kind = kindOf(message.label)
    const isTheirs = (item: Subscription) =>
      person !== '' && item.person === person && item.kind === kind
    const before =
      this.#lost.find((item) => item.down.id === id) ??
      this.#lost.find(isTheirs) ??
      this.#ended.findLast(({ item, at }) => isTheirs(item) && this.#isRecent(at))?.item
    this.#lost = this.#lost.filter((item) => item !== before)
    this.#ended = this.#ended.filter(({ item, at }) => item !== before && this.#isRecent(at))
    return before
  }

  #isRecent(at: number): boolean {
    return at > this.#needs.clock.now() - PLACE_KEPT_MS
  }

  #end(id: string): void {
    const item = this.#items.get(id)
    if (!item) return
    item.down.close()
    this.#items.delete(id)
    const others = this.#ended.filter(({ at }) => this.#isRecent(at))
    this.#ended = [...others, { item, at: this.#needs.clock.now() }]
    this.#needs.changed()
  }

  #view(item: Subscription, state: CallStream['state']): CallStream {
    const { localId, participantId, kind, down } = item
    return { localId, participantId, kind, isMine: false, stream: down.stream, state }
  }
}
