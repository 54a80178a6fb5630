import { type Backoff, createBackoff } from '../../platform/backoff.ts'
import { type Clock, every } from '../clock.ts'
import { SpeakingMeter } from '../speaking.ts'
import type {
  Call,
  CallEvents,
  CallStats,
  ConnectionState,
  JoinOptions,
  Participant,
} from '../transport.ts'
import { Connection } from './connection.ts'
import { judge, type LastWords } from './ending.ts'
import { FileTransfers } from './file-transfers.ts'
import type { OpenSink } from './incoming-file.ts'
import type { Message } from './messages.ts'
import { MissingStreams } from './missing.ts'
import { Publications } from './publications.ts'
import { type OwnData, Roster } from './roster.ts'
import { audioTotals, Statistics } from './statistics.ts'
import { Subscriptions } from './subscriptions.ts'

/** Every stream under every label, sound and picture. */
const EVERYTHING = { '': ['audio', 'video'] }
/** From so many people on, cameras are sent in two sizes. */
const MANY = 3
/** Falling below that counts only after a while, in milliseconds. */
const FEW_AFTER_MS = 15_000
/** What an earlier connection had is kept on show this long after a rejoin, in milliseconds. */
const KEEP_LOST_MS = 5_000
/** Waits between two tries. Source: goal R6, back within 3 s of the server's return. */
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 2_500
const TICK_MS = 500
const LISTEN_EVERY_MS = 200
/** An error waits so long before it is a notice: a closing that follows says the same in the call's state. Milliseconds. */
const LAST_WORDS_MS = 300

export type GaleneNeeds = {
  clock: Clock
  random: () => number
  newId: () => string
  openSocket: () => WebSocket
  newPeer: (configuration: RTCConfiguration) => RTCPeerConnection
  openSink: OpenSink
  /** Sent in the join. Through Pyrite the server fills it in. */
  username?: string | undefined
  /** Whether this browser can send two sizes. */
  canSimulcast: boolean
}

const noWords = () => ({ kicked: '', info: '', error: '', refused: undefined }) as const

/** A call over Galene's protocol: joins, keeps what is wanted, and comes back by itself. */
export class GaleneCall implements Call {
  readonly #needs: GaleneNeeds
  readonly #options: JoinOptions
  readonly #events: CallEvents
  readonly #roster = new Roster()
  readonly #missing = new MissingStreams()
  readonly #statistics = new Statistics()
  readonly #meter = new SpeakingMeter()
  readonly #publications: Publications
  readonly #subscriptions: Subscriptions
  readonly #files: FileTransfers
  readonly #stops: (() => void)[] = []
  readonly #callId: string
  #connection: Connection | undefined
  #cancelRetry: () => void = () => undefined
  #configuration: RTCConfiguration = {}
  /** Errors that wait to be told, each by what stops it. */
  readonly #lastWords = new Set<() => void>()
  #words: Omit<LastWords, 'code' | 'attempt'> = noWords()
  #state: ConnectionState = { is: 'connecting' }
  #muted: boolean
  #cameraOn: boolean
  readonly #backoff: Backoff
  #attempt = 0
  #attempts = 0
  #manyUntil = 0
  /** Of the newest connection that was let in; kept while there is none, as the others on show keep theirs. */
  #ownId = ''
  #told = ''
  #telling = false
  #speaking = ''
  #forgetAt = 0

  constructor(needs: GaleneNeeds, options: JoinOptions, events: CallEvents) {
    this.#needs = needs
    this.#options = options
    this.#events = events
    this.#muted = options.muted
    this.#cameraOn = (options.camera?.getVideoTracks().length ?? 0) > 0
    this.#callId = needs.newId()
    const { random } = needs
    this.#backoff = createBackoff({ random, firstMs: FIRST_WAIT_MS, maxMs: LONGEST_WAIT_MS })
    const { clock, newId } = needs
    const send = (message: Message) => this.#connection?.send(message)
    const newPeer = () => needs.newPeer(this.#configuration)
    const changed = () => this.#streamsChanged()
    this.#publications = new Publications({ clock, newId, newPeer: needs.newPeer, send, changed })
    const personOf = (id: string) => this.#roster.personOf(id)
    this.#subscriptions = new Subscriptions({ clock, newId, newPeer, send, changed, personOf })
    const { openSink } = needs
    const { transfers } = events
    this.#files = new FileTransfers({ clock, newId, newPeer, send, changed: transfers, openSink })
    this.publishCamera(options.camera)
    this.#stops.push(every(clock, TICK_MS, () => this.#tick()))
    this.#stops.push(every(clock, LISTEN_EVERY_MS, () => void this.#listen()))
    this.#connect()
  }

  publishCamera(stream: MediaStream | undefined): void {
    if (this.#state.is === 'ended') return
    for (const track of stream?.getAudioTracks() ?? []) track.enabled = !this.#muted
    this.#publications.publish('camera', stream)
    this.#tellOwnData()
  }

  publishScreen(stream: MediaStream | undefined): void {
    if (this.#state.is === 'ended') return
    this.#publications.publish('screen', stream)
    this.#tellOwnData()
  }

  setMuted(muted: boolean): void {
    this.#muted = muted
    for (const { kind, stream } of this.#publications.list(''))
      if (kind === 'camera') for (const track of stream.getAudioTracks()) track.enabled = !muted
    this.#tellOwnData()
  }

  setCameraOn(on: boolean): void {
    this.#cameraOn = on
    this.#tellOwnData()
  }

  setRecording(on: boolean): void {
    if (this.#state.is !== 'connected') return
    this.#connection?.send({ type: 'groupaction', kind: on ? 'record' : 'unrecord' })
  }

  sendFile(participantId: string, file: File): void {
    if (this.#state.is === 'connected') this.#files.send(participantId, file)
  }

  stats(): Promise<CallStats> {
    const down = this.#subscriptions.peers().map(({ peer }) => peer)
    return this.#statistics.look([...this.#publications.peers(), ...down], this.#needs.clock.now())
  }

  retryNow(): void {
    if (this.#state.is !== 'reconnecting') return
    this.#cancelRetry()
    this.#connect()
  }

  leave(): void {
    this.#finish({ is: 'ended', because: '' })
  }

  #connect(): void {
    if (this.#state.is === 'ended') return
    this.#words = noWords()
    this.#attempts += 1
    if (this.#state.is === 'reconnecting') this.#become({ ...this.#state, retryAt: 0 })
    this.#connection = new Connection({
      clock: this.#needs.clock,
      openSocket: this.#needs.openSocket,
      id: this.#needs.newId(),
      opened: () => this.#join(),
      message: (message) => this.#handle(message),
      closed: (code) => this.#closed(code),
    })
  }

  #join(): void {
    const data = this.#ownData()
    this.#told = JSON.stringify(data)
    const { username } = this.#needs
    this.#connection?.join({ group: this.#options.channelSlug, username, data })
  }

  #handle(message: Message): void {
    if (message.type === 'joined') this.#joined(message)
    else if (message.type === 'user') this.#userChanged(message)
    else if (message.type === 'usermessage') this.#heard(message)
    else if (!this.#publications.handle(message)) this.#subscriptions.handle(message)
  }

  #joined(message: Message): void {
    const { kind } = message
    if (kind === 'fail') this.#refused(message)
    else if (kind === 'join') this.#welcome(message)
    if (kind !== 'join' && kind !== 'change') return
    this.#configuration = message.rtcConfiguration ?? {}
    const may = message.permissions?.includes('present') ?? false
    this.#publications.allow(may ? this.#configuration : undefined)
  }

  #welcome(message: Message): void {
    this.#connection?.setUsername(message.username)
    this.#ownId = this.#connection?.id ?? ''
    this.#roster.clear()
    this.#missing.clear()
    this.#connection?.send({ type: 'request', request: EVERYTHING })
    this.#forgetAt = this.#needs.clock.now() + KEEP_LOST_MS
    this.#attempt = 0
    this.#backoff.reset()
    this.#become({ is: 'connected' })
    this.#tellOwnData()
  }

  #refused(message: Message): void {
    const text = typeof message.value === 'string' ? message.value : ''
    this.#words = { ...this.#words, refused: { error: message.error ?? '', text } }
    // A refused connection is never used again: on Galene 1.1 that can end the server.
    this.#connection?.close()
    this.#closed(1000)
  }

  #userChanged(message: Message): void {
    this.#roster.handle(message)
    if (message.kind === 'delete' && message.id) this.#files.left(message.id)
    this.#countPeople()
    this.#participantsChanged()
  }

  #heard(message: Message): void {
    if (message.kind === 'filetransfer') this.#files.handle(message)
    // Only the server's own words and an operator's count as theirs; anybody may send the kinds.
    if (message.privileged !== true) return
    if (message.kind === 'mute') {
      this.setMuted(true)
      this.#events.mutedByModerator?.()
    } else if (typeof message.value === 'string') this.#warned(message.kind, message.value)
  }

  #warned(kind: string | undefined, words: string): void {
    if (kind === 'kicked' || kind === 'info' || kind === 'error')
      this.#words = { ...this.#words, [kind]: words }
    if (kind === 'warning') this.#events.notice(words)
    else if (kind === 'error') this.#noticeUnlessLast(words)
  }

  #noticeUnlessLast(words: string): void {
    const cancel = this.#needs.clock.after(LAST_WORDS_MS, () => {
      this.#lastWords.delete(cancel)
      this.#events.notice(words)
    })
    this.#lastWords.add(cancel)
  }

  #dropLastWords(): void {
    for (const cancel of this.#lastWords) cancel()
    this.#lastWords.clear()
  }

  #closed(code: number): void {
    const wasConnected = this.#state.is === 'connected'
    this.#connection = undefined
    this.#dropLastWords()
    this.#publications.lost()
    this.#subscriptions.lost()
    this.#files.lost()
    const verdict = judge({ ...this.#words, code, attempt: this.#attempt })
    if (!verdict.comesBack) {
      this.#finish({ is: 'ended', because: verdict.because, error: verdict.error })
      return
    }
    const wait = this.#backoff.next()
    this.#attempt += 1
    const retryAt = this.#needs.clock.now() + wait
    this.#cancelRetry = this.#needs.clock.after(wait, () => this.#connect())
    const { because, isAnnounced } = verdict
    this.#become({ is: 'reconnecting', because, retryAt, isAnnounced })
    if (wasConnected) this.#streamsChanged()
  }

  #finish(state: ConnectionState & { is: 'ended' }): void {
    if (this.#state.is === 'ended') return
    this.#become(state)
    this.#cancelRetry()
    this.#dropLastWords()
    for (const stop of this.#stops) stop()
    this.#files.close()
    this.#connection?.close()
    this.#connection = undefined
    this.#publications.close()
    this.#subscriptions.close()
    this.#roster.clear()
    this.#events.streams([])
    this.#events.speaking(new Set())
    this.#events.participants([])
  }

  #become(state: ConnectionState): void {
    this.#state = state
    this.#events.state(state)
  }

  #ownData(): OwnData {
    return {
      muted: this.#muted,
      camera: this.#cameraOn,
      publishing: this.#publications.labels(),
      call: this.#callId,
      attempt: this.#attempts,
    }
  }

  /** Tells the others what changed of me; several changes in one turn are one message. */
  #tellOwnData(): void {
    if (this.#telling) return
    this.#telling = true
    queueMicrotask(() => {
      this.#telling = false
      this.#sendOwnData()
    })
  }

  #sendOwnData(): void {
    const value = this.#ownData()
    const text = JSON.stringify(value)
    if (this.#state.is !== 'connected' || text === this.#told) return
    this.#told = text
    this.#connection?.send({
      type: 'useraction',
      kind: 'setdata',
      dest: this.#connection.id,
      value,
    })
  }

  #countPeople(): void {
    if (!this.#needs.canSimulcast) return
    if (this.#roster.size >= MANY) {
      this.#manyUntil = this.#needs.clock.now() + FEW_AFTER_MS
      this.#publications.setSimulcast(true)
    }
  }

  #tick(): void {
    if (this.#state.is !== 'connected') return
    const now = this.#needs.clock.now()
    this.#countPeople()
    if (now > this.#manyUntil) this.#publications.setSimulcast(false)
    this.#publications.tick()
    if (this.#forgetAt && now > this.#forgetAt) {
      this.#forgetAt = 0
      this.#subscriptions.forgetLost()
    }
    const expected = this.#roster.expected(this.#ownId)
    const received = this.#subscriptions.counts((id) => this.#roster.saysCameraIsOn(id))
    if (this.#missing.isDue(now, expected, received))
      this.#connection?.send({ type: 'request', request: EVERYTHING })
  }

  #participants(): Participant[] {
    return this.#roster.list(this.#ownId, (id) => this.#subscriptions.hasVideo(id))
  }

  #participantsChanged(): void {
    if (this.#state.is === 'connected') this.#events.participants(this.#participants())
  }

  #streamsChanged(): void {
    if (this.#state.is === 'ended') return
    const mine = this.#publications.list(this.#ownId)
    this.#events.streams([...mine, ...this.#subscriptions.list()])
    this.#participantsChanged()
  }

  async #listen(): Promise<void> {
    const now = this.#needs.clock.now()
    const mine = this.#publications.peers().map((peer) => ({ participantId: this.#ownId, peer }))
    const all = [...mine, ...this.#subscriptions.peers()]
    await Promise.all(
      all.map(async ({ participantId, peer }) => {
        // A connection that closes meanwhile has nothing to say.
        const totals = await audioTotals(peer).catch(() => [])
        for (const total of totals)
          this.#meter.sample(`${participantId}/${total.source}`, participantId, total, now)
      }),
    )
    const speakers = this.#meter.speakers(now)
    const key = [...speakers].sort().join()
    if (key === this.#speaking || this.#state.is === 'ended') return
    this.#speaking = key
    this.#events.speaking(speakers)
  }
}
