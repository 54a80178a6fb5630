import type { Database } from '../../platform/db/open.ts'
import type { Log } from '../../platform/log.ts'
import type { AccessPolicy, Sfu } from '../../sfu/sfu.ts'
import type { Channels } from '../channels/index.ts'

export type WhipNeeds = {
  database: Pick<Database, 'db' | 'write'>
  log: Pick<Log, 'warn' | 'info' | 'debug'>
  channels: Pick<Channels, 'standing' | 'mustManage' | 'mustManageNow'>
  /** The door of the channel's call: what it says of the person, it says of their devices. */
  admit: AccessPolicy
  sfu: () => Pick<Sfu, 'whip' | 'abilities'>
  /** Another device publishes now, or one publishes no more. */
  devicesChanged: () => void
  now: () => Date
  newId: () => string
  /** A fresh secret of 256 bits. */
  newSecret: () => string
  onBug: (error: unknown) => void
}
