import type { Config } from '../platform/config/schema.ts'
import type { Group } from '../sfu/sfu.ts'
import { AUTH_PORTAL_PATH, AUTH_SERVER_PATH } from '../sfu/stock-paths.ts'
import type { Features } from './features.ts'

type ChannelGroup = Awaited<ReturnType<Features['channels']['groups']>>[number]
type GroupSettings = Pick<Config, 'sfu' | 'galene' | 'server'>

/** Where Galene's own page finds us; nothing while it is off. */
const addressesFor = (slug: string, { galene, server }: GroupSettings) => {
  if (!galene.stock_client) return {}
  const base = server.public_url.replace(/\/+$/, '')
  return {
    authServer: `${base}${AUTH_SERVER_PATH}`,
    authPortal: `${base}${AUTH_PORTAL_PATH}?group=${slug}`,
  }
}

/** Galene tells name and description of any group to whoever asks for it, so of a private channel it is told neither. */
const wordsOf = ({ slug, name, topic, private: isPrivate }: ChannelGroup) =>
  isPrivate ? { displayName: slug, description: '' } : { displayName: name, description: topic }

/** A channel as the media server should know it. */
export const asGroup =
  (config: GroupSettings) =>
  (channel: ChannelGroup): Group => ({
    name: channel.slug,
    ...wordsOf(channel),
    maxClients: config.sfu.max_clients,
    allowRecording: channel.recordable,
    members: channel.members,
    ...addressesFor(channel.slug, config),
  })
