import type { Config } from '../../platform/config/schema.ts'
import type { Sqlite } from '../../platform/db/index.ts'
import type { Database } from '../../platform/db/open.ts'
import type { Hub } from '../../platform/ws/hub.ts'
import type { Sfu } from '../../sfu/sfu.ts'
import type { Channels } from '../channels/index.ts'

export type ModerationNeeds = {
  config: Config['moderation']
  database: Pick<Database, 'db' | 'write'>
  hub: Pick<Hub, 'tell'>
  channels: Pick<Channels, 'standing' | 'mustManage' | 'expelled'>
  /** The media server, asked late: it is made after this feature. */
  sfu: () => Pick<
    Sfu,
    'participants' | 'end' | 'askToMute' | 'accessChanged' | 'unlock' | 'stockClient'
  >
  /** A channel was locked or unlocked: how its call stands is news. */
  lockChanged: () => void
  /** Whether a device of somebody publishes into a channel's call. Asked within a write job. */
  publishesInto: (sqlite: Sqlite, slug: string, userId: string) => boolean
  now: () => Date
  newId: () => string
  onBug: (error: unknown) => void
}
