import { Circle, Square } from 'lucide-preact'
import { useEffect, useState } from 'preact/hooks'
import type { CallStore } from './store.ts'
import { type RecordingView, recordingWords } from './words.ts'

export type RecordingProps = { call: CallStore; recording: RecordingView }

/** What was asked for may fail without a word to the button: then it can be pressed again after so many milliseconds. */
const ANSWER_WITHIN_MS = 4_000

/** Until the server says that it runs, or has ended, a second click would ask once more. */
const useAsked = (isRunning: boolean) => {
  const [asked, setAsked] = useState<{ on: boolean }>()
  useEffect(() => {
    if (!asked) return undefined
    const timer = setTimeout(() => setAsked(undefined), ANSWER_WITHIN_MS)
    return () => clearTimeout(timer)
  }, [asked])
  const isWaiting = asked !== undefined && asked.on !== isRunning
  return { isWaiting, ask: (on: boolean) => setAsked({ on }) }
}

/** Starts and stops a recording; only there for those who may. */
export const RecordControl = ({ call, recording }: RecordingProps) => {
  const { setRecording } = call
  const { isRunning, isAllowed } = recording
  const { isWaiting, ask } = useAsked(isRunning)
  if (!setRecording || !(isRunning || isAllowed)) return null
  const press = () => {
    ask(!isRunning)
    setRecording(!isRunning)
  }
  const label = isRunning ? 'Stop recording' : 'Record this call'
  return (
    <button
      type="button"
      class={`control record ${isRunning ? 'running' : ''}`}
      aria-label={label}
      title={label}
      aria-disabled={isWaiting}
      onClick={isWaiting ? undefined : press}
    >
      {isRunning ? (
        <Square size={18} fill="currentColor" />
      ) : (
        <Circle size={18} fill="currentColor" />
      )}
    </button>
  )
}

/** Says that a recording runs, and who started it. A screen reader hears it begin and end. */
export const RecordingLine = ({ recording }: { recording: RecordingView }) => (
  <div class={`recording-line ${recording.isRunning ? 'running' : ''}`} role="status">
    {recording.isRunning && (
      <>
        <i class="record-dot" aria-hidden="true" />
        <span>{recordingWords(recording)}</span>
      </>
    )}
  </div>
)

/** Before somebody comes in: they should know. */
export const RecordingNotice = ({ recording }: { recording: RecordingView }) =>
  recording.isRunning ? (
    <div class="recording-notice" role="status">
      <i class="record-dot" aria-hidden="true" />
      <span>{recordingWords(recording)}. What you say and show will be in it.</span>
    </div>
  ) : null
