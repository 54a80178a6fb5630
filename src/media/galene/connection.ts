import { type Clock, every } from '../clock.ts'
import { type Message, PROTOCOL_VERSION, parseMessage } from './messages.ts'

/** Silence after which the other end is asked whether it lives, and after which it is given up. Milliseconds; Galene itself allows 45 s. */
const ASK_AFTER_MS = 10_000
const GIVE_UP_AFTER_MS = 25_000
/** The handshake's answer must be here by then. */
const OPEN_WITHIN_MS = 8_000

export type ConnectionNeeds = {
  clock: Clock
  openSocket: () => WebSocket
  /** This connection's client id: new for every connection, since an old one may linger on the server. */
  id: string
  /** The server greeted us: now is the time to join. */
  opened: () => void
  message: (message: Message) => void
  /** Said once; nothing follows it. `code` is the socket's, 1006 when there was none. */
  closed: (code: number, reason: string) => void
}

/** One socket that speaks the protocol: greets, keeps itself alive, and hands on what matters. Never reconnects. */
export class Connection {
  readonly id: string
  readonly #needs: ConnectionNeeds
  readonly #socket: WebSocket
  readonly #stopWatch: () => void
  #username: string | undefined
  #greeted = false
  #over = false
  #heardAt: number

  constructor(needs: ConnectionNeeds) {
    this.#needs = needs
    this.id = needs.id
    this.#heardAt = needs.clock.now()
    this.#socket = needs.openSocket()
    this.#socket.onopen = () =>
      this.#write({ type: 'handshake', version: [PROTOCOL_VERSION], id: this.id })
    this.#socket.onmessage = (event) => this.#received(event.data)
    this.#socket.onclose = (event) => this.#end(event.code, event.reason)
    this.#stopWatch = every(needs.clock, 2_500, () => this.#watch())
  }

  /** From now on messages carry this name. Galene closes the socket on any other. */
  setUsername(username: string | undefined): void {
    this.#username = username
  }

  /** Sends as myself. Silently nothing when the socket is not open: its end is told by `closed`. */
  send(message: Message): void {
    this.#write({ ...message, source: this.id, username: this.#username || undefined })
  }

  /** Sends a join, in which the name is a wish and not a claim. */
  join(message: { group: string; username?: string | undefined; data: Record<string, unknown> }) {
    this.#write({ type: 'join', kind: 'join', ...message })
  }

  /** Ends it without `closed` being told. May be called twice. */
  close(): void {
    if (this.#over) return
    this.#over = true
    this.#stopWatch()
    this.#socket.close(1000)
  }

  #write(message: Message): void {
    if (this.#socket.readyState === 1) this.#socket.send(JSON.stringify(message))
  }

  #received(frame: unknown): void {
    if (this.#over) return
    this.#heardAt = this.#needs.clock.now()
    const message = parseMessage(frame)
    if (!message) return
    if (message.type === 'ping') this.#write({ type: 'pong' })
    else if (message.type === 'handshake') this.#greet(message)
    else if (message.type !== 'pong') this.#needs.message(message)
  }

  #greet(message: Message): void {
    if (this.#greeted) return
    this.#greeted = true
    if (message.version?.includes(PROTOCOL_VERSION)) this.#needs.opened()
    else this.#giveUp('unknown protocol')
  }

  #watch(): void {
    const silent = this.#needs.clock.now() - this.#heardAt
    if (!this.#greeted && silent > OPEN_WITHIN_MS) this.#giveUp('no answer')
    else if (silent > GIVE_UP_AFTER_MS) this.#giveUp('silence')
    else if (silent > ASK_AFTER_MS) this.#write({ type: 'ping' })
  }

  #giveUp(reason: string): void {
    this.#socket.close(1000)
    this.#end(1006, reason)
  }

  #end(code: number, reason: string): void {
    if (this.#over) return
    this.#over = true
    this.#stopWatch()
    this.#needs.closed(code, reason)
  }
}
