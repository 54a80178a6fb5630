import { useRef, useState } from 'preact/hooks'
import type { CallDevice } from '../../../lib/protocol/channels.ts'
import { sentenceOf } from '../../platform/request-error.ts'
import { Button } from '../../ui/Button.tsx'
import { timeOf } from '../../ui/dates.ts'
import { DeviceMark } from '../../ui/devices.tsx'
import { Failure } from '../../ui/Field.tsx'

export type DeviceRowsProps = {
  devices: readonly CallDevice[]
  personOf: (userId: string) => string
  /** Undefined for those who may not. */
  endStream: ((device: CallDevice) => Promise<void>) | undefined
}

/** The devices that stream into the call now. Nothing while there is none, but for who has ended one: the focus and a failure stay. */
export const DeviceRows = ({ devices, personOf, endStream }: DeviceRowsProps) => {
  const list = useRef<HTMLUListElement>(null)
  const [failure, setFailure] = useState<string>()
  const [hasEnded, setHasEnded] = useState(false)
  if (devices.length === 0 && !hasEnded) return null
  const end = async (device: CallDevice) => {
    setFailure(undefined)
    setHasEnded(true)
    try {
      await endStream?.(device)
      // Its row goes in a moment, and the button with it.
      list.current?.focus()
    } catch (error) {
      setFailure(sentenceOf(error))
    }
  }
  return (
    <section class="channel-section" aria-label="Streaming now">
      <h3>Streaming now</h3>
      <Failure>{failure}</Failure>
      <ul class="rows" ref={list} tabIndex={-1} aria-label="Devices that stream into the call">
        {devices.map((device) => (
          <li key={device.id} class="row">
            <DeviceMark size="medium" />
            <div class="row-text">
              <b title={device.name}>{device.name}</b>
              <small>
                Device of {personOf(device.by)} · since {timeOf(device.since)}
              </small>
            </div>
            {endStream && (
              <Button class="ends" onClick={() => void end(device)}>
                End<span class="hidden-words"> the stream of {device.name}</span>
              </Button>
            )}
          </li>
        ))}
      </ul>
      {devices.length === 0 && <p class="field-note">No device streams into the call now.</p>}
      {endStream && (
        <p class="field-note">
          A device whose stream was ended may try again by itself. To keep it out, revoke its key.
        </p>
      )}
    </section>
  )
}
