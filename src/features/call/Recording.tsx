import { Circle, Square } from 'lucide-preact'
import type { CallStore } from './store.ts'
import { type RecordingView, recordingWords } from './words.ts'

export type RecordingProps = { call: CallStore; recording: RecordingView }

/** Starts and stops a recording; only there for those who may. */
export const RecordControl = ({ call, recording }: RecordingProps) => {
  const { setRecording } = call
  const { isRunning, isAllowed } = recording
  if (!setRecording || !(isRunning || isAllowed)) return null
  const label = isRunning ? 'Stop recording' : 'Record this call'
  return (
    <button
      type="button"
      class={`control record ${isRunning ? 'running' : ''}`}
      aria-label={label}
      title={label}
      onClick={() => setRecording(!isRunning)}
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
