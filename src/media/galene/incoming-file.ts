import {
  FILE_PROTOCOL,
  type FileMessage,
  type FileNeeds,
  type FileSink,
  FileTransfer,
  LOOKS_WITHOUT_MOVEMENT,
  type Movement,
} from './file-transfer.ts'

/** Makes the place for a file. Rejects with an AbortError when the person changed their mind. */
export type OpenSink = (file: { name: string; size: number }) => Promise<FileSink>

const MAX_NAME_LENGTH = 200

/** A name without folders, control characters or marks that turn text around. Never empty. */
export const safeName = (name: unknown): string => {
  const text = typeof name === 'string' ? name : ''
  const cleaned = text
    .replace(/^.*[/\\]/, '')
    .replace(/[\p{Cc}\p{Cf}<>:"|?*]/gu, '')
    .replace(/^\.+/, '')
    .trim()
  return cleaned.slice(-MAX_NAME_LENGTH) || 'file'
}

/** A file I am offered: once accepted, makes the connection, the channel and the offer, and writes what comes. */
export class IncomingFile extends FileTransfer {
  readonly #openSink: OpenSink
  #sink: FileSink | undefined
  #channel: RTCDataChannel | undefined
  #writing: Promise<void> = Promise.resolve()
  #received = 0

  constructor(participantId: string, invite: FileMessage, openSink: OpenSink, needs: FileNeeds) {
    super(
      invite.id,
      {
        id: `${participantId}-${invite.id}`,
        participantId,
        direction: 'receiving',
        name: safeName(invite.name),
        size: invite.size ?? 0,
        mimeType: typeof invite.mimetype === 'string' ? invite.mimetype : '',
        transferred: 0,
        state: 'offered',
        because: '',
      },
      needs,
    )
    this.#openSink = openSink
    this.view.accept = () => this.accept()
    this.view.refuse = () => this.refuse()
    this.view.cancel = undefined
  }

  /** I want it. Must be called in a click where the browser asks where to save. */
  accept(): void {
    if (this.view.state !== 'offered' || !this.view.accept) return
    const { accept } = this.view
    this.view.accept = undefined
    this.#openSink(this.view)
      .then((sink) => this.#start(sink))
      .catch((error: unknown) => {
        const changedMind = error instanceof DOMException && error.name === 'AbortError'
        if (!changedMind) return this.fail('The connection could not be made.')
        this.view.accept = accept
        this.needs.changed()
      })
  }

  refuse(): void {
    if (this.view.state !== 'offered') return
    this.needs.send({ type: 'cancel', id: this.fileId })
    this.end('refused', 'You did not take it.')
  }

  protected override handle(message: FileMessage): void {
    if (message.type !== 'answer' || this.view.state !== 'connecting') return
    this.peer
      ?.setRemoteDescription({ type: 'answer', sdp: message.sdp ?? '' })
      .then(() => this.useCandidates())
      .catch(() => this.fail('The connection could not be made.'))
  }

  protected override cancelledByOther(): void {
    this.end('cancelled', 'They cancelled it.')
  }

  protected override released(): void {
    this.#channel?.close()
    if (this.view.state !== 'done') void this.#discard()
  }

  async #start(sink: FileSink): Promise<void> {
    this.#sink = sink
    if (this.isOver) return this.#discard()
    this.view.refuse = undefined
    this.view.cancel = () => this.cancel()
    this.become('connecting')
    const peer = this.connect()
    this.#listen(peer.createDataChannel('file'))
    await peer.setLocalDescription(await peer.createOffer())
    const sdp = peer.localDescription?.sdp
    this.needs.send({ type: 'offer', version: [FILE_PROTOCOL], id: this.fileId, sdp })
  }

  #listen(channel: RTCDataChannel): void {
    this.#channel = channel
    channel.binaryType = 'arraybuffer'
    channel.onopen = () => {
      this.startMoving(() => this.#movement())
      if (this.view.size === 0) this.#queue(undefined)
    }
    channel.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) this.#queue(data)
    }
    channel.onclose = () => {
      if (this.#received < this.view.size) this.hungUp()
    }
  }

  /** Once everything is here it is up to the disk, however long that takes. */
  #movement(): Movement {
    const isHere = this.#received >= this.view.size
    const patience = isHere ? Number.POSITIVE_INFINITY : LOOKS_WITHOUT_MOVEMENT
    return { bytes: this.#received, patience }
  }

  /** Pieces are written one after the other, whatever the time a write takes. */
  #queue(piece: ArrayBuffer | undefined): void {
    this.#received += piece?.byteLength ?? 0
    if (this.#received > this.view.size) {
      this.fail('More came than was announced.')
      return
    }
    const isLast = this.#received === this.view.size
    this.#writing = this.#writing
      .then(() => this.#take(piece, isLast))
      .catch(() => this.fail('The file could not be written.'))
  }

  async #take(piece: ArrayBuffer | undefined, isLast: boolean): Promise<void> {
    if (this.isOver || !this.#sink) return
    if (piece) {
      await this.#sink.write(piece)
      this.progressed(this.view.transferred + piece.byteLength)
    }
    if (isLast) await this.#finish(this.#sink)
  }

  async #finish(sink: FileSink): Promise<void> {
    const blob = await sink.close()
    if (blob) this.view.blob = blob
    if (this.#channel?.readyState === 'open') this.#channel.send('done')
    // The sender hangs up when it has read that; closing here at once could lose the word.
    const channel = this.#channel
    this.#channel = undefined
    this.#hangUpLater(channel)
  }

  #hangUpLater(channel: RTCDataChannel | undefined): void {
    const { peer } = this
    this.peer = undefined
    if (channel) channel.onclose = () => peer?.close()
    if (peer) peer.onconnectionstatechange = null
    this.needs.clock.after(2_000, () => peer?.close())
    this.end('done', '')
  }

  async #discard(): Promise<void> {
    // A half file that cannot be removed is the browser's to clean up.
    await this.#sink?.abort().catch(() => undefined)
  }
}
