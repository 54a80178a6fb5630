import type { z } from 'zod'
import type { Changes, History, HistoryPage, Since } from '../../protocol/chat.ts'
import { MAX_CHANGES } from '../../protocol/limits.ts'
import type { ChatNeeds } from './chat.ts'
import * as queries from './queries.ts'

/** Most text in one answer of changes, in UTF-16 code units: what a full page of the longest messages holds. */
const MAX_CHANGES_LENGTH = 1_000_000

/**
 * Reading back. The revision is read before the messages, so an answer holds at least what its `rev` says; a change in between is in
 * both the answer and a push, and harmless.
 */
export const chatReads = ({
  database: { db },
  channels,
}: Pick<ChatNeeds, 'database' | 'channels'>) => ({
  /** A page of messages, oldest first. Throws `channels.not-found`. */
  async history(
    userId: string,
    { channelSlug, before, limit }: z.infer<typeof History>,
  ): Promise<HistoryPage> {
    const place = await channels.mustBeMember(userId, channelSlug)
    const newestFirst = await queries.messagesBefore(db, place, before, limit + 1)
    return {
      messages: newestFirst.slice(0, limit).reverse(),
      hasMore: newestFirst.length > limit,
      rev: place.lastRev,
    }
  },

  /** What changed after a revision, or that it is too much to tell. Throws `channels.not-found`. */
  async since(userId: string, { channelSlug, since }: z.infer<typeof Since>): Promise<Changes> {
    const place = await channels.mustBeMember(userId, channelSlug)
    const messages =
      since > place.lastRev ? [] : await queries.messagesSince(db, place, since, MAX_CHANGES + 1)
    const length = messages.reduce((sum, { text }) => sum + text.length, 0)
    if (since > place.lastRev || messages.length > MAX_CHANGES || length > MAX_CHANGES_LENGTH) {
      return { messages: [], rev: place.lastRev, reset: true }
    }
    return { messages, rev: Math.max(place.lastRev, messages.at(-1)?.rev ?? 0), reset: false }
  },
})
