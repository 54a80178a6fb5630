import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { CLOSE } from '../../protocol/close-codes.ts'
import type { Request } from '../../protocol/envelope.ts'
import type { Caller } from './dispatcher.ts'

/** One live workspace connection. */
export type Connection = {
  readonly caller: Caller
  readonly topics: Set<string>
  /** Writes a finished frame; a reader too far behind is closed with 1013. */
  write(frame: Buffer): void
  close(code: number, reason: string): void
  /** Ends the connection without another word. */
  end(): void
  /** Called at every heartbeat; ends a peer that missed two. */
  beat(): void
}

type Needs = {
  caller: Caller
  ws: WebSocket
  socket: Duplex
  maxBufferedBytes: number
  /** Gathers what is written in one turn of the loop into one system call. */
  flushLater: (flush: () => void) => void
}

/** Wraps a socket whose upgrade is done. Frames go to the raw socket, between those that ws sends itself. */
export const createConnection = ({ caller, ws, socket, maxBufferedBytes, flushLater }: Needs) => {
  let missed = 0
  let corked = false
  let isGreeted = false
  const alive = () => {
    missed = 0
  }
  ws.on('pong', alive)
  ws.on('message', alive)
  const uncork = () => {
    corked = false
    socket.uncork()
  }
  const close = (code: number, reason: string) => {
    ws.close(code, reason)
    // A peer that never answers the close, or reads nothing, is cut off.
    setTimeout(() => ws.terminate(), 2_000).unref()
  }
  const connection: Connection = {
    caller,
    topics: new Set(),
    write(frame) {
      if (!isGreeted || ws.readyState !== ws.OPEN) return
      // What this turn gathered does not count against the reader before it had a chance to leave.
      if (corked && socket.writableLength > maxBufferedBytes) uncork()
      if (socket.writableLength > maxBufferedBytes) {
        close(CLOSE.tryLater, 'you read too slowly')
        return
      }
      if (!corked) {
        corked = true
        socket.cork()
        flushLater(uncork)
      }
      socket.write(frame)
    },
    close,
    end: () => ws.terminate(),
    beat() {
      missed += 1
      if (missed > 2) ws.terminate()
      else if (ws.readyState === ws.OPEN) ws.ping()
    },
  }
  return {
    ...connection,
    /** Writes the first frame. News from before it are not sent: whoever is greeted asks for the state [WS-5] [WS-19]. */
    greet(frame: Buffer) {
      isGreeted = true
      connection.write(frame)
    },
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
