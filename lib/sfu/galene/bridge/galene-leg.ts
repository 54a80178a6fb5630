import type { ClientRequestArgs } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import type { Log } from '../../../platform/log.ts'
import { maskedTextFrame, textFrame } from '../../../platform/ws/text-frame.ts'
import { openServerLane } from '../../../platform/ws/whole-frames.ts'
import { closeFrame } from '../wire/close-frame.ts'
import { MAX_SERVER_FRAME_BYTES, WS_PATH } from '../wire/facts.ts'
import type { Counts } from './counts.ts'
import { Silence } from './silence.ts'

/** How long a peer may take to answer a close before its socket is destroyed. */
export const CLOSE_MS = 2_000

const OPTIONS = {
  perMessageDeflate: false,
  maxPayload: MAX_SERVER_FRAME_BYTES,
  skipUTF8Validation: true,
  closeTimeout: CLOSE_MS,
}

export type GaleneLegNeeds = {
  url: string
  socketOptions: Pick<ClientRequestArgs, 'createConnection'>
  maxBufferedBytes: number
  counts: Pick<Counts, 'up'>
  log: Log
  opened: () => void
  /** A message and the frame that carries it, which may leave as it came. */
  heard: (message: Buffer, frame: Buffer) => void
  /** It reads too slowly, or says nothing for too long. */
  slow: () => void
  closed: (code: number, reason: string, wasOpen: boolean) => void
}

/** The leg to Galene of one connection. */
export class GaleneLeg {
  isOpen = false
  /** What was sent so far. */
  bytes = 0
  messages = 0
  private readonly needs: GaleneLegNeeds
  private readonly upstream: WebSocket
  private socket: Duplex | undefined
  private readonly silence = new Silence()

  constructor(needs: GaleneLegNeeds) {
    this.needs = needs
    const { url, socketOptions, log } = needs
    const upstream = new WebSocket(`${url}${WS_PATH}`, { ...OPTIONS, ...socketOptions })
    this.upstream = upstream
    upstream.on('upgrade', ({ socket }) => {
      this.socket = socket
    })
    upstream.on('open', () => this.opened())
    upstream.on('message', (data: Buffer) => this.heard(data, textFrame(data)))
    upstream.on('pong', () => this.silence.broken())
    upstream.on('close', (code, reason) => this.closed(code, reason.toString()))
    // The close that follows says what is to be done.
    upstream.on('error', (error) => log.debug({ err: error }, 'an SFU leg failed'))
  }

  private opened() {
    if (this.upstream.readyState !== WebSocket.OPEN || !this.socket) return
    const heard = (message: Buffer, frame: Buffer) => this.heard(message, frame)
    const { stop } = openServerLane(this.socket, MAX_SERVER_FRAME_BYTES, heard)
    this.upstream.on('error', stop)
    this.upstream.on('close', stop)
    this.isOpen = true
    this.needs.opened()
  }

  private closed(code: number, reason: string) {
    const wasOpen = this.isOpen
    this.isOpen = false
    this.needs.closed(code, reason, wasOpen)
  }

  private heard(message: Buffer, frame: Buffer) {
    this.silence.broken()
    this.needs.heard(message, frame)
  }

  get isConnecting(): boolean {
    return this.upstream.readyState === WebSocket.CONNECTING
  }

  /** Sends a message of this type. Nothing where the leg is not open: its end is told by `closed`. */
  send(type: string, message: string) {
    const { socket, needs } = this
    if (socket === undefined || this.upstream.readyState !== WebSocket.OPEN) return
    if (socket.writableLength > needs.maxBufferedBytes) return needs.slow()
    const { data, bytes } = maskedTextFrame(message)
    socket.write(data)
    this.silence.owed()
    this.messages += 1
    this.bytes += bytes
    needs.counts.up(type, bytes)
  }

  /** Called every two seconds: asks a Galene that owes an answer for a sign of life, and gives up on it when it stays silent. */
  sweep() {
    if (!this.isOpen) return
    const verdict = this.silence.sweep()
    if (verdict === 'ask') this.upstream.ping()
    if (verdict === 'slow') this.needs.slow()
  }

  /** The SFU has not answered somebody else for a while: it is asked by those who say nothing, too. */
  suspect() {
    if (!this.isOpen) return
    this.silence.suspected()
    this.upstream.ping()
  }

  close(code: number, reason: string) {
    this.isOpen = false
    if (this.upstream.readyState === WebSocket.CONNECTING) this.upstream.terminate()
    else this.upstream.close(...closeFrame(code, reason))
  }
}
