import type { MyChannel } from '../../lib/protocol/channels.ts'
import {
  CallBar,
  CallPanel,
  type CallStore,
  createCallStore,
  createSpeakers,
  JoinButton,
} from '../features/call/index.ts'
import { SendFile, TransferList } from '../features/files/index.ts'
import { systemClock } from '../media/clock.ts'
import { createDevices } from '../media/devices.ts'
import { createGaleneTransport } from '../media/galene/index.ts'
import type { Workspace } from './workspace.ts'

export type { CallStore }

/** The call of whoever is signed in, carried by Galene's protocol. */
export const createCall = ({ storage, toasts, session }: Workspace): CallStore =>
  createCallStore({
    transport: createGaleneTransport(),
    devices: createDevices(navigator.mediaDevices),
    storage,
    speakers: createSpeakers({
      newAudio: () => new Audio(),
      blocked: (resume) =>
        toasts.say('The browser keeps the call silent until you click.', {
          label: 'Turn sound on',
          run: resume,
        }),
    }),
    clock: systemClock,
    displayName: () => session.state.me?.displayName ?? '',
    say: (text) => toasts.say(text),
  })

/** The right column. */
export const CallColumn = ({ call }: { call: CallStore }) => (
  <CallPanel
    call={call}
    menuFor={(participantId) => <SendFile call={call} participantId={participantId} />}
  >
    <TransferList call={call} />
  </CallPanel>
)

/** The line that leads back to the call. */
export const CallLine = ({ call, here }: { call: CallStore; here: string | undefined }) => (
  <CallBar call={call} here={here} />
)

/** The way in, in a channel's head. */
export const CallDoor = ({ call, channel }: { call: CallStore; channel: MyChannel }) => (
  <JoinButton call={call} channel={channel} count={channel.call.length} />
)
