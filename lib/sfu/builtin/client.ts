import type { WebSocket } from 'ws'
import { PyriteError } from '../../platform/errors.ts'
import { CLOSE } from '../../protocol/close-codes.ts'
import type { Context } from './context.ts'
import type { Group } from './group.ts'
import { handlerOf } from './handlers.ts'
import { type Message, readMessage, writeMessage } from './messages.ts'
import { MAX_BUFFERED_BYTES, MAX_WAITING_MESSAGES } from './options.ts'
import { Refusal, Violation } from './refusals.ts'
import { Streams } from './streams.ts'

/** How long a client may take to answer our close before its socket is cut. */
const CLOSING_MS = 1_000

/** One WebSocket: a participant, once it has joined. */
export class Client {
  id = ''
  username = ''
  permissions: string[] = []
  data: Record<string, unknown> = {}
  group: Group | undefined
  readonly streams: Streams
  readonly address: string
  readonly #socket: WebSocket
  readonly #context: Context
  readonly #waiting: Message[] = []
  readonly #handshakeTimer: NodeJS.Timeout
  #closingTimer: NodeJS.Timeout | undefined
  #hasShakenHands = false
  #isBusy = false
  #isGone = false
  #heardAt = performance.now()
  #askedAt = 0
  #allowance: number
  #allowanceAt = performance.now()

  constructor(socket: WebSocket, address: string, context: Context, ended: () => void) {
    this.#socket = socket
    this.#context = context
    this.address = address
    this.streams = new Streams(this, context)
    this.#allowance = context.options.messagesBurst
    this.#handshakeTimer = setTimeout(() => this.#cut(), context.patience.handshakeMs)
    socket.on('error', (error) => context.log.debug({ err: error }, 'a call connection failed'))
    socket.on('message', (frame) => this.#frame(String(frame)))
    socket.on('close', () => {
      clearTimeout(this.#handshakeTimer)
      clearTimeout(this.#closingTimer)
      this.#gone()
      ended()
    })
  }

  get isConnected(): boolean {
    return !this.#isGone
  }

  /** The other members of its group. */
  others(): Client[] {
    return [...(this.group?.members.values() ?? [])].filter((each) => each !== this)
  }

  /** Sends a message, or its `text` when that was made before; answers the text. A client that does not read is cut off. */
  send(message: Record<string, unknown>, text = writeMessage(message)): string {
    if (this.#socket.readyState !== this.#socket.OPEN) return text
    this.#socket.send(text)
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) this.#cut()
    return text
  }

  error(value: string, kind = 'error', word?: string): void {
    this.send({ type: 'usermessage', kind, dest: this.id, privileged: true, value, error: word })
  }

  userMessage(kind: 'add' | 'change' | 'delete'): Record<string, unknown> {
    const { id, username, permissions } = this
    const data = Object.keys(this.data).length ? this.data : undefined
    return kind === 'delete'
      ? { type: 'user', kind, id, username }
      : { type: 'user', kind, id, username, permissions, data }
  }

  sendJoined(kind: 'join' | 'change'): void {
    if (!this.group) return
    const { locked, ...status } = this.group.status
    this.send({
      type: 'joined',
      kind,
      group: this.group.name,
      username: this.username,
      permissions: this.permissions,
      status: JSON.parse(writeMessage({ ...status, locked })),
      data: Object.keys(this.group.data).length ? this.group.data : undefined,
      rtcConfiguration: this.#context.rtcConfiguration(),
    })
  }

  /** Everybody hears that this member's permissions or data changed. */
  changed(): void {
    this.group?.tell(this.userMessage('change'))
  }

  kick(by: { id: string; username: string }, reason: string): void {
    const { id, username } = by
    const message = { type: 'usermessage', kind: 'kicked', id, username, privileged: true }
    // A client that hears no words takes this for an ordinary end.
    this.send({ ...message, dest: this.id, value: reason || 'no reason was given' })
    this.close(CLOSE.normal, `kicked out (${reason.slice(0, 60)}) by ${username.slice(0, 30)}`)
  }

  leave(): void {
    const { group } = this
    if (!group) return
    this.streams.closeAll()
    this.group = undefined
    this.#context.groups.leave(group, this)
  }

  /** Says goodbye. The member has left at once, whether it answers or not. */
  close(code: number, reason = ''): void {
    if (this.#isGone) return
    this.#gone()
    this.#socket.resume()
    this.#socket.close(code, fitted(reason))
    this.#closingTimer = setTimeout(() => this.#cut(), CLOSING_MS)
  }

  /** Once a second: streams report, and silence is noticed. */
  tick(): void {
    if (this.#isGone) return
    this.streams.tick()
    const now = performance.now()
    const { pingMs, deadMs, frozenMs } = this.#context.patience
    const silence = now - this.#heardAt
    const mediaHeardAt = this.streams.heardAt
    const frozen = mediaHeardAt === undefined ? 0 : Math.min(silence, now - mediaHeardAt)
    if (silence > deadMs || frozen > frozenMs) {
      this.close(CLOSE.internal)
      return
    }
    if (silence > pingMs || frozen > frozenMs / 2)
      this.#ask(now, frozen ? frozenMs / 4 : pingMs / 2)
  }

  #ask(now: number, everyMs: number): void {
    if (now - this.#askedAt < everyMs) return
    this.#askedAt = now
    this.send({ type: 'ping' })
  }

  #gone(): void {
    this.#isGone = true
    this.#waiting.length = 0
    this.leave()
  }

  #cut(): void {
    this.#gone()
    this.#socket.terminate()
  }

  #frame(frame: string): void {
    if (this.#isGone) return
    this.#heardAt = performance.now()
    if (!this.#mayGoOn()) {
      this.error('too many messages')
      this.close(CLOSE.policy, 'too many messages')
      return
    }
    try {
      this.#waiting.push(readMessage(frame))
    } catch {
      if (this.#hasShakenHands) this.close(CLOSE.internal)
      else this.#cut()
      return
    }
    if (this.#waiting.length >= MAX_WAITING_MESSAGES) this.#socket.pause()
    if (!this.#isBusy) void this.#work()
  }

  /** A bucket that fills at the allowed rate. */
  #mayGoOn(): boolean {
    const { messagesPerSecond, messagesBurst } = this.#context.options
    const now = performance.now()
    const earned = ((now - this.#allowanceAt) / 1_000) * messagesPerSecond
    this.#allowance = Math.min(messagesBurst, this.#allowance + earned) - 1
    this.#allowanceAt = now
    return this.#allowance >= 0
  }

  /** Messages of one client are done one after the other. Never rejects. */
  async #work(): Promise<void> {
    this.#isBusy = true
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      try {
        await this.#handle(next)
      } catch (error) {
        this.#failed(error, next.type)
      }
    }
    this.#isBusy = false
    if (this.#socket.isPaused) this.#socket.resume()
  }

  #handle(message: Message): void | Promise<void> {
    if (!this.#hasShakenHands) return this.#handshake(message)
    if (message.source && message.source !== this.id) throw new Violation(1002, 'spoofed client id')
    if (message.type !== 'join' && message.username && message.username !== this.username)
      throw new Violation(1002, 'spoofed username')
    const handler = handlerOf(message.type)
    if (!handler) throw new Violation(1002, 'unexpected message')
    return handler(this, message, this.#context)
  }

  #handshake({ type, id, version }: Message): void {
    if (type !== 'handshake') {
      this.close(CLOSE.protocolError, 'you must handshake first')
      return
    }
    clearTimeout(this.#handshakeTimer)
    this.#hasShakenHands = true
    this.id = id
    this.send({ type: 'handshake', version: ['2'] })
    if (!version?.includes('2')) this.error('unknown protocol version', 'warning')
  }

  #failed(error: unknown, type: string): void {
    if (error instanceof Refusal) {
      this.error(error.message, 'error', error.word)
      return
    }
    if (error instanceof Violation) {
      if (error.message) this.error(error.message)
      this.close(error.code, error.message)
      return
    }
    if (!(error instanceof PyriteError))
      this.#context.log.error({ err: error, message: type.slice(0, 32) }, 'a message failed')
    this.close(CLOSE.internal)
  }
}

/** A close frame holds at most 123 bytes of reason. */
const fitted = (reason: string): string => {
  let text = reason.slice(0, 123)
  while (Buffer.byteLength(text) > 123) text = text.slice(0, -1)
  return text
}
