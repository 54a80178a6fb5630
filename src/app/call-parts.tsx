import type { MyChannel } from '../../lib/protocol/channels.ts'
import {
  CallBar,
  type CallChannel,
  CallPanel,
  type CallStore,
  createCallStore,
  createSpeakers,
  JoinButton,
  type RecordingView,
} from '../features/call/index.ts'
import { SendFile, TransferList } from '../features/files/index.ts'
import { systemClock } from '../media/clock.ts'
import { createDevices } from '../media/devices.ts'
import { createGaleneTransport } from '../media/galene/index.ts'
import type { Workspace } from './workspace.ts'

/** Carried by Galene's protocol. */
const createCall = ({ storage, toasts, session }: Workspace): CallStore =>
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

/** How the recording stands in the channel whose call it is. */
const recordingOf = ({ channels, presence, me }: Workspace, slug = ''): RecordingView => {
  const channel = channels.get(slug)
  const by = channel?.recording?.by
  return {
    isRunning: channel?.recording !== undefined,
    by: by === undefined ? '' : presence.nameOf(by),
    isMine: by === me.id,
    isAllowed: channel?.recordable ?? false,
  }
}

/** The call of whoever is signed in, and the three places of the frame where it shows. */
export const createCallSlot = (workspace: Workspace) => {
  const call = createCall(workspace)
  return {
    /** The right column. */
    Column: () => (
      <CallPanel
        call={call}
        recording={recordingOf(workspace, call.state.channel?.slug)}
        menuFor={(participantId) => <SendFile call={call} participantId={participantId} />}
      >
        <TransferList call={call} />
      </CallPanel>
    ),
    /** The line that leads back to the call. `here` is the slug of the channel on show. */
    Line: ({ here }: { here: string | undefined }) => <CallBar call={call} here={here} />,
    /** The way in, in a channel's head. */
    Door: ({ channel }: { channel: MyChannel }) => (
      <JoinButton call={call} channel={channel} count={channel.call.length} />
    ),
    /** Opens the panel before joining. */
    prepare: (channel: CallChannel) => call.prepare(channel),
    /** Leaves the call. */
    dispose: () => call.dispose(),
  }
}
export type CallSlot = ReturnType<typeof createCallSlot>
