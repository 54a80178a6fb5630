import type { Clock } from '../clock.ts'
import type { Transfer } from '../transport.ts'
import {
  FILE_PROTOCOL,
  type FileMessage,
  type FileNeeds,
  type FileTransfer,
  parseFileMessage,
} from './file-transfer.ts'
import { IncomingFile, type OpenSink } from './incoming-file.ts'
import type { Message } from './messages.ts'
import { OutgoingFile } from './outgoing-file.ts'

/** Progress is told at most this often, in milliseconds. */
const TELL_EVERY_MS = 100
/** Offers of one participant that may wait for my answer. */
const MAX_WAITING = 10

export type FileTransfersNeeds = {
  clock: Clock
  newId: () => string
  newPeer: () => RTCPeerConnection
  send: (message: Message) => void
  changed: (transfers: Transfer[]) => void
  openSink: OpenSink
}

/** All files on their way in a call, the ended ones too. */
export class FileTransfers {
  readonly #needs: FileTransfersNeeds
  readonly #items = new Map<string, FileTransfer>()
  #cancelTelling: (() => void) | undefined

  constructor(needs: FileTransfersNeeds) {
    this.#needs = needs
  }

  /** Offers a file to one participant. */
  send(participantId: string, file: File): void {
    const item = new OutgoingFile(
      this.#needs.newId(),
      participantId,
      file,
      this.#needsFor(participantId),
    )
    this.#items.set(item.view.id, item)
    item.invite()
    this.#tell()
  }

  /** Takes a `usermessage` of kind `filetransfer`; only one whose sender the server named counts. */
  handle(message: Message): void {
    const value = parseFileMessage(message.value)
    if (!value || !message.source) return
    const item = this.#items.get(`${message.source}-${value.id}`)
    if (value.type === 'invite') this.#invited(message.source, value, item !== undefined)
    else item?.receive(value)
  }

  left(participantId: string): void {
    for (const item of this.#items.values())
      if (item.view.participantId === participantId) item.partnerLost('They left the call.')
  }

  lost(): void {
    for (const item of this.#items.values()) item.partnerLost('The connection was lost.')
  }

  close(): void {
    for (const item of this.#items.values()) item.dispose()
    this.#cancelTelling?.()
  }

  #invited(from: string, invite: FileMessage, isKnown: boolean): void {
    const needs = this.#needsFor(from)
    const waiting = [...this.#items.values()].filter(
      ({ view }) => view.participantId === from && view.state === 'offered',
    )
    const isFine =
      !isKnown &&
      waiting.length < MAX_WAITING &&
      Array.isArray(invite.version) &&
      invite.version.includes(FILE_PROTOCOL) &&
      Number.isSafeInteger(invite.size) &&
      (invite.size ?? -1) >= 0
    if (!isFine) {
      needs.send({ type: 'cancel', id: invite.id, message: 'cannot be taken' })
      return
    }
    const item = new IncomingFile(from, invite, this.#needs.openSink, needs)
    this.#items.set(item.view.id, item)
    this.#tell()
  }

  #needsFor(participantId: string): FileNeeds {
    return {
      clock: this.#needs.clock,
      newPeer: this.#needs.newPeer,
      send: (value) =>
        this.#needs.send({
          type: 'usermessage',
          kind: 'filetransfer',
          dest: participantId,
          value,
        }),
      changed: () => this.#tell(),
    }
  }

  #tell(): void {
    this.#cancelTelling ??= this.#needs.clock.after(TELL_EVERY_MS, () => {
      this.#cancelTelling = undefined
      this.#needs.changed([...this.#items.values()].map(({ view }) => ({ ...view })))
    })
  }
}
