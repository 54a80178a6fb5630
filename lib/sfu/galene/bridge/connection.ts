import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { PyriteError } from '../../../platform/errors.ts'
import type { ChannelRole } from '../../../protocol/channels.ts'
import { CLOSE } from '../../../protocol/close-codes.ts'
import { isUsableSlug } from '../../../protocol/slug.ts'
import type { Caller, CallRecord, Participant } from '../../sfu.ts'
import { sendable } from '../wire/close-frame.ts'
import type { OwnConnections } from '../wire/own-connections.ts'
import { admit } from './admission.ts'
import type { BridgeNeeds, Shared } from './bridge.ts'
import { BrowserLeg } from './browser-leg.ts'
import { ENDINGS, type Ending } from './endings.ts'
import { GaleneLeg } from './galene-leg.ts'
import { Held } from './held.ts'
import { type News, newsIn, typeOf } from './news.ts'
import { type Fields, readLikeGo } from './read.ts'
import { RecordingPart } from './recording.ts'
import { Strikes } from './strikes.ts'
import { hasTooManyParts } from './weight.ts'
import {
  ALWAYS,
  type Live,
  type Outcome,
  type Speaker,
  writeHandshake,
  writeInCall,
  writeJoin,
  writeJoinFailed,
} from './write.ts'

/** How long Galene may take to answer a join [SFU-14]. */
const JOIN_MS = 10_000
const NOT_JOINED: Ending = { ...ENDINGS.tooSlow, joined: 'timeout' }

/** In the words in which the access policy refuses: a name that cannot be is no different from one that is not. */
const NO_CHANNEL = 'There is no such channel, or you are not in it.'

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
  private readonly browser: BrowserLeg
  private readonly galene: GaleneLeg
  private readonly peerAddress: string
  private readonly speaker: Speaker
  readonly live: Live
  private readonly mayPass: (bytes: number) => boolean
  readonly recording: RecordingPart
  private readonly openedAt = performance.now()
  private timer: NodeJS.Timeout | undefined
  private readonly held = new Held()
  private readonly strikes = new Strikes()
  private readonly isOwn: ReturnType<OwnConnections['filter']>

  constructor(shared: Shared, client: WebSocket, socket: Duplex, caller: Caller, address: string) {
    const { needs } = shared
    this.id = needs.newId()
    this.shared = shared
    this.caller = caller
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
    this.browser = this.openBrowser(client, socket)
    this.galene = this.openGalene()
    this.within(needs.config.connect_seconds * 1000, ENDINGS.unreachable)
  }

  private openBrowser(client: WebSocket, socket: Duplex): BrowserLeg {
    return new BrowserLeg({
      ...{ client, socket, limits: this.needs.config },
      heard: (text, bytes) => this.fromClient(text, bytes),
      other: () => this.otherFrame(),
      closed: (code, reason) => this.clientClosed(code, reason),
      failed: (error) => this.clientFailed(error),
    })
  }

  private openGalene(): GaleneLeg {
    const { url, socketOptions, config, counts, log } = this.needs
    return new GaleneLeg({
      ...{ url: url(), socketOptions, counts, log, maxBufferedBytes: config.max_buffered_bytes },
      opened: () => this.opened(),
      heard: (message, frame) => this.fromGalene(message, frame),
      slow: () => this.endBy(ENDINGS.tooSlow),
      closed: (code, reason, wasOpen) => this.galeneClosed(code, reason, wasOpen),
    })
  }

  /** What Galene calls this connection, as its client chose. */
  get clientId(): string {
    return this.speaker.clientId
  }

  private get needs(): BridgeNeeds {
    return this.shared.needs
  }

  private within(ms: number, ending: Ending) {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.endBy(ending), Math.max(0, ms))
  }

  private opened() {
    clearTimeout(this.timer)
    if (this.phase === 'closed') return
    for (let next = this.held.nextWritten(); next; next = this.held.nextWritten()) {
      this.galene.send(next.type, next.text)
    }
    if (this.phase === 'joining') this.within(JOIN_MS, NOT_JOINED)
    if (this.phase !== 'greeting') return
    const left = this.needs.config.handshake_seconds * 1000 - (performance.now() - this.openedAt)
    this.within(left, ENDINGS.noHandshake)
  }

  /** Sends a message to Galene, or keeps it until Galene is there. */
  private send(type: string, message: string) {
    if (!this.galene.isConnecting) return this.galene.send(type, message)
    if (!this.held.addWritten(type, message)) this.endBy(ENDINGS.tooMuchWaits)
  }

  // --- from the client ---------------------------------------------------------------------------

  private fromClient(text: string, bytes: number) {
    if (this.phase === 'closed') return
    const { counts } = this.shared
    const since = counts.started()
    if (!this.mayPass(bytes)) return this.endBy(ENDINGS.tooMany)
    if (this.phase !== 'joining' && !this.held.hasHeard) this.handle(text)
    else if (!this.held.addHeard(text, bytes)) this.endBy(ENDINGS.tooMuchWaits)
    if (since > 0) counts.ended('up', since)
  }

  /** A ping, a pong or a piece of a message: Galene never sees it, but it costs us as much as one. */
  private otherFrame() {
    if (this.phase !== 'closed' && !this.mayPass(0)) this.endBy(ENDINGS.tooMany)
  }

  private drain() {
    while (this.phase === 'joined') {
      const next = this.held.nextHeard()
      if (next === undefined) return
      this.handle(next)
    }
  }

  private handle(text: string) {
    if (hasTooManyParts(text)) return this.refuse('This message has too many parts.')
    const message = readLikeGo(text)
    const type = message?.type
    if (this.phase === 'greeting') return this.greet(message)
    if (!message || typeof type !== 'string') return this.refuse('This is not a message.')
    const always = ALWAYS.get(type)
    if (always) return this.send(type, always)
    if (type === 'join') return this.join(message)
    if (this.phase !== 'joined') return this.refuse('Join a call first.')
    if (this.shared.actsOn(this, type, message)) return
    const outcome = this.recording.refusalOf(type, message.kind) ?? this.rewrite(type, message)
    if (typeof outcome === 'string') return this.send(type, outcome)
    this.refuse(outcome.refused, outcome.quiet)
  }

  private rewrite(type: string, message: Fields): Outcome {
    const { max_frame_bytes } = this.needs.config
    return writeInCall(type, message, this.speaker, this.live, max_frame_bytes)
  }

  private greet(message: Fields | undefined) {
    const handshake = message?.type === 'handshake' ? writeHandshake(message) : undefined
    if (handshake === undefined) return this.endBy(ENDINGS.notGreeted)
    // Until Galene is there, the time that has counts.
    if (this.galene.isOpen) clearTimeout(this.timer)
    this.speaker.clientId = typeof message?.id === 'string' ? message.id : ''
    this.phase = 'idle'
    this.send('handshake', handshake)
  }

  private refuse(sentence: string, isQuiet = false) {
    this.notice('error', sentence)
    this.shared.counts.refused('message')
    if (!isQuiet && this.strikes.add()) this.endBy(ENDINGS.tooManyRefused)
  }

  // --- joining -----------------------------------------------------------------------------------

  private join({ kind, group, data }: Fields) {
    if (kind === 'leave') return this.endBy(ENDINGS.left)
    if (kind !== 'join') return this.refuse('There is no such way to join.')
    if (this.phase !== 'idle') return this.refuse('One connection holds one call.')
    if (typeof group !== 'string' || !isUsableSlug(group)) {
      return this.refuseJoin('', 'not-found', NO_CHANNEL)
    }
    this.phase = 'joining'
    this.group = group
    if (this.galene.isOpen) this.within(JOIN_MS, NOT_JOINED)
    this.ask(group, data).catch((error: unknown) => this.joinFailed(group, error))
  }

  private async ask(group: string, data: unknown) {
    const admission = await admit(this.needs, this.caller, group)
    if ('error' in admission) return this.refuseJoin(group, admission.error, admission.message)
    if (this.phase !== 'joining') return
    this.admitted = admission.role
    this.send('join', writeJoin(data, group, admission.token, this.speaker))
  }

  private joinFailed(group: string, error: unknown) {
    const isSfus = error instanceof PyriteError && error.code === 'calls.no-answer'
    if (isSfus) return this.endBy(ENDINGS.unreachable)
    this.needs.log.error({ err: error, group }, 'a join could not be prepared')
    this.refuseJoin(group, 'internal', 'Something went wrong on our side.')
  }

  private refuseJoin(group: string, error: string, sentence: string) {
    if (this.phase === 'closed') return
    this.shared.counts.joined('refused')
    this.browser.say(writeJoinFailed(group, this.caller.username, error, sentence))
    this.finish(CLOSE.normal, error, 'refused')
  }

  // --- from Galene -------------------------------------------------------------------------------

  /** A message and the frame that carries it, which leaves as it came. */
  private fromGalene(message: Buffer, frame: Buffer) {
    if (this.phase === 'closed') return
    const { counts } = this.shared
    const since = counts.started()
    const type = typeOf(message)
    counts.down(type, message.length)
    const news = newsIn(type, message)
    if (news?.type !== 'service' || !this.isOwn(news, this.group)) {
      if (!this.browser.pass(frame, message.length)) return this.endBy(ENDINGS.readsTooSlowly)
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

  /** Says something to the person in Galene's words. */
  notice(kind: string, sentence: string) {
    this.browser.notice(kind, this.speaker.clientId, sentence)
  }

  // --- losing and ending -------------------------------------------------------------------------

  /** Called every two seconds. */
  sweep() {
    this.galene.sweep()
  }

  /** The SFU has not answered somebody else for a while. */
  suspect() {
    this.galene.suspect()
  }

  private clientClosed(code: number, reason: string) {
    this.finish(sendable(code), reason, code === 1006 ? 'lost' : 'left')
  }

  private clientFailed(error: Error & { code?: string }) {
    const isTooBig = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'
    this.endBy(isTooBig ? ENDINGS.frameTooBig : ENDINGS.malformedFrame)
  }

  private galeneClosed(code: number, reason: string, wasOpen: boolean) {
    if (this.phase === 'closed') return
    if (!wasOpen) return this.endBy(ENDINGS.unreachable)
    if (code !== 1006) return this.finish(sendable(code), reason, 'closed-by-sfu')
    this.shared.counts.failed('lost')
    const end = (isAlive: boolean) => this.endBy(isAlive ? ENDINGS.hungUp : ENDINGS.gone)
    this.needs.stillListens().then(end, () => end(false))
  }

  private makeOperator() {
    const written = this.rewrite('useraction', { kind: 'op', dest: this.speaker.clientId })
    if (typeof written === 'string') this.send('useraction', written)
  }

  /** Ends by what happened, and says so. */
  private endBy({ code, reason, why, says, refused, failed, joined }: Ending) {
    if (this.phase === 'closed') return
    const { counts, needs } = this.shared
    if (joined) counts.joined(joined)
    if (refused) counts.refused(refused)
    if (failed) counts.failed(failed)
    if (says) this.notice('error', says)
    this.finish(code, reason, why)
    if (failed) needs.sfuFailed()
  }

  /** Ends both legs at once, and tells whoever keeps the books. May be called twice. */
  finish(code: number, reason: string, why: string) {
    if (this.phase === 'closed') return
    this.phase = 'closed'
    clearTimeout(this.timer)
    this.held.clear()
    this.browser.close(code, reason)
    this.galene.close(code, reason)
    this.shared.ended(this, why)
  }

  participant(joinedAt: Date): Participant {
    return { connectionId: this.id, caller: this.caller, group: this.group, joinedAt }
  }

  record(joinedAt: Date, reason: string): CallRecord {
    const { browser, galene, peerAddress } = this
    return {
      connectionId: this.id,
      userId: this.caller.userId,
      group: this.group,
      joinedAt,
      leftAt: this.needs.now(),
      reason,
      peerAddress,
      bytesUp: galene.bytes,
      bytesDown: browser.bytes,
      messagesUp: galene.messages,
      messagesDown: browser.messages,
    }
  }
}
