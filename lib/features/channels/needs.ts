import type { Bus } from '../../platform/bus/bus.ts'
import type { Config } from '../../platform/config/schema.ts'
import type { Sqlite } from '../../platform/db/index.ts'
import type { Database } from '../../platform/db/open.ts'
import type { PyriteError } from '../../platform/errors.ts'
import type { Hub } from '../../platform/ws/hub.ts'
import type {
  CallDevice,
  CallParticipant,
  ChannelRole,
  MyChannel,
} from '../../protocol/channels.ts'

declare module '../../platform/bus/bus.ts' {
  interface Events {
    'channels.created': { channelId: number; slug: string }
    'channels.changed': { channelId: number; slug: string }
    /** Somebody came in, or has another role now. */
    'channels.member-changed': {
      channelId: number
      slug: string
      userId: string
      role: ChannelRole
    }
    'channels.member-left': { channelId: number; slug: string; userId: string }
  }
}

export type ChannelsNeeds = {
  config: Config['channels']
  database: Pick<Database, 'db' | 'write'>
  hub: Pick<Hub, 'publish' | 'tell' | 'subscribe' | 'unsubscribe' | 'online'>
  bus: Bus
  now: () => Date
  newId: () => string
  /** Who is in a channel's call now. */
  callOf: (slug: string) => CallParticipant[]
  /** The devices that publish into its call. Absent where none can. */
  devicesOf?: (slug: string) => CallDevice[]
  /** Whether its call is recorded, and by whom; undefined while it is not. Absent where nothing records. */
  recordingOf?: (slug: string) => MyChannel['recording']
  /** What moderation says at the door. Those with a `sqlite` are asked within a write job, and throw. */
  ledger: {
    mustComeIn(sqlite: Sqlite, channelId: number, userId: string, manages: boolean): void
    /** Of somebody whose role may write. */
    mustWrite(sqlite: Sqlite, who: { channelId: number; userId: string; role: ChannelRole }): void
    mustBeInvitable(sqlite: Sqlite, channelId: number, userId: string): void
    /** Why a person is not in a channel that they see, where a ban is why. */
    banOf(sqlite: Sqlite, slug: string, userId: string): PyriteError | undefined
    /** The same outside a write job. */
    readBan(slug: string, userId: string): Promise<PyriteError | undefined>
  }
}

/** The topic that the members of a channel hear. */
export const topicOf = (channelId: number): string => `channel:${channelId}`
