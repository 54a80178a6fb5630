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

/** A channel as the media server should know it. */
export const asGroup =
  (config: GroupSettings) =>
  ({ slug, name, topic, recordable, members }: ChannelGroup): Group => ({
    name: slug,
    displayName: name,
    description: topic,
    maxClients: config.sfu.max_clients,
    allowRecording: recordable,
    members,
    ...addressesFor(slug, config),
  })
