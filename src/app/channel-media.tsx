import type { MyChannel } from '../../lib/protocol/channels.ts'
import { ChannelMedia } from '../features/recordings/index.ts'
import { useWorkspace } from './context.ts'

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
