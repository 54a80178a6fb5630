import type { Tables } from '../../platform/db/index.ts'
import type { ChannelRole } from '../../protocol/channels.ts'
import type { ModerationAct } from '../../protocol/moderation.ts'

/** A channel as the ledger knows it. */
export type Place = { channelId: number; slug: string }
/** A stored act, with its channel. */
export type Row = Omit<Tables['moderationActs'], 'number'> & { slug: string }

/** A stored act as it crosses the wire. */
export const toAct = (row: Row): ModerationAct => {
  const { id, slug, kind, userId, byUserId, reason, at, until, endedAt, endedBy } = row
  const exempt = (row.exempt ?? '').split(',').filter((role) => role !== '') as ChannelRole[]
  return {
    ...{ id, channelSlug: slug, kind, userId, byUserId, reason, at, until, endedAt, endedBy },
    lock: row.scope && { scope: row.scope, exempt },
  }
}
