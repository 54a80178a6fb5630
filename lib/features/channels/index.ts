import { channelRules } from './channels.ts'
import type { ChannelsNeeds } from './needs.ts'
import { channelsRoutes } from './routes.ts'
import { channelsSocket } from './socket.ts'

export { mustManage, noSuchChannel, type Standing } from './access.ts'
export { expel } from './membership.ts'
export type { ChannelsNeeds } from './needs.ts'
export { topicOf } from './needs.ts'
export { standingOf } from './queries.sqlite.ts'
export { channelsPaths } from './routes.ts'

/** Places where people talk: open or by invitation, and who is in them as what. */
export const createChannels = (needs: ChannelsNeeds) => {
  const channels = channelRules(needs)
  return { ...channels, routes: channelsRoutes(channels), socket: channelsSocket(channels) }
}
export type Channels = ReturnType<typeof createChannels>
