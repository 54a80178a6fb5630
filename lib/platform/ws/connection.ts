import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import { CLOSE } from '../../protocol/close-codes.ts'
import type { Request } from '../../protocol/envelope.ts'
import type { Caller } from './dispatcher.ts'

/** One live workspace connection. */
export type Connection = {
  readonly caller: Caller
  /** Writes a finished frame; a reader too far behind is closed with 1013. */
  write(frame: Buffer): void
  close(code: number, reason: string): void
  /** Ends the connection without another word. */
  end(): void
  /** Called at every heartbeat; ends a peer that missed two. */
  beat(): void
}

/** What all connections of a server share. */
export type Shared = {
  maxBufferedBytes: number
  /** Calls `flush` when the work of this turn is done. */
  flushSoon: (connection: { flush(): void }) => void
}
/** What a connection does with a frame that comes in. */
export type Receive = (data: Buffer, isBinary: boolean) => void

/**
 * A socket whose upgrade is done. Frames go to the raw socket, between those that ws sends itself. A class, and one for each of
 * thousands: what it holds is all that an idle connection costs beside its socket.
 */
export class LiveConnection implements Connection {
  readonly caller: Caller
  readonly #ws: WebSocket
  readonly #socket: Duplex
  readonly #shared: Shared
  /** Frames written in this turn: they leave in one system call. */
  #gathered: Buffer[] | undefined
  #gatheredBytes = 0
  #missed = 0
  #isGreeted = false

  constructor(caller: Caller, ws: WebSocket, socket: Duplex, shared: Shared) {
    this.caller = caller
    this.#ws = ws
    this.#socket = socket
    this.#shared = shared
  }

  write(frame: Buffer): void {
    if (!this.#isGreeted || this.#ws.readyState !== WebSocket.OPEN) return
    const { maxBufferedBytes, flushSoon } = this.#shared
    // What this turn gathered does not count against the reader before it had a chance to leave.
    if (this.#gatheredBytes > maxBufferedBytes) this.flush()
    if (this.#socket.writableLength > maxBufferedBytes) {
      this.close(CLOSE.tryLater, 'you read too slowly')
      return
    }
    this.#gatheredBytes += frame.length
    if (this.#gathered) this.#gathered.push(frame)
    else {
      this.#gathered = [frame]
      flushSoon(this)
    }
  }

  /** Hands the frames of this turn to the socket. */
  flush(): void {
    const [first, ...more] = this.#gathered ?? []
    this.#gathered = undefined
    this.#gatheredBytes = 0
    // Nothing may follow a close frame that ws sent meanwhile.
    if (first === undefined || this.#ws.readyState !== WebSocket.OPEN) return
    this.#socket.write(more.length === 0 ? first : Buffer.concat([first, ...more]))
  }

  close(code: number, reason: string): void {
    this.flush()
    this.#ws.close(code, reason)
    // A peer that never answers the close, or reads nothing, is cut off.
    setTimeout(() => this.end(), 2_000).unref()
  }

  end(): void {
    this.#ws.terminate()
  }

  beat(): void {
    this.#missed += 1
    if (this.#missed > 2) this.end()
    else if (this.#ws.readyState === WebSocket.OPEN) this.#ws.ping()
  }

  /** The peer gave a sign of life. */
  isAlive(): void {
    this.#missed = 0
  }

  /** Writes the first frame. News from before it are not sent: whoever is greeted asks for the state [WS-5] [WS-19]. */
  greet(frame: Buffer): void {
    this.#isGreeted = true
    this.write(frame)
  }
}

/** Reads one frame as a request. Answers what is wrong with it as a sentence instead. */
export const readRequest = (text: string): Request | { id: number; wrong: string } => {
  let frame: unknown
  try {
    frame = JSON.parse(text)
  } catch {
    // Told to the sender below; there is nothing else to know about it.
    return { id: 0, wrong: 'the frame is not JSON' }
  }
  if (typeof frame !== 'object' || frame === null || Array.isArray(frame)) {
    return { id: 0, wrong: 'the frame is not an object' }
  }
  const { id, type, body } = frame as Partial<Request>
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 1) {
    return { id: 0, wrong: 'id must be a positive integer' }
  }
  if (typeof type !== 'string') return { id, wrong: 'type must be a text' }
  return { id, type, body }
}
