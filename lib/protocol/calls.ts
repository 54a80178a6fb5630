import { z } from 'zod'
import { ChannelSlug } from './channels.ts'
import { CALLS_PAGE_SIZE } from './limits.ts'

/** One person in one call, from when they came until they went; null while they are in it. Somebody who came back later has another one. */
export type CallStay = { userId: string; joinedAt: string; leftAt: string | null }

/**
 * One call of a channel, from the first person in to the last one out, with everybody who was in it. Times are ISO 8601 in UTC.
 * `endedAt` is null while it runs. `rev` numbers the changes of a channel's calls: of two states of one call the higher one is newer.
 * A `brief` one is over and not worth telling: no page holds it, and what was drawn of it goes.
 */
export type CallCard = {
  id: string
  channelSlug: string
  rev: number
  startedAt: string
  endedAt: string | null
  brief: boolean
  /** By `joinedAt`. */
  stays: CallStay[]
}

/** calls.history, GET /api/channels/:channelSlug/calls?before=CALL&limit=: `CallsPage`, oldest first. Without `before`: the newest page. */
export const CallHistory = z.object({
  channelSlug: ChannelSlug,
  before: z.string().max(64).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(CALLS_PAGE_SIZE),
})
/** `rev` is that of the newest change that the page was read after: what follows arrives as pushes. */
export type CallsPage = { calls: CallCard[]; hasMore: boolean; rev: number }
