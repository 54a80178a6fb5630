import { RECORDER_PERMISSION } from '../wire/facts.ts'
import type { OnBridge } from '../wire/ours.ts'
import { isDeviceUsername, SERVICE_USERNAME } from '../wire/service-names.ts'
import type { Guest, Inside } from './inside.ts'

export const isRecorder = ({ permissions }: Guest): boolean =>
  permissions.includes(RECORDER_PERMISSION)

/** A recorder records them, and nobody sits before a camera that somebody set up. */
export const isPerson = (guest: Guest): boolean =>
  !isRecorder(guest) && !isDeviceUsername(guest.username)

type Needs = {
  mayRecord: (group: string) => boolean
  onBridge: OnBridge
}

/** The recording of one group that Pyrite has gone into. */
export const watchRecorders = ({ mayRecord, onBridge }: Needs, group: string, inside: Inside) => {
  const all = () => [...inside.guests.values()]
  const isRecording = () => all().some(isRecorder)
  return {
    isRecording,
    /** Whether a recording runs of which the bridge hears nothing. */
    recordsUnheard: (): boolean =>
      isRecording() && !all().some(({ id }) => onBridge(group, id) === 'joined'),
    /** Ends one that may not be, and one where no person is left, whatever devices show. Answers the client ids of those that have to go. */
    end(): string[] {
      const isFine = mayRecord(group) && all().some(isPerson)
      if (isFine || !isRecording()) return []
      inside.say({ type: 'groupaction', kind: 'unrecord', username: SERVICE_USERNAME })
      return all()
        .filter(isRecorder)
        .map(({ id }) => id)
    },
  }
}
