import {
  Mic,
  MicOff,
  MonitorUp,
  MonitorX,
  PhoneOff,
  SlidersHorizontal,
  Video,
  VideoOff,
} from 'lucide-preact'
import type { ComponentChildren } from 'preact'
import { closeOnEscape, closeOnLeave } from './closing.ts'
import { DevicePicker } from './DevicePicker.tsx'
import { RecordControl, type RecordingProps } from './Recording.tsx'
import type { CallStore } from './store.ts'
import { microphoneWords } from './words.ts'

type ControlProps = {
  label: string
  children: ComponentChildren
  onClick: (() => void) | undefined
  class?: string
}

const Control = ({ label, children, onClick, class: name = '' }: ControlProps) => (
  <button
    type="button"
    class={`control ${name}`}
    aria-label={label}
    title={label}
    disabled={!onClick}
    onClick={onClick}
  >
    {children}
  </button>
)

export const MuteControl = ({ call }: { call: CallStore }) => {
  const { microphone } = call
  const isOn = microphone === 'on'
  return (
    <Control
      label={microphoneWords(microphone)}
      class={isOn ? '' : 'off'}
      onClick={call.toggleMuted}
    >
      {isOn ? <Mic size={20} /> : <MicOff size={20} />}
    </Control>
  )
}

export const LeaveControl = ({ call }: { call: CallStore }) => (
  <Control label="Leave" class="end" onClick={call.leave}>
    <PhoneOff size={20} />
  </Control>
)

/** What I can do in a call. They keep their places whatever happens. */
export const Controls = ({ call, recording }: RecordingProps) => {
  const { cameraOn, sharing } = call.state
  return (
    <div class="controls" role="toolbar" aria-label="Call controls">
      <MuteControl call={call} />
      <Control
        label={cameraOn ? 'Turn camera off' : 'Turn camera on'}
        class={cameraOn ? '' : 'off'}
        onClick={call.toggleCamera}
      >
        {cameraOn ? <Video size={20} /> : <VideoOff size={20} />}
      </Control>
      <Control
        label={sharing ? 'Stop sharing' : 'Share screen'}
        class={sharing ? 'on' : ''}
        onClick={call.toggleScreen}
      >
        {sharing ? <MonitorX size={20} /> : <MonitorUp size={20} />}
      </Control>
      <RecordControl call={call} recording={recording} />
      <details class="control-menu" onFocusOut={closeOnLeave} onKeyDown={closeOnEscape}>
        <summary class="control" aria-label="Devices" title="Devices">
          <SlidersHorizontal size={20} />
        </summary>
        <div class="control-panel" tabIndex={-1}>
          <DevicePicker call={call} />
        </div>
      </details>
      <LeaveControl call={call} />
    </div>
  )
}
