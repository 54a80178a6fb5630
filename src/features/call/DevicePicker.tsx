import { useEffect, useId, useRef } from 'preact/hooks'
import type { Device, DeviceKind } from '../../media/devices.ts'
import { createLevelMeter } from '../../media/level.ts'
import type { CallStore } from './store.ts'

const LOOK_EVERY_MS = 60

/** A bar that moves with my voice, so that I see that I am heard. */
const MicrophoneLevel = ({ track }: { track: MediaStreamTrack }) => {
  const ref = useRef<HTMLMeterElement>(null)
  useEffect(() => {
    const level = createLevelMeter(track)
    const timer = setInterval(() => {
      if (ref.current) ref.current.value = level.read()
    }, LOOK_EVERY_MS)
    return () => {
      clearInterval(timer)
      level.close()
    }
  }, [track])
  return <meter ref={ref} class="level" min={0} max={1} aria-label="Microphone level" />
}

const automaticWords = (devices: readonly Device[], label: string | undefined): string => {
  if (devices.length === 0) return 'None found'
  return label ? `Automatic (${label})` : 'Automatic'
}

type ChoiceProps = {
  kind: DeviceKind
  label: string
  devices: readonly Device[]
  call: CallStore
}

const Choice = ({ kind, label, devices, call }: ChoiceProps) => {
  const id = useId()
  const chosen = call.chosen(kind)
  const known = devices.some((device) => device.id === chosen) ? chosen : ''
  const { problems, ownTracks } = call.state
  const problem = problems[kind]
  const inUse = ownTracks >= 0 ? call.track(kind)?.label : undefined
  return (
    <div class="device">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={known}
        disabled={devices.length === 0}
        onChange={(event) => call.choose(kind, event.currentTarget.value)}
      >
        <option value="">{automaticWords(devices, known ? undefined : inUse)}</option>
        {devices.map((device) => (
          <option key={device.id} value={device.id}>
            {device.label}
          </option>
        ))}
      </select>
      {problem && (
        <p class="device-problem" role="status">
          {problem}{' '}
          <button type="button" class="link" onClick={() => call.retryDevice(kind)}>
            Try again
          </button>
        </p>
      )}
    </div>
  )
}

/** Which microphone and which camera, what is wrong with them, and whether I am heard. */
export const DevicePicker = ({ call }: { call: CallStore }) => {
  const { devices, ownTracks } = call.state
  const microphone = ownTracks >= 0 ? call.track('microphone') : undefined
  return (
    <div class="devices">
      <Choice kind="microphone" label="Microphone" devices={devices.microphones} call={call} />
      {microphone && <MicrophoneLevel track={microphone} />}
      <Choice kind="camera" label="Camera" devices={devices.cameras} call={call} />
    </div>
  )
}
