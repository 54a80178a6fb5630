import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import { maskedTextFrame, textFrame } from '../../../platform/ws/text-frame.ts'
import { openClientLane, openServerLane } from '../../../platform/ws/whole-frames.ts'
import type { ChannelRole } from '../../../protocol/channels.ts'
import { CLOSE } from '../../../protocol/close-codes.ts'
import { isUsableSlug } from '../../../protocol/slug.ts'
import type { Caller, CallRecord, Participant } from '../../sfu.ts'
import { closeFrame, sendable } from '../wire/close-frame.ts'
import { MAX_SERVER_FRAME_BYTES, WS_PATH } from '../wire/facts.ts'
import type { OwnConnections } from '../wire/own-connections.ts'
import type { BridgeNeeds, Shared } from './bridge.ts'
import { type News, newsIn, typeOf } from './news.ts'
import { type Fields, readLikeGo } from './read.ts'
import { RecordingPart } from './recording.ts'
import { Silence } from './silence.ts'
import {
  ALWAYS,
  type Live,
  type Outcome,
  type Speaker,
  writeHandshake,
  writeInCall,
  writeJoin,
  writeJoinFailed,
  writeNotice,
} from './write.ts'

/** Frames that may wait for Galene, and their bytes together [SFU-2]. */
const MAX_HELD_FRAMES = 64
const MAX_HELD_BYTES = 262_144
/** Refused messages within a minute that end a connection [SFU-10]. */
const MAX_REFUSED = 10
const REFUSED_WINDOW_MS = 60_000
/** How long Galene may take to answer a join [SFU-14]. */
const JOIN_MS = 10_000
/** How long a peer may take to answer a close before its socket is destroyed. */
export const CLOSE_MS = 2_000

/** In the words in which the access policy refuses: a name that cannot be is no different from one that is not. */
const NO_CHANNEL = 'There is no such channel, or you are not in it.'
const NOT_ANSWERING = 'The call server does not answer. Trying again may help.'
const TOO_SLOW = 'The call server answers too slowly.'
const UPSTREAM = {
  perMessageDeflate: false,
  maxPayload: MAX_SERVER_FRAME_BYTES,
  skipUTF8Validation: true,
  closeTimeout: CLOSE_MS,
}

const stopWith = (ws: WebSocket, lane: { stop(): void }) => {
  ws.on('error', lane.stop)
  ws.on('close', lane.stop)
}

type Phase = 'greeting' | 'idle' | 'joining' | 'joined' | 'closed'

/** One person's connection to a call: the leg to the browser, the leg to Galene, and what may pass between them. */
export class Connection {
  readonly id: string
  readonly caller: Caller
  group = ''
  joinedAt: Date | undefined
  phase: Phase = 'greeting'
  /** As what the policy let the person in. */
  admitted: ChannelRole | undefined

  private readonly shared: Shared
  private readonly client: WebSocket
  /** The socket under `client`, for frames that need no more than a header. */
  private readonly socket: Duplex
  private readonly upstream: WebSocket
  private upstreamSocket: Duplex | undefined
  private readonly peerAddress: string
  private readonly speaker: Speaker
  readonly live: Live
  private readonly mayPass: (bytes: number) => boolean
  readonly recording: RecordingPart
  private readonly openedAt = performance.now()
  private timer: NodeJS.Timeout | undefined
  private isOpen = false
  private held: { text: string; bytes: number }[] = []
  private heldBytes = 0
  private refusals = 0
  private refusedSince = 0
  private readonly silence = new Silence()
  private readonly isOwn: ReturnType<OwnConnections['filter']>
  private bytesUp = 0
  private bytesDown = 0
  private messagesUp = 0
  private messagesDown = 0

  constructor(shared: Shared, client: WebSocket, socket: Duplex, caller: Caller, address: string) {
    const { needs } = shared
    this.id = needs.newId()
    this.shared = shared
    this.caller = caller
    this.client = client
    this.socket = socket
    this.peerAddress = address
    const { userId, username, displayName } = caller
    this.speaker = { clientId: '', userId, username, displayName }
    const isOthers = (id: string) => shared.isShown(this, id)
    this.live = { streams: new Map(), shown: new Map(), data: {}, isOthers }
    this.mayPass = shared.brakeFor(caller.userId)
    this.isOwn = needs.own.filter()
    this.recording = new RecordingPart({
      state: shared.state,
      userId,
      group: () => this.group,
      mayBeRecorded: () => needs.groups.mayRecord(this.group),
      isAlone: () => !shared.hasOthers(this),
      op: () => this.makeOperator(),
    })
    this.upstream = new WebSocket(`${needs.url()}${WS_PATH}`, {
      ...UPSTREAM,
      ...needs.socketOptions,
    })
    this.within(needs.config.connect_seconds * 1000, () => this.unreachable())
    this.listen()
  }

  private listen() {
    const { client, upstream, socket } = this
    const fromClient = (text: string, bytes: number) => this.fromClient(text, bytes)
    client.on('message', (data: Buffer) => fromClient(data.toString('utf8'), data.length))
    client.on('close', (code, reason) => this.clientClosed(code, reason.toString()))
    client.on('error', (error) => this.clientFailed(error))
    stopWith(client, openClientLane(socket, this.needs.config.max_frame_bytes, fromClient))
    upstream.on('upgrade', (response) => {
      this.upstreamSocket = response.socket
    })
    upstream.on('open', () => this.opened())
    upstream.on('message', (data: Buffer) => this.fromGalene(data, textFrame(data)))
    upstream.on('pong', () => this.silence.broken())
    upstream.on('close', (code, reason) => this.upstreamClosed(code, reason.toString()))
    // The close that follows says what is to be done.
    upstream.on('error', (error) => this.needs.log.debug({ err: error }, 'an SFU leg failed'))
  }

  /** What Galene calls this connection, as its client chose. */
  get clientId(): string {
    return this.speaker.clientId
  }

  private get needs(): BridgeNeeds {
    return this.shared.needs
  }

  private within(ms: number, run: () => void) {
    clearTimeout(this.timer)
    this.timer = setTimeout(run, Math.max(0, ms))
  }

  private opened() {
    clearTimeout(this.timer)
    if (this.phase === 'closed') return
    if (this.upstreamSocket) {
      const take = (message: Buffer, frame: Buffer) => this.fromGalene(message, frame)
      stopWith(this.upstream, openServerLane(this.upstreamSocket, MAX_SERVER_FRAME_BYTES, take))
    }
    this.isOpen = true
    this.drain()
    if (this.phase !== 'greeting') return
    const left = this.needs.config.handshake_seconds * 1000 - (performance.now() - this.openedAt)
    this.within(left, () => this.finish(CLOSE.policy, 'no handshake', 'no-handshake'))
  }

  // --- from the client ---------------------------------------------------------------------------

  private fromClient(text: string, bytes: number) {
    if (this.phase === 'closed') return
    const { counts } = this.shared
    const since = counts.started()
    if (!this.mayPass(bytes)) return this.tooMany()
    if (!this.isOpen || this.phase === 'joining' || this.held.length > 0) this.hold(text, bytes)
    else this.handle(text)
    if (since > 0) counts.ended('up', since)
  }

  private tooMany() {
    this.notice('error', 'Too much at once.')
    this.shared.counts.refused('rate')
    this.finish(CLOSE.policy, 'too many messages', 'too-many-messages')
  }

  private hold(text: string, bytes: number) {
    this.held.push({ text, bytes })
    this.heldBytes += bytes
    if (this.held.length > MAX_HELD_FRAMES || this.heldBytes > MAX_HELD_BYTES) {
      this.finish(CLOSE.tooBig, 'too much is waiting', 'too-much-waiting')
    }
  }

  private drain() {
    while (this.phase !== 'joining' && this.phase !== 'closed') {
      const next = this.held.shift()
      if (!next) return
      this.heldBytes -= next.bytes
      this.handle(next.text)
    }
  }

  private handle(text: string) {
    const message = readLikeGo(text)
    const type = message?.type
    if (this.phase === 'greeting') return this.greet(message)
    if (!message || typeof type !== 'string') return this.refuse('This is not a message.')
    const always = ALWAYS.get(type)
    if (always) return this.forward(type, always)
    if (type === 'join') return this.join(message)
    if (this.phase !== 'joined') return this.refuse('Join a call first.')
    if (this.shared.actsOn(this, type, message)) return
    const outcome = this.recording.refusalOf(type, message.kind) ?? this.rewrite(type, message)
    if (typeof outcome === 'string') return this.forward(type, outcome)
    this.refuse(outcome.refused, outcome.quiet)
  }

  private rewrite(type: string, message: Fields): Outcome {
    const { max_frame_bytes } = this.needs.config
    return writeInCall(type, message, this.speaker, this.live, max_frame_bytes)
  }

  private greet(message: Fields | undefined) {
    const handshake = message?.type === 'handshake' ? writeHandshake(message) : undefined
    if (handshake === undefined) {
      return this.finish(CLOSE.protocolError, 'you must handshake first', 'no-handshake')
    }
    clearTimeout(this.timer)
    this.speaker.clientId = typeof message?.id === 'string' ? message.id : ''
    this.phase = 'idle'
    this.forward('handshake', handshake)
  }

  private refuse(sentence: string, isQuiet = false) {
    this.notice('error', sentence)
    this.shared.counts.refused('message')
    if (isQuiet) return
    const now = performance.now()
    if (now - this.refusedSince > REFUSED_WINDOW_MS) {
      this.refusals = 0
      this.refusedSince = now
    }
    this.refusals += 1
    if (this.refusals >= MAX_REFUSED) {
      this.finish(CLOSE.policy, 'too many refused messages', 'too-many-refused')
    }
  }

  private forward(type: string, frame: string) {
    const { upstreamSocket } = this
    if (upstreamSocket === undefined || this.upstream.readyState !== WebSocket.OPEN) return
    if (upstreamSocket.writableLength > this.needs.config.max_buffered_bytes) return this.tooSlow()
    const { data, bytes } = maskedTextFrame(frame)
    upstreamSocket.write(data)
    this.silence.owed()
    this.messagesUp += 1
    this.bytesUp += bytes
    this.shared.counts.up(type, bytes)
  }

  // --- joining -----------------------------------------------------------------------------------

  private join({ kind, group, data }: Fields) {
    if (kind === 'leave') return this.finish(CLOSE.normal, '', 'left')
    if (kind !== 'join') return this.refuse('There is no such way to join.')
    if (this.phase !== 'idle') return this.refuse('One connection holds one call.')
    if (typeof group !== 'string' || !isUsableSlug(group)) {
      return this.refuseJoin('', 'not-found', NO_CHANNEL)
    }
    this.phase = 'joining'
    this.group = group
    this.within(JOIN_MS, () => {
      this.shared.counts.joined('timeout')
      this.tooSlow()
    })
    this.admit(group, data).catch((error: unknown) => {
      this.needs.log.error({ err: error, group }, 'a join could not be prepared')
      this.refuseJoin(group, 'internal', 'Something went wrong on our side.')
    })
  }

  private async admit(group: string, data: unknown) {
    const { policy, groups, tokens } = this.needs
    const admission = await policy(this.caller, group)
    if ('error' in admission) return this.refuseJoin(group, admission.error, admission.message)
    this.admitted = admission.role
    await groups.settled(group)
    const recording = groups.mayRecord(group)
    const { username } = this.caller
    const token = await tokens.sign({ username, group, role: admission.role, recording })
    if (this.phase === 'joining') this.forward('join', writeJoin(data, group, token, this.speaker))
  }

  private refuseJoin(group: string, error: string, sentence: string) {
    if (this.phase === 'closed') return
    this.shared.counts.joined('refused')
    const failed = Buffer.from(writeJoinFailed(group, this.caller.username, error, sentence))
    this.toClient(textFrame(failed), failed.length)
    this.finish(CLOSE.normal, error, 'refused')
  }

  // --- from Galene -------------------------------------------------------------------------------

  /** A message and the frame that carries it, which leaves as it came. */
  private fromGalene(message: Buffer, frame: Buffer) {
    if (this.phase === 'closed') return
    const { counts } = this.shared
    const since = counts.started()
    this.silence.broken()
    const type = typeOf(message)
    counts.down(type, message.length)
    const news = newsIn(type, message)
    if (news?.type !== 'service' || !this.isOwn(news, this.group)) {
      this.toClient(frame, message.length)
      if (news) this.learn(news)
    }
    if (since > 0) counts.ended('down', since)
  }

  private learn(news: News) {
    if (news.type === 'service') return
    if (news.type === 'joined') return this.learnJoined(news)
    if (news.type === 'recorder') {
      return this.shared.state.recorder(this.group, news.id, news.present)
    }
    if (news.type === 'abort') return this.live.shown.delete(news.id)
    if (news.type === 'close') return this.live.streams.delete(news.id)
    this.live.streams.delete(news.replace)
    this.live.streams.set(news.id, this.live.streams.get(news.id) ?? 0)
  }

  private learnJoined({ kind, group, locked, permissions }: News & { type: 'joined' }) {
    if (kind !== 'join' && kind !== 'change') {
      this.shared.counts.joined('failed')
      return this.finish(CLOSE.normal, '', kind === 'leave' ? 'left' : 'refused')
    }
    if (group === this.group) this.recording.permitted(permissions)
    if (locked !== undefined && group === this.group) this.shared.state.locked(group, locked)
    if (kind !== 'join' || this.phase !== 'joining') return
    clearTimeout(this.timer)
    this.phase = 'joined'
    this.recording.entered()
    this.joinedAt = this.needs.now()
    this.shared.counts.joined('joined')
    this.needs.listener.participantsChanged(group)
    this.drain()
  }

  private toClient(frame: Buffer, bytes: number) {
    const { client } = this
    if (client.readyState !== WebSocket.OPEN) return
    // Before the write: a single large message is nobody's slowness.
    if (this.socket.writableLength > this.needs.config.max_buffered_bytes) {
      this.shared.counts.refused('slow-reader')
      return this.finish(CLOSE.tryLater, 'reads too slowly', 'slow-reader')
    }
    this.socket.write(frame)
    this.messagesDown += 1
    this.bytesDown += bytes
  }

  /** Says something to the person in Galene's words. */
  notice(kind: string, sentence: string) {
    if (this.client.readyState === WebSocket.OPEN) {
      this.client.send(writeNotice(kind, this.speaker.clientId, sentence))
    }
  }

  // --- losing and ending -------------------------------------------------------------------------

  /** Called every two seconds: asks a Galene that owes an answer for a sign of life, and gives up on it when it stays silent. */
  sweep() {
    if (!this.isOpen || this.phase === 'closed') return
    const verdict = this.silence.sweep()
    if (verdict === 'ask') this.upstream.ping()
    if (verdict === 'slow') this.tooSlow()
  }

  /** The SFU has not answered somebody else for a while: it is asked by those who say nothing, too. */
  suspect() {
    if (!this.isOpen || this.phase === 'closed') return
    this.silence.suspected()
    this.upstream.ping()
  }

  private unreachable() {
    if (this.phase === 'closed') return
    this.shared.counts.failed('unreachable')
    this.notice('error', NOT_ANSWERING)
    this.finish(CLOSE.tryLater, 'the call server does not answer', 'sfu-unreachable')
    this.needs.sfuFailed()
  }

  private tooSlow() {
    this.shared.counts.failed('slow')
    this.notice('error', TOO_SLOW)
    this.finish(CLOSE.tryLater, 'the call server answers too slowly', 'sfu-slow')
    this.needs.sfuFailed()
  }

  private clientClosed(code: number, reason: string) {
    this.finish(sendable(code), reason, code === 1006 ? 'lost' : 'left')
  }

  private clientFailed(error: Error & { code?: string }) {
    const isTooBig = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'
    if (isTooBig) this.shared.counts.refused('frame')
    const code = isTooBig ? CLOSE.tooBig : CLOSE.protocolError
    this.finish(code, '', isTooBig ? 'frame-too-big' : 'malformed-frame')
  }

  private upstreamClosed(code: number, reason: string) {
    if (this.phase === 'closed') return
    if (!this.isOpen) return this.unreachable()
    if (code !== 1006) return this.finish(sendable(code), reason, 'closed-by-sfu')
    this.shared.counts.failed('lost')
    this.isOpen = false
    const end = (isAlive: boolean) =>
      isAlive
        ? this.finish(CLOSE.internal, 'the call server hung up', 'closed-by-sfu')
        : this.finish(CLOSE.restart, 'service restart', 'sfu-gone')
    this.needs.stillListens().then(end, () => end(false))
  }

  private makeOperator() {
    const written = this.rewrite('useraction', { kind: 'op', dest: this.speaker.clientId })
    if (typeof written === 'string') this.forward('useraction', written)
  }

  /** Ends both legs at once, and tells whoever keeps the books. May be called twice. */
  finish(code: number, reason: string, why: string) {
    if (this.phase === 'closed') return
    this.phase = 'closed'
    clearTimeout(this.timer)
    this.held = []
    const [safeCode, safeReason] = closeFrame(code, reason)
    if (this.client.readyState === WebSocket.OPEN) this.client.close(safeCode, safeReason)
    if (this.upstream.readyState === WebSocket.CONNECTING) this.upstream.terminate()
    else this.upstream.close(safeCode, safeReason)
    this.shared.ended(this, why)
  }

  participant(joinedAt: Date): Participant {
    return { connectionId: this.id, caller: this.caller, group: this.group, joinedAt }
  }

  record(joinedAt: Date, reason: string): CallRecord {
    const { bytesUp, bytesDown, messagesUp, messagesDown, peerAddress } = this
    return {
      connectionId: this.id,
      userId: this.caller.userId,
      group: this.group,
      joinedAt,
      leftAt: this.needs.now(),
      reason,
      peerAddress,
      ...{ bytesUp, bytesDown, messagesUp, messagesDown },
    }
  }
}
