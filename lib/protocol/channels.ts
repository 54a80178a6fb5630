import { z } from 'zod'
import { MAX_CHANNEL_NAME_LENGTH, MAX_TOPIC_LENGTH } from './limits.ts'
import { Line, Name } from './line.ts'
import { MAX_SLUG_LENGTH } from './slug.ts'

export type ChannelRole = 'moderator' | 'member' | 'listener'

/** One person's live connection to a channel's call. `joinedAt` is ISO 8601 in UTC. */
export type CallParticipant = { userId: string; connectionId: string; joinedAt: string }

/** A device (OBS, a camera) that publishes into a channel's call. It is nobody in the call. `id` is that of its key, `by` who made that; `since` is ISO 8601 in UTC. */
export type CallDevice = { id: string; name: string; by: string; since: string }

/** A channel as one person sees it. The internal number never leaves the server; `slug` names it everywhere. */
export type Channel = {
  slug: string
  name: string
  topic: string
  private: boolean
  createdAt: string
  archived: boolean
  /** Moderators may record its calls. */
  recordable: boolean
}

/** A channel I am in, with what only I have: my role and how far I read. */
export type MyChannel = Channel & {
  role: ChannelRole
  /** Sequence of the newest message, 0 when there is none. */
  lastSeq: number
  /** Revision of the newest change; see chat.ts. */
  lastRev: number
  /** Messages up to this sequence are read. */
  readSeq: number
  /** Messages of others after `readSeq` that are not deleted; counted up to MAX_UNREAD. */
  unread: number
  memberCount: number
  call: CallParticipant[]
  /** Those that publish into its call; absent while none does. */
  devices?: CallDevice[] | undefined
  /** While its call is recorded: who started that, where it is known. */
  recording?: { by?: string | undefined } | undefined
}

export type ChannelMember = { userId: string; role: ChannelRole; joinedAt: string }

/** Any text at all: what cannot be a slug answers like a channel that does not exist. */
export const ChannelSlug = z.string()
export const ChannelName = Name.max(MAX_CHANNEL_NAME_LENGTH)
export const Topic = Line.max(MAX_TOPIC_LENGTH)
const ChannelRoleShape = z.enum(['moderator', 'member', 'listener'])

/** POST /api/channels, channels.create. Without `slug` it is made from the name. Answered with `MyChannel`. */
export const CreateChannel = z.object({
  name: ChannelName,
  slug: z.string().max(MAX_SLUG_LENGTH).optional(),
  topic: Topic.default(''),
  private: z.boolean().default(false),
})
/** PATCH /api/channels/:channelSlug, channels.change (moderators and admins of open channels). The slug never changes. */
export const ChangeChannel = z.object({
  channelSlug: ChannelSlug,
  name: ChannelName.optional(),
  topic: Topic.optional(),
  recordable: z.boolean().optional(),
})
/** channels.join, channels.leave, channels.members, and GET .../sfu_status. */
export const OneChannel = z.object({ channelSlug: ChannelSlug })
/** PUT /api/channels/:channelSlug/members/:userId, channels.set-member: invite, or change the role. */
export const SetMember = z.object({
  channelSlug: ChannelSlug,
  userId: z.string().max(64),
  role: ChannelRoleShape.default('member'),
})
/** DELETE /api/channels/:channelSlug/members/:userId, channels.remove-member. */
export const RemoveMember = z.object({ channelSlug: ChannelSlug, userId: z.string().max(64) })
