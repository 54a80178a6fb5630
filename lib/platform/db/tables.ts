import type { ColumnType, Generated } from 'kysely'
import type { ChannelRole } from '../../protocol/channels.ts'
import type { LockScope, ModerationKind } from '../../protocol/moderation.ts'
import type { Role } from '../../protocol/users.ts'

/** A yes or no, as 1 or 0. */
type Flag = ColumnType<number, number, number>

/** The whole schema, one interface per table, as migrations/ leaves it. Times are ISO 8601 in UTC. Ids of people are 20 random characters. */
export interface Tables {
  users: {
    id: string
    username: string
    displayName: string
    role: Role
    passwordHash: string
    disabled: Flag
    createdAt: string
  }
  sessions: {
    id: string
    tokenHash: string
    userId: string
    createdAt: string
    lastSeenAt: string
    expiresAt: string
    userAgent: string
    address: string
  }
  channels: {
    id: Generated<number>
    name: string
    slug: string
    topic: string
    private: Flag
    archived: Flag
    createdAt: string
    createdBy: string | null
    /** Sequence of the newest message, and revision of the newest change. */
    lastSeq: number
    lastRev: number
    /** Whether calls may be recorded. */
    recordable: ColumnType<number, number | undefined, number>
  }
  memberships: {
    channelId: number
    userId: string
    role: ChannelRole
    joinedAt: string
    readSeq: number
  }
  messages: {
    id: string
    channelId: number
    seq: number
    rev: number
    authorId: string
    clientId: string
    kind: 'text' | 'me'
    text: string
    postedAt: string
    editedAt: string | null
    deletedAt: string | null
  }
  callSessions: {
    id: string
    channelId: number
    userId: string
    joinedAt: string
    leftAt: string | null
    reason: string | null
    peerAddress: string
    bytesUp: number
    bytesDown: number
    messagesUp: number
    messagesDown: number
  }
  calls: {
    /** In the order in which they began. */
    number: Generated<number>
    id: string
    channelId: number
    /** Numbers the changes of a channel's calls. */
    rev: number
    startedAt: string
    endedAt: string | null
    /** Over, and not worth telling. */
    brief: Flag
    /** When it was last known to run, or how it ended. */
    seenAt: string
  }
  callStays: {
    number: Generated<number>
    callNumber: number
    userId: string
    joinedAt: string
    leftAt: string | null
  }
  whipKeys: {
    id: string
    channelId: number
    name: string
    keyHash: string
    createdBy: string
    createdAt: string
    /** What the media server calls the stream that this key publishes, and the token that ends it there; null while there is none. */
    resource: string | null
    resourceToken: string | null
    publishedAt: string | null
  }
  moderationActs: {
    /** In the order in which they were recorded. */
    number: Generated<number>
    id: string
    channelId: number
    kind: ModerationKind
    userId: string | null
    byUserId: string
    reason: string
    at: string
    until: string | null
    endedAt: string | null
    endedBy: string | null
    /** Of a lock: what it closes, and the exempt roles with commas between. */
    scope: LockScope | null
    exempt: string | null
  }
  migrations: { name: string; checksum: string; appliedAt: string }
}
