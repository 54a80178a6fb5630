import { type Clock, every } from '../clock.ts'
import type { Transfer } from '../transport.ts'
import { isRecord } from './messages.ts'

/** Galene's file transfer protocol. Source: galene.org's static/protocol.js of 1.1 (read, not copied): the receiver makes the connection, the channel and the offer. */
export const FILE_PROTOCOL = '1'
/** Largest piece on the data channel, in bytes. */
export const CHUNK_BYTES = 16_384
/** The two must find each other within this. Milliseconds. */
export const CONNECT_WITHIN_MS = 30_000
/** When a transfer is looked at for movement, and how many looks in a row may find none. Looks, not time, so that a machine that slept gets its chance. */
const LOOK_EVERY_MS = 5_000
export const LOOKS_WITHOUT_MOVEMENT = 6
/** A "cancel" over the server may come this much later than the closing of the channel. Milliseconds. */
const LAST_WORD_WITHIN_MS = 2_000

/** The `value` of a `usermessage` of kind `filetransfer`. */
export type FileMessage = {
  type: string
  id: string
  version?: string[]
  name?: string
  size?: number
  mimetype?: string
  sdp?: string | undefined
  candidate?: RTCIceCandidateInit | null
  message?: string
}

/** Where a received file goes, piece by piece, in order. */
export type FileSink = {
  write(piece: ArrayBuffer): Promise<void>
  /** Everything is there. Answers the file when it was kept in memory. */
  close(): Promise<Blob | undefined>
  /** Throws away what came. */
  abort(): Promise<void>
}

export type FileNeeds = {
  clock: Clock
  newPeer: () => RTCPeerConnection
  send: (message: FileMessage) => void
  changed: () => void
}

/** Bytes that have moved so far, and how many looks that find no more the transfer survives now. */
export type Movement = { bytes: number; patience: number }

const ENDED: readonly Transfer['state'][] = ['done', 'refused', 'cancelled', 'failed']

/** Reads the value of a `filetransfer` message; undefined when it is none. */
export const parseFileMessage = (value: unknown): FileMessage | undefined =>
  isRecord(value) && typeof value.type === 'string' && typeof value.id === 'string'
    ? (value as FileMessage)
    : undefined

/** What the two directions share: the peer connection, the candidates, and how it ends. */
export abstract class FileTransfer {
  readonly view: Transfer
  protected readonly needs: FileNeeds
  protected readonly fileId: string
  protected peer: RTCPeerConnection | undefined
  readonly #candidatesIn: (RTCIceCandidateInit | null)[] = []
  #stopTimer: () => void = () => undefined
  #stopLooking: () => void = () => undefined

  constructor(fileId: string, view: Transfer, needs: FileNeeds) {
    this.fileId = fileId
    this.view = { ...view, cancel: () => this.cancel() }
    this.needs = needs
  }

  get isOver(): boolean {
    return ENDED.includes(this.view.state)
  }

  /** A message of the other side about this file. */
  receive(message: FileMessage): void {
    if (this.isOver) return
    if (message.type === 'cancel') this.cancelledByOther()
    else if (message.type === 'ice') this.#candidate(message.candidate ?? null)
    else this.handle(message)
  }

  /** I do not want it any more. */
  cancel(): void {
    if (this.isOver) return
    this.needs.send({ type: 'cancel', id: this.fileId })
    this.end('cancelled', 'You cancelled it.')
  }

  /** It cannot go on; tells the other side. */
  fail(because: string): void {
    if (this.isOver) return
    this.needs.send({ type: 'cancel', id: this.fileId, message: because })
    this.end('failed', because)
  }

  /** The other is gone, or we cannot reach each other by messages: what moves already goes on by itself. */
  partnerLost(because: string): void {
    if (this.view.state !== 'moving') this.end('failed', because)
  }

  /** Closes everything without a word, for leaving. */
  dispose(): void {
    this.end('cancelled', 'You left the call.')
  }

  protected abstract handle(message: FileMessage): void
  protected abstract cancelledByOther(): void
  /** Called once, whichever way it ended. */
  protected abstract released(): void

  protected connect(): RTCPeerConnection {
    const peer = this.needs.newPeer()
    this.peer = peer
    peer.onicecandidate = ({ candidate }) =>
      // Here, unlike with streams, the end of candidates is said.
      this.needs.send({ type: 'ice', id: this.fileId, candidate: candidate?.toJSON() ?? null })
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === 'failed') this.fail('The connection between you two broke.')
    }
    this.#stopTimer = this.needs.clock.after(CONNECT_WITHIN_MS, () => {
      if (this.view.state === 'connecting') this.fail('The two of you could not be connected.')
    })
    return peer
  }

  /** To be called once the remote description is set. */
  protected async useCandidates(): Promise<void> {
    for (const candidate of this.#candidatesIn.splice(0)) await this.#use(candidate)
  }

  protected become(state: Transfer['state']): void {
    this.view.state = state
    this.needs.changed()
  }

  /** The channel is open: from now on bytes move, or it fails, for both. */
  protected startMoving(look: () => Movement): void {
    this.become('moving')
    let last = look().bytes
    let looks = 0
    this.#stopLooking = every(this.needs.clock, LOOK_EVERY_MS, () => {
      const { bytes, patience } = look()
      looks = bytes === last ? looks + 1 : 0
      last = bytes
      if (looks >= patience) this.fail('Nothing moved any more.')
    })
  }

  protected progressed(bytes: number): void {
    this.view.transferred = bytes
    this.needs.changed()
  }

  /** The channel closed without a word: the word may still be on its longer way, so it gets a moment. */
  protected hungUp(): void {
    if (this.isOver) return
    this.#stopTimer()
    this.#stopTimer = this.needs.clock.after(LAST_WORD_WITHIN_MS, () =>
      this.fail('The connection between you two broke.'),
    )
  }

  protected end(state: Transfer['state'], because: string): void {
    if (this.isOver) return
    Object.assign(this.view, { state, because })
    this.view.accept = undefined
    this.view.refuse = undefined
    this.view.cancel = undefined
    this.#stopTimer()
    this.#stopLooking()
    this.released()
    if (this.peer) {
      this.peer.onicecandidate = null
      this.peer.onconnectionstatechange = null
      this.peer.close()
    }
    this.needs.changed()
  }

  #candidate(candidate: RTCIceCandidateInit | null): void {
    if (this.peer?.remoteDescription) void this.#use(candidate)
    else if (this.#candidatesIn.length < 64) this.#candidatesIn.push(candidate)
  }

  async #use(candidate: RTCIceCandidateInit | null): Promise<void> {
    if (!candidate) return
    // One bad candidate of many is no reason to end a transfer.
    await this.peer?.addIceCandidate(candidate).catch(() => undefined)
  }
}
