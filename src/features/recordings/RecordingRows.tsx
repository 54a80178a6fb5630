import { useRef, useState } from 'preact/hooks'
import type { Recording } from '../../../lib/protocol/recordings.ts'
import { sentenceOf } from '../../platform/request-error.ts'
import { AskAgain, useAskedTwice } from '../../ui/AskAgain.tsx'
import { Button, IconButton } from '../../ui/Button.tsx'
import { dayOf, timeOf } from '../../ui/dates.ts'
import { Failure } from '../../ui/Field.tsx'
import { Download, Play, Trash2, X } from '../../ui/icons.tsx'
import { keepingFocus } from '../../ui/keeping-focus.ts'
import { Skeleton } from '../../ui/Placeholders.tsx'
import { addressOf, type RecordingsStore } from './store.ts'
import { sizeWords, whoWords } from './words.ts'

export type RecordingRowsProps = {
  store: RecordingsStore
  channelSlug: string
  /** The display name of a username; undefined for one that is nobody's. */
  nameOf: (username: string) => string | undefined
  canManage: boolean
  now: () => Date
}

type RowProps = RecordingRowsProps & { recording: Recording; onFailure: (text?: string) => void }

const Player = ({ address, label }: { address: string; label: string }) => {
  const [isBroken, setBroken] = useState(false)
  if (isBroken) {
    return (
      <div class="recording-broken">
        <p class="field-note wrong" role="alert">
          This recording did not load.
        </p>
        <Button onClick={() => setBroken(false)}>Try again</Button>
      </div>
    )
  }
  return (
    // biome-ignore lint/a11y/useMediaCaption: nobody writes down what people say in a call.
    <video
      class="recording-player"
      src={address}
      aria-label={label}
      controls
      autoPlay
      onError={() => setBroken(true)}
    />
  )
}

const RecordingRow = (props: RowProps) => {
  const { recording, channelSlug, nameOf, canManage, now, store, onFailure } = props
  const [isPlaying, setPlaying] = useState(false)
  const row = useRef<HTMLLIElement>(null)
  const { isAsking, ask, keep } = useAskedTwice(row, '.delete')
  const remove = async () => {
    onFailure(undefined)
    await keepingFocus(row.current, () => store.remove(recording)).catch((error: unknown) =>
      onFailure(sentenceOf(error)),
    )
  }
  const { startedAt, size, playable } = recording
  const address = addressOf(channelSlug, recording)
  const when = startedAt ? `${dayOf(startedAt, now())}, ${timeOf(startedAt)}` : recording.name
  const what = `${whoWords(recording, nameOf)}, ${when}`
  return (
    <li class="row recording" ref={row}>
      <div class="row-text">
        <b title={recording.name}>{whoWords(recording, nameOf)}</b>
        <small>
          {when} · {sizeWords(size)}
        </small>
      </div>
      {isAsking ? (
        <AskAgain verb="Delete for good" keepVerb="Keep" act={remove} onKeep={keep} />
      ) : (
        <div class="row-actions">
          {playable && (
            <IconButton
              label={`${isPlaying ? 'Close' : 'Play'} ${what}`}
              onClick={() => setPlaying(!isPlaying)}
            >
              {isPlaying ? <X size={16} /> : <Play size={16} />}
            </IconButton>
          )}
          <a
            class="icon-button"
            href={`${address}?download`}
            download={recording.name}
            aria-label={`Download ${what}`}
            title="Download"
          >
            <Download size={16} />
          </a>
          {canManage && (
            <IconButton class="delete" label={`Delete ${what}`} onClick={ask}>
              <Trash2 size={16} />
            </IconButton>
          )}
        </div>
      )}
      {isPlaying && <Player address={address} label={what} />}
    </li>
  )
}

/** What was recorded, newest first: to play, to keep, and for moderators to delete. */
export const RecordingRows = (props: RecordingRowsProps) => {
  const { store } = props
  const { is, items, because } = store.state.recordings
  const [failure, setFailure] = useState<string>()
  if (is === 'loading') return <Skeleton lines={2} what="recordings" />
  return (
    <>
      <Failure>{failure}</Failure>
      {is === 'failed' && (
        <p class="field-note">
          {because} <Button onClick={store.reload}>Try again</Button>
        </p>
      )}
      {is === 'ready' && items.length === 0 && <p class="field-note">Nothing was recorded yet.</p>}
      <ul class="rows" tabIndex={-1} aria-label="Recordings">
        {items.map((recording) => (
          <RecordingRow
            key={recording.name}
            {...props}
            recording={recording}
            onFailure={setFailure}
          />
        ))}
      </ul>
    </>
  )
}
