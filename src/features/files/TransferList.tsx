import { File as FileIcon, X } from 'lucide-preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Transfer } from '../../media/transport.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { type CallStore, sizeWords } from '../call/index.ts'
import { transferWords } from './words.ts'

const SaveLink = ({ blob, name }: { blob: Blob; name: string }) => {
  const [url, setUrl] = useState('')
  useEffect(() => {
    const made = URL.createObjectURL(blob)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [blob])
  return (
    <a class="button gold" href={url} download={name}>
      Save
    </a>
  )
}

const Actions = ({ transfer }: { transfer: Transfer }) => {
  const { accept, refuse, cancel, blob, name } = transfer
  return (
    <div class="transfer-actions">
      {accept && (
        <Button kind="go" onClick={accept}>
          Accept
        </Button>
      )}
      {refuse && <Button onClick={refuse}>Refuse</Button>}
      {cancel && <Button onClick={cancel}>Cancel</Button>}
      {blob && <SaveLink blob={blob} name={name} />}
    </div>
  )
}

type RowProps = {
  transfer: Transfer
  /** The other one, while they are in the call. */
  partner: string | undefined
  onHide: () => void
}

/** A guest of the call server may have a name as long as a page. */
const MOST_OF_A_NAME = 40
const shortened = (name: string): string => {
  const letters = [...name]
  if (letters.length <= MOST_OF_A_NAME) return name
  return `${letters.slice(0, MOST_OF_A_NAME).join('').trimEnd()}…`
}

const Row = ({ transfer, partner, onHide }: RowProps) => {
  const { name, size, transferred, state } = transfer
  // Who left, or came back as another participant, keeps the name.
  const lastName = useRef('the other')
  if (partner) lastName.current = shortened(partner)
  const isMoving = state === 'moving' || state === 'connecting'
  const isOver = !isMoving && state !== 'offered'
  return (
    <li class={`transfer ${state}`} data-testid="transfer" data-state={state}>
      <FileIcon size={18} aria-hidden="true" />
      <div class="transfer-text">
        <b title={name}>{name}</b>
        <small role="status">{transferWords(transfer, lastName.current)}</small>
        {isMoving && (
          <progress value={transferred} max={Math.max(1, size)} aria-label={`Progress of ${name}`}>
            {sizeWords(transferred)}
          </progress>
        )}
      </div>
      {isOver && (
        <IconButton label={`Hide ${name}`} onClick={onHide}>
          <X size={16} />
        </IconButton>
      )}
      <Actions transfer={transfer} />
    </li>
  )
}

/** Files offered, on their way and arrived in this call, the newest first. */
export const TransferList = ({ call }: { call: CallStore }) => {
  const { transfers, participants, hidden } = call.state
  const shown = transfers.filter(({ id }) => !hidden.has(id)).reverse()
  if (shown.length === 0) return null
  const nameOf = (id: string) => participants.find((one) => one.id === id)?.displayName
  return (
    <ul class="transfers" aria-label="Files">
      {shown.map((transfer) => (
        <Row
          key={transfer.id}
          transfer={transfer}
          partner={nameOf(transfer.participantId)}
          onHide={() => call.hideTransfer(transfer.id)}
        />
      ))}
    </ul>
  )
}
