import type { Config } from '../../platform/config/schema.ts'
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
  now: () => Date
  newId: () => string
  onBug: (error: unknown) => void
}
