import { useEffect, useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import type { Channel, MyChannel } from '../../lib/protocol/channels.ts'
import { ChannelHeader } from '../features/channels/index.ts'
import { ChatView } from '../features/chat/index.ts'
import {
  Banned,
  CallLocked,
  closedWords,
  composerCommands,
  LockNotice,
} from '../features/moderation/index.ts'
import { sentenceOf } from '../platform/request-error.ts'
import { Button } from '../ui/Button.tsx'
import { Failure } from '../ui/Field.tsx'
import { Hash, Video } from '../ui/icons.tsx'
import { Empty, Skeleton } from '../ui/Placeholders.tsx'
import { LAST_CHANNEL } from './ChannelsHome.tsx'
import { useCallsBeside } from './calls-beside.tsx'
import { useCall, useWorkspace } from './context.ts'
import type { OpenDialog } from './Dialogs.tsx'
import { personMenuIn, placeIn, shutIn } from './moderation.tsx'

const NotMine = ({ channel }: { channel: Channel | undefined }) => {
  const { channels } = useWorkspace()
  const [failure, setFailure] = useState<string>()
  if (!channel) {
    return (
      <div class="page">
        <Empty isPage title="There is no such channel">
          <p>It does not exist, or it is private and somebody in it has to invite you.</p>
          <a class="button gold" href="/channels">
            Go to your channels
          </a>
        </Empty>
      </div>
    )
  }
  const join = () =>
    channels.join(channel.slug).catch((error: unknown) => setFailure(sentenceOf(error)))
  return (
    <div class="page">
      <Empty isPage title={channel.name} icon={<Hash size={28} />}>
        <p>{channel.topic || 'An open channel. Join it to read and write.'}</p>
        <Failure>{failure}</Failure>
        <Button kind="gold" onClick={() => void join()}>
          Join channel
        </Button>
      </Empty>
    </div>
  )
}

/** The way into the call. Keeps its place, and takes a click, before the code behind it is here. */
const JoinCall = ({ channel }: { channel: MyChannel }) => {
  const calls = useCall()
  const workspace = useWorkspace()
  const [isBusy, setBusy] = useState(false)
  const slot = calls.slot.value
  const shut = shutIn(workspace, channel)
  const instead = shut && <CallLocked words={shut} />
  if (slot) return <slot.Door channel={channel} instead={instead} />
  if (instead) return instead
  if (calls.needsReload.value)
    return <Button onClick={() => location.reload()}>Reload the page</Button>
  const open = async () => {
    setBusy(true)
    await calls.open({ slug: channel.slug, name: channel.name })
    setBusy(false)
  }
  return (
    <Button kind="go" busy={isBusy} onClick={() => void open()}>
      <Video size={16} aria-hidden="true" />
      <span>Join call</span>
      {channel.call.length > 0 && <span class="join-count">{channel.call.length}</span>}
    </Button>
  )
}

/** Why I am not in it, where a ban is why; otherwise how to get in. */
const NotIn = ({ slug }: { slug: string }) => {
  const { channels, moderation, presence, socket } = useWorkspace()
  const channel = channels.state.open.find((one) => one.slug === slug)
  const ban = moderation.state.bans.get(slug)
  const isOnline = socket.state.is === 'open'
  useEffect(() => {
    if (isOnline) moderation.look(slug)
  }, [slug, isOnline])
  if (!ban) return <NotMine channel={channel} />
  const name = channel?.name ?? ''
  return <Banned ban={ban} name={name} now={moderation.now()} nameOf={presence.nameOf} />
}

/** One channel: its head, its messages. */
export const ChannelPage = ({ open }: { open: (dialog: OpenDialog) => void }) => {
  const workspace = useWorkspace()
  const slug = useRoute().params.channelSlug ?? ''
  const { channels, chat, moderation, presence, storage, toasts, me } = workspace
  const channel = channels.get(slug)
  const isMine = channel !== undefined
  const beside = useCallsBeside(slug)
  useEffect(() => {
    if (isMine) storage.write(LAST_CHANNEL, slug)
  }, [slug, isMine])
  if (!channels.state.loaded) return <Skeleton lines={8} what="messages" />
  if (!channel) return <NotIn slug={slug} />
  const place = placeIn(workspace, channel)
  return (
    <>
      <ChannelHeader channel={channel} onPanel={() => open('panel')}>
        <JoinCall channel={channel} />
      </ChannelHeader>
      <ChatView
        key={slug}
        chat={chat}
        channels={channels}
        channel={channel}
        people={presence}
        me={me}
        beside={beside}
        closed={closedWords(place, moderation.now())}
        readCommand={composerCommands(moderation, place, toasts.say)}
        menuFor={personMenuIn(workspace, place)}
      >
        <LockNotice store={moderation} place={place} toasts={toasts} />
      </ChatView>
    </>
  )
}
