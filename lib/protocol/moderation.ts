import { z } from 'zod'
import { type ChannelRole, ChannelSlug } from './channels.ts'
import { MAX_MODERATION_SECONDS, MAX_REASON_LENGTH, PAGE_SIZE } from './limits.ts'
import { Line } from './line.ts'
import type { Rights } from './rights.ts'

/**
 * What may be done to a person, and to a channel (`lock`).
 * `kick`: out of the call now; they may come back. `ban`: out of the channel, and not back while it holds. `timeout`: reads and listens,
 * neither writes nor publishes. `forbid-presenting`: in the call listens only, writes as before. `mute`: asks to switch the microphone off.
 * `kick` and `mute` happen and are over; the others hold until they are ended or `until` comes.
 */
export type ModerationKind = 'kick' | 'ban' | 'timeout' | 'forbid-presenting' | 'mute' | 'lock'

/**
 * What a lock closes. `call`: nobody else comes into the call; who was in it when it was locked stays, and may come back.
 * `channel`: that too, and nobody else joins the channel, writes, or publishes. Roles in `exempt` may go on as before; so may those who manage the channel.
 */
export type LockScope = 'call' | 'channel'

/**
 * One record of the ledger. It is in force while `endedAt` is null and `until` has not come (null: it does not end by itself).
 * Times are ISO 8601 in UTC. `endedBy` is null for what ended by itself.
 */
export type ModerationAct = {
  id: string
  channelSlug: string
  kind: ModerationKind
  /** Whom it concerns. Null: the channel (`lock`), or everybody in the call (`mute`). */
  userId: string | null
  byUserId: string
  reason: string
  at: string
  until: string | null
  endedAt: string | null
  endedBy: string | null
  /** Of a lock only: what it closes, and who may go on besides those who manage the channel. */
  lock: { scope: LockScope; exempt: ChannelRole[] } | null
}

const Reason = Line.max(MAX_REASON_LENGTH).default('')
const UserId = z.string().max(64)
/** How long it holds, in whole seconds from now. */
const Seconds = z.number().int().min(1).max(MAX_MODERATION_SECONDS)
const toPerson = { channelSlug: ChannelSlug, userId: UserId, reason: Reason }

/**
 * POST /api/channels/:channelSlug/moderation, moderation.act: 201 with the `ModerationAct`. The same kind on the same person (or a second
 * lock) takes the place of the one in force. Throws `channels.not-found`, `not-allowed`, `moderation.timed-out`, `not-found` (the person),
 * `moderation.protected`, `moderation.not-in-call` (kick, mute), `channels.last-moderator` (ban).
 */
export const ModerationWish = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('kick'), ...toPerson }),
  z.object({ kind: z.literal('ban'), ...toPerson, seconds: Seconds.optional() }),
  z.object({ kind: z.literal('timeout'), ...toPerson, seconds: Seconds }),
  z.object({ kind: z.literal('forbid-presenting'), ...toPerson, seconds: Seconds.optional() }),
  /** Without `userId`: everybody in the call but the one who asks. */
  z.object({ kind: z.literal('mute'), ...toPerson, userId: UserId.optional() }),
  z.object({
    kind: z.literal('lock'),
    channelSlug: ChannelSlug,
    reason: Reason,
    seconds: Seconds.optional(),
    scope: z.enum(['call', 'channel']).default('call'),
    exempt: z
      .array(z.enum(['moderator', 'member', 'listener']))
      .max(3)
      .default(['moderator']),
  }),
])
export type ModerationWish = z.infer<typeof ModerationWish>

/** DELETE /api/channels/:channelSlug/moderation/:actId, moderation.end: lift, unban, unlock, allow. Answers the ended `ModerationAct`; ending it again changes nothing. */
export const EndModeration = z.object({ channelSlug: ChannelSlug, actId: z.string().max(64) })

/**
 * POST /api/channels/:channelSlug/moderation/unlock, moderation.unlock: the lock in force ends, and one that somebody made in Galene's own
 * client, which is in no ledger. Throws what ending throws.
 */
export const UnlockChannel = z.object({ channelSlug: ChannelSlug })
export type Unlocked = { wasLocked: boolean }

/** GET /api/channels/:channelSlug/moderation?before=ACT&limit=, moderation.log: `ModerationLog`, newest first. */
export const ReadModerationLog = z.object({
  channelSlug: ChannelSlug,
  before: z.string().max(64).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(PAGE_SIZE),
})
/** Those who manage the channel see all of it; others what concerns themselves, and locks. */
export type ModerationLog = { acts: ModerationAct[]; hasMore: boolean }

/** GET /api/channels/:channelSlug/moderation/state, moderation.state: what is in force that I may see, and what I may do. Changes arrive as `moderation.changed`. */
export const ReadModerationState = z.object({ channelSlug: ChannelSlug })
export type ModerationState = { acts: ModerationAct[]; rights: Rights }
