import type { MyChannel } from '../../lib/protocol/channels.ts'
import { ChannelLog } from '../features/moderation/index.ts'
import { ChannelMedia } from '../features/recordings/index.ts'
import { useWorkspace } from './context.ts'
import { placeIn } from './moderation.tsx'

/** Recordings and streaming devices of a channel, in its panel. */
export const ChannelMediaPart = ({ channel }: { channel: MyChannel }) => {
  const { channels, http, socket, presence, me } = useWorkspace()
  const nameOf = (username: string) =>
    presence.state.users.find((user) => user.username === username)?.displayName
  return (
    <ChannelMedia
      channel={channel}
      channels={channels}
      wire={socket}
      http={http}
      nameOf={nameOf}
      personOf={presence.nameOf}
      canManage={channel.role === 'moderator' || me.role === 'admin'}
      now={() => new Date()}
      origin={location.origin}
    />
  )
}

/** What moderators did in the channel, in its panel. */
export const ChannelLogPart = ({ channel }: { channel: MyChannel }) => {
  const workspace = useWorkspace()
  const { moderation, socket } = workspace
  return <ChannelLog store={moderation} place={placeIn(workspace, channel)} wire={socket} />
}
