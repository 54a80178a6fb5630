import { Mic, MicOff, Video, VideoOff } from 'lucide-preact'
import { Button } from '../../ui/Button.tsx'
import { DevicePicker } from './DevicePicker.tsx'
import { Picture, useTrackStream } from './Picture.tsx'
import { RecordingNotice, type RecordingProps } from './Recording.tsx'
import type { CallStore } from './store.ts'
import { microphoneWords } from './words.ts'

const Preview = ({ call }: { call: CallStore }) => {
  const { ownTracks, busy } = call.state
  const camera = ownTracks >= 0 ? call.track('camera') : undefined
  const stream = useTrackStream(camera)
  return (
    <div class="preview">
      {stream ? (
        <Picture stream={stream} mirrored label="My camera" />
      ) : (
        <p>{busy ? 'Starting your camera' : 'Your camera is off'}</p>
      )}
    </div>
  )
}

const Toggles = ({ call }: { call: CallStore }) => {
  const { cameraOn } = call.state
  const { microphone } = call
  const isHeard = microphone === 'on'
  return (
    <div class="toggles">
      <button
        type="button"
        class={`toggle ${isHeard ? '' : 'off'}`}
        disabled={!call.toggleMuted}
        onClick={call.toggleMuted}
      >
        {isHeard ? <Mic size={18} /> : <MicOff size={18} />}
        {microphoneWords(microphone)}
      </button>
      <button
        type="button"
        class={`toggle ${cameraOn ? '' : 'off'}`}
        disabled={!call.toggleCamera}
        onClick={call.toggleCamera}
      >
        {cameraOn ? <Video size={18} /> : <VideoOff size={18} />}
        {cameraOn ? 'Turn camera off' : 'Turn camera on'}
      </button>
    </div>
  )
}

const hearingWords = ({ state, track }: CallStore): string => {
  const microphone = state.ownTracks >= 0 && track('microphone')
  if (microphone || state.busy) return ''
  return 'You join to listen: you hear and see the others, they do not hear you.'
}

/** Before the call: see and hear myself, choose devices, decide how to come in. Works without any device. */
export const PreJoin = ({
  call,
  recording,
  shut,
}: RecordingProps & { shut: string | undefined }) => {
  const { channel } = call.state
  const listening = hearingWords(call)
  return (
    <section class="pre-join" aria-label="Before you join">
      <h2>Join the call in {channel?.name}</h2>
      <RecordingNotice recording={recording} />
      <Preview call={call} />
      <Toggles call={call} />
      <DevicePicker call={call} />
      {listening && <p class="listening">{listening}</p>}
      <div role="status">{shut && <p class="shut">{shut}</p>}</div>
      <div class="pre-join-actions">
        <Button kind="go" onClick={shut ? undefined : call.join}>
          Join now
        </Button>
        <Button onClick={call.close}>Cancel</Button>
      </div>
    </section>
  )
}
