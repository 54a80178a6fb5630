import { ModerationWish } from '../../protocol/moderation.ts'
import type { CallModeration } from '../../sfu/sfu.ts'
import type { acting } from './acting.ts'
import type { ModerationNeeds } from './needs.ts'
import * as queries from './queries.ts'

/** What an operator of a stock client gives back is the end of what holds. */
const ENDS = { 'allow-presenting': 'forbid-presenting', unlock: 'lock' } as const

/** Moderation that was asked for within a call: the same acts by the same rules. Rejects as `ModerationWish` says. */
export const fromCall =
  (
    { database: { db }, now }: Pick<ModerationNeeds, 'database' | 'now'>,
    { act, end }: ReturnType<typeof acting>,
  ): CallModeration =>
  async ({ userId: byUserId }, channelSlug, { kind, userId, reason }) => {
    if (kind !== 'allow-presenting' && kind !== 'unlock') {
      const wish = ModerationWish.parse({ kind, channelSlug, userId, reason: reason.slice(0, 500) })
      await act(byUserId, wish)
      return
    }
    const held = await queries.inForceIn(db, channelSlug, now().toISOString())
    const ended = held.filter((row) => row.kind === ENDS[kind] && row.userId === (userId ?? null))
    for (const { id } of ended) await end(byUserId, { channelSlug, actId: id })
  }
