import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import type { Config } from '../../../platform/config/schema.ts'
import { textFrame } from '../../../platform/ws/text-frame.ts'
import { openClientLane } from '../../../platform/ws/whole-frames.ts'
import { closeFrame } from '../wire/close-frame.ts'
import { writeNotice } from './write.ts'

export type BrowserLegNeeds = {
  client: WebSocket
  /** The socket under `client`, for frames that need no more than a header. */
  socket: Duplex
  limits: Pick<Config['sfu'], 'max_frame_bytes' | 'max_buffered_bytes'>
  heard: (text: string, bytes: number) => void
  /** A frame began that is no whole message: a ping, a pong, or a piece. */
  other: () => void
  closed: (code: number, reason: string) => void
  failed: (error: Error & { code?: string }) => void
}

/** The leg to one browser. */
export class BrowserLeg {
  /** What was passed on so far. */
  bytes = 0
  messages = 0
  private readonly client: WebSocket
  private readonly socket: Duplex
  private readonly maxBufferedBytes: number

  constructor({ client, socket, limits, heard, other, closed, failed }: BrowserLegNeeds) {
    this.client = client
    this.socket = socket
    this.maxBufferedBytes = limits.max_buffered_bytes
    client.on('message', (data: Buffer) => heard(data.toString('utf8'), data.length))
    client.on('close', (code, reason) => closed(code, reason.toString()))
    client.on('error', failed)
    const { stop } = openClientLane(socket, limits.max_frame_bytes, heard, other)
    client.on('error', stop)
    client.on('close', stop)
  }

  /** Passes on a whole frame, with so many bytes of payload. False where the browser reads too slowly: it is not passed on then. */
  pass(frame: Buffer, bytes: number): boolean {
    if (this.client.readyState !== WebSocket.OPEN) return true
    // Before the write: a single large message is nobody's slowness.
    if (this.socket.writableLength > this.maxBufferedBytes) return false
    this.socket.write(frame)
    this.messages += 1
    this.bytes += bytes
    return true
  }

  /** Passes on a message of our own in Galene's words. */
  say(message: string): boolean {
    const payload = Buffer.from(message)
    return this.pass(textFrame(payload), payload.length)
  }

  /** Says something to the person, whom Galene calls `clientId`. It is not counted. */
  notice(kind: string, clientId: string, sentence: string) {
    if (this.client.readyState === WebSocket.OPEN) {
      this.client.send(writeNotice(kind, clientId, sentence))
    }
  }

  close(code: number, reason: string) {
    if (this.client.readyState === WebSocket.OPEN) this.client.close(...closeFrame(code, reason))
  }
}
