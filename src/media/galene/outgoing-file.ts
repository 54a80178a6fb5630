import {
  CHUNK_BYTES,
  FILE_PROTOCOL,
  type FileMessage,
  type FileNeeds,
  FileTransfer,
  LOOKS_WITHOUT_MOVEMENT,
  type Movement,
} from './file-transfer.ts'

/** Bytes that may wait in the channel, and when to go on. */
const HIGH_WATER = 1_048_576
const LOW_WATER = 262_144
/** Read from the file at once, in bytes. */
const SLICE_BYTES = 16 * CHUNK_BYTES

/** Looks, 5 s apart, that the receiver gets after the last byte: it may write for long before it says that it is done. */
const LOOKS_FOR_DONE = 24

/** A file I send: invites, answers the receiver's offer, then pushes pieces as fast as the channel takes them. */
export class OutgoingFile extends FileTransfer {
  readonly #file: File
  #channel: RTCDataChannel | undefined

  constructor(fileId: string, participantId: string, file: File, needs: FileNeeds) {
    super(
      fileId,
      {
        id: `${participantId}-${fileId}`,
        participantId,
        direction: 'sending',
        name: file.name,
        size: file.size,
        mimeType: file.type,
        transferred: 0,
        state: 'offered',
        because: '',
      },
      needs,
    )
    this.#file = file
  }

  /** Tells the other that there is a file. */
  invite(): void {
    const { name, size, type: mimetype } = this.#file
    this.needs.send({
      type: 'invite',
      version: [FILE_PROTOCOL],
      id: this.fileId,
      name,
      size,
      mimetype,
    })
  }

  protected override handle(message: FileMessage): void {
    if (message.type === 'offer' && this.view.state === 'offered')
      this.#answer(message.sdp ?? '').catch(() => this.fail('The connection could not be made.'))
  }

  protected override cancelledByOther(): void {
    if (this.view.state === 'offered') this.end('refused', 'They did not take it.')
    else this.end('cancelled', 'They cancelled it.')
  }

  protected override released(): void {
    this.#channel?.close()
  }

  async #answer(sdp: string): Promise<void> {
    this.become('connecting')
    const peer = this.connect()
    peer.ondatachannel = ({ channel }) => this.#opened(channel)
    await peer.setRemoteDescription({ type: 'offer', sdp })
    await peer.setLocalDescription(await peer.createAnswer())
    this.needs.send({ type: 'answer', id: this.fileId, sdp: peer.localDescription?.sdp })
    await this.useCandidates()
  }

  #opened(channel: RTCDataChannel): void {
    if (this.#channel || this.isOver) return
    this.#channel = channel
    channel.bufferedAmountLowThreshold = LOW_WATER
    channel.onmessage = ({ data }) => {
      if (data === 'done') this.#confirmed()
    }
    channel.onclose = () => this.hungUp()
    const start = () => {
      this.startMoving(() => this.#movement(channel))
      this.#push(channel).catch(() => this.fail('The file could not be read.'))
    }
    if (channel.readyState === 'open') start()
    else channel.onopen = start
  }

  #movement(channel: RTCDataChannel): Movement {
    const bytes = this.view.transferred - channel.bufferedAmount
    const isAllGone = bytes >= this.#file.size
    return { bytes, patience: isAllGone ? LOOKS_FOR_DONE : LOOKS_WITHOUT_MOVEMENT }
  }

  async #push(channel: RTCDataChannel): Promise<void> {
    // Galene's own client looks whether all is there only when a message comes, so an empty file is one empty message.
    if (this.#file.size === 0) channel.send(new ArrayBuffer(0))
    for (let at = 0; at < this.#file.size; at += SLICE_BYTES) {
      const slice = await this.#file.slice(at, at + SLICE_BYTES).arrayBuffer()
      for (let from = 0; from < slice.byteLength; from += CHUNK_BYTES) {
        // A channel that is no longer open tells so by its own `close`.
        if (this.isOver || channel.readyState !== 'open') return
        channel.send(slice.slice(from, from + CHUNK_BYTES))
      }
      this.progressed(at + slice.byteLength)
      if (channel.bufferedAmount > HIGH_WATER) await lowered(channel)
    }
  }

  #confirmed(): void {
    if (this.view.transferred < this.#file.size) this.fail('The other side stopped early.')
    else this.end('done', '')
  }
}

const lowered = (channel: RTCDataChannel): Promise<void> =>
  new Promise((done) => {
    channel.addEventListener('bufferedamountlow', () => done(), { once: true })
    channel.addEventListener('close', () => done(), { once: true })
  })
