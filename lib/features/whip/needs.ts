import type { Db } from '../../platform/db/index.ts'
import type { Log } from '../../platform/log.ts'
import type { AccessPolicy, Sfu } from '../../sfu/sfu.ts'
import type { Channels } from '../channels/index.ts'

export type WhipNeeds = {
  db: Db
  log: Pick<Log, 'warn' | 'info'>
  channels: Pick<Channels, 'standing'>
  /** The door of the channel's call: what it says of the person, it says of their devices. */
  admit: AccessPolicy
  sfu: () => Pick<Sfu, 'whip' | 'abilities'>
  now: () => Date
  newId: () => string
  /** A fresh secret of 256 bits. */
  newSecret: () => string
}
