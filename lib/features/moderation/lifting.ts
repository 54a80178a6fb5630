import type { z } from 'zod'
import { PyriteError } from '../../platform/errors.ts'
import type { EndModeration, ModerationAct, Unlocked } from '../../protocol/moderation.ts'
import { mustBeAbleToEnd } from './authority.ts'
import type { Consequences } from './consequences.ts'
import type { ModerationNeeds } from './needs.ts'
import * as stored from './queries.sqlite.ts'
import { type Row, toAct } from './rows.ts'

const isOver = ({ endedAt, until }: Row, at: string): boolean =>
  endedAt !== null || (until !== null && until <= at)

/** Ending what the ledger holds: who may is decided in the same job that stores it. */
export const lifting = (
  { database: { write }, channels: { mustManage }, sfu, now }: ModerationNeeds,
  consequences: Pick<Consequences, 'ended'>,
) => {
  /** Throws `channels.not-found`, `not-allowed`, `moderation.timed-out`, `moderation.protected`. */
  const lift = async (
    byUserId: string,
    slug: string,
    kind: 'lock' | 'forbid-presenting',
    userId: string | null,
  ): Promise<Row[]> => {
    const rows = await write((sqlite) => {
      const at = now().toISOString()
      const { channelId } = mustManage(sqlite, byUserId, slug)
      const held = stored
        .inForce(sqlite, channelId, at)
        .filter((row) => row.kind === kind && row.userId === userId)
        .map((row) => ({ ...row, endedAt: at, endedBy: byUserId }))
      for (const row of held) {
        mustBeAbleToEnd(byUserId, row.userId)
        stored.endAct(sqlite, row)
      }
      return held
    })
    await consequences.ended(rows)
    return rows
  }

  return {
    /** Throws what `allow` throws, and `not-found` (the act). */
    async end(
      byUserId: string,
      { channelSlug, actId }: z.infer<typeof EndModeration>,
    ): Promise<ModerationAct> {
      const { row, isNew } = await write((sqlite) => {
        const at = now().toISOString()
        const { channelId } = mustManage(sqlite, byUserId, channelSlug)
        const found = stored.findAct(sqlite, channelId, actId)
        if (!found) throw new PyriteError('not-found', 'there is no such act')
        if (isOver(found, at)) return { row: found, isNew: false }
        mustBeAbleToEnd(byUserId, found.userId)
        const row = { ...found, endedAt: at, endedBy: byUserId }
        stored.endAct(sqlite, row)
        return { row, isNew: true }
      })
      if (isNew) await consequences.ended([row])
      if (isNew && row.kind === 'lock') sfu().unlock(row.slug)
      return toAct(row)
    },

    /** Lets a person present again. Throws `channels.not-found`, `not-allowed`, `moderation.timed-out`, `moderation.protected`. */
    async allow(byUserId: string, channelSlug: string, userId: string): Promise<void> {
      await lift(byUserId, channelSlug, 'forbid-presenting', userId)
    },

    /** Opens a channel: ends its lock in the ledger, and one that an operator made at the media server itself. Throws what `allow` throws. */
    async unlock(byUserId: string, channelSlug: string): Promise<Unlocked> {
      const ended = await lift(byUserId, channelSlug, 'lock', null)
      const wasAtServer = sfu().unlock(channelSlug)
      return { wasLocked: ended.length > 0 || wasAtServer }
    },
  }
}
export type Lifting = ReturnType<typeof lifting>
