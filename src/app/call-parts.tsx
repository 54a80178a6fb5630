import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { MyChannel } from '../../lib/protocol/channels.ts'
import type { ModerationAct } from '../../lib/protocol/moderation.ts'
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
import { MuteRequest, SilentNotice, TileEntries } from '../features/moderation/index.ts'
import { systemClock } from '../media/clock.ts'
import { createDevices } from '../media/devices.ts'
import { createGaleneTransport } from '../media/galene/index.ts'
import { sentenceOf } from '../platform/request-error.ts'
import { placeIn, shutIn } from './moderation.tsx'
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

/** Not after a ban, or when one was taken out of the channel. */
const channelOf = ({ channels }: Workspace, { state }: CallStore): MyChannel | undefined =>
  channels.get(state.channel?.slug ?? '')

type InCall = { workspace: Workspace; call: CallStore }

/** Whether I may moderate in this channel. */
const manages = ({ me }: Workspace, channel: MyChannel): boolean =>
  channel.role === 'moderator' || me.role === 'admin'

/** What can be done with a device: its stream is ended. Nothing where two have one name, which the channel's panel tells apart. */
const deviceEntries = (workspace: Workspace, channel: MyChannel, displayName: string) => {
  const { socket, toasts } = workspace
  const named = channel.devices?.filter(({ name }) => `${name} (stream)` === displayName) ?? []
  const [device, another] = named
  if (!device || another || !manages(workspace, channel)) return undefined
  const end = () =>
    socket
      .request('whip.end-stream', { channelSlug: channel.slug, keyId: device.id })
      .then(() => toasts.say(`The stream of ${device.name} was ended. It may try again by itself.`))
      .catch((error: unknown) => toasts.say(sentenceOf(error)))
  return (
    <button type="button" class="menu-item grave" onClick={() => void end()}>
      End the stream
    </button>
  )
}

/** The menu of another participant; undefined where it would be empty. */
const menuFor = (workspace: Workspace, call: CallStore, id: string): ComponentChildren => {
  const channel = channelOf(workspace, call)
  const participant = call.state.participants.find((one) => one.id === id)
  if (!participant?.isDevice) return <Participant workspace={workspace} call={call} id={id} />
  return channel && deviceEntries(workspace, channel, participant.displayName)
}

/** What can be done with another participant. */
const Participant = ({ workspace, call, id }: InCall & { id: string }) => {
  const channel = channelOf(workspace, call)
  const participant = call.state.participants.find((one) => one.id === id)
  const { moderation: store, toasts } = workspace
  return (
    <>
      <SendFile call={call} participantId={id} />
      {channel && participant && (
        <TileEntries
          store={store}
          place={placeIn(workspace, channel)}
          userId={participant.userId}
          toasts={toasts}
        />
      )}
    </>
  )
}

/** A request counts as the one that the call has just heard of for so long, in milliseconds. */
const SAME_REQUEST_MS = 10_000

/** Who asked is told by another way, which may be slower by so many milliseconds. */
const NAME_WITHIN_MS = 1_000

/** On a phone the call may be put away, and what it says with it. */
const useMuteToast = ({ workspace: { toasts }, call }: InCall, by: string) => {
  const isAway = !call.state.open
  useEffect(() => {
    if (!isAway) return undefined
    const say = () =>
      toasts.say(`${by || 'A moderator'} asks you to stay muted. Your microphone is off.`)
    const timer = setTimeout(say, by ? 0 : NAME_WITHIN_MS)
    return () => clearTimeout(timer)
  }, [by])
}

/** A moderator switched my microphone off: the call says so, the workspace who it was. */
const MuteAsked = ({ workspace, call }: InCall) => {
  const { moderation, presence } = workspace
  const { lastMute } = moderation.state
  const known = useRef<ModerationAct>()
  const age = lastMute ? moderation.now().getTime() - Date.parse(lastMute.at) : SAME_REQUEST_MS
  const isHere = lastMute?.channelSlug === call.state.channel?.slug
  if (isHere && age < SAME_REQUEST_MS) known.current = lastMute
  const by = known.current ? presence.nameOf(known.current.byUserId) : ''
  useMuteToast({ workspace, call }, by)
  return (
    <MuteRequest
      by={by}
      reason={known.current?.reason ?? ''}
      unmute={call.toggleMuted}
      onClose={call.stayMuted}
    />
  )
}

/** What moderators did to me in this call. */
const Moderated = ({ workspace, call }: InCall) => {
  const { moderation } = workspace
  const channel = channelOf(workspace, call)
  if (!channel) return null
  return (
    <>
      <SilentNotice store={moderation} place={placeIn(workspace, channel)} />
      {call.state.muteAsked && <MuteAsked workspace={workspace} call={call} />}
    </>
  )
}

/** The call of whoever is signed in, and the three places of the frame where it shows. */
export const createCallSlot = (workspace: Workspace) => {
  const call = createCall(workspace)
  return {
    /** The right column. */
    Column: () => {
      const channel = channelOf(workspace, call)
      const shut = channel && shutIn(workspace, channel)
      return (
        <CallPanel
          call={call}
          recording={recordingOf(workspace, call.state.channel?.slug)}
          menuFor={(id) => menuFor(workspace, call, id)}
          mayComeBack={channel !== undefined && shut === undefined}
          shut={shut}
        >
          <Moderated workspace={workspace} call={call} />
          <TransferList call={call} />
        </CallPanel>
      )
    },
    /** The line that leads back to the call. `here` is the slug of the channel on show. */
    Line: ({ here }: { here: string | undefined }) => <CallBar call={call} here={here} />,
    /** The way in, in a channel's head. */
    Door: ({ channel, instead }: { channel: MyChannel; instead: ComponentChildren }) => (
      <JoinButton call={call} channel={channel} count={channel.call.length} instead={instead} />
    ),
    /** Opens the panel before joining. */
    prepare: (channel: CallChannel) => call.prepare(channel),
    /** Leaves the call. */
    dispose: () => call.dispose(),
  }
}
export type CallSlot = ReturnType<typeof createCallSlot>
