import type { Bus } from '../../platform/bus/bus.ts'
import type { Config } from '../../platform/config/schema.ts'
import type { Database } from '../../platform/db/open.ts'
import type { Hub } from '../../platform/ws/hub.ts'
import type { CallParticipant, ChannelRole } from '../../protocol/channels.ts'

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
}

/** The topic that the members of a channel hear. */
export const topicOf = (channelId: number): string => `channel:${channelId}`
