import type { Config } from '../platform/config/schema.ts'
import type { Group } from '../sfu/sfu.ts'
import type { Features } from './features.ts'

type ChannelGroup = Awaited<ReturnType<Features['channels']['groups']>>[number]

/** A channel as the media server should know it. */
export const asGroup =
  ({ sfu }: Pick<Config, 'sfu'>) =>
  ({ slug, name, topic, recordable, members }: ChannelGroup): Group => ({
    name: slug,
    displayName: name,
    description: topic,
    maxClients: sfu.max_clients,
    allowRecording: recordable,
    members,
  })
