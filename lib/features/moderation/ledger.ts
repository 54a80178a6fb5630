import type { Db, Sqlite } from '../../platform/db/index.ts'
import type { PyriteError } from '../../platform/errors.ts'
import type { ChannelRole } from '../../protocol/channels.ts'
import { type Judged, rightsOf } from '../../protocol/rights.ts'
import * as stored from './queries.sqlite.ts'
import * as queries from './queries.ts'
import { type Row, toAct } from './rows.ts'
import { refusal } from './words.ts'

export type LedgerNeeds = { db: Db; now: () => Date }

/** Somebody in a channel. */
export type InChannel = { channelId: number; userId: string; role: ChannelRole }

/** Admins who are in a channel manage it. */
const judged = (sqlite: Sqlite, { userId, role }: InChannel): Judged => {
  const manages = role === 'moderator' || stored.isAdmin(sqlite, userId)
  return { userId, role, manages }
}

const banAmong = (rows: readonly Row[], userId: string): Row | undefined =>
  rows.find(({ kind, userId: whom }) => kind === 'ban' && whom === userId)

/**
 * What the ledger says at the doors of channels and chat. The questions that take a `sqlite` are asked inside a write job: the answer
 * still holds when the job's own rows are stored.
 */
export const createLedger = ({ db, now }: LedgerNeeds) => {
  const at = () => now().toISOString()
  return {
    /** Throws `moderation.banned`, or `moderation.locked` for those who do not manage it. */
    mustComeIn(sqlite: Sqlite, channelId: number, userId: string, manages: boolean): void {
      const rows = stored.inForceFor(sqlite, channelId, userId, at())
      const ban = banAmong(rows, userId)
      if (ban) throw refusal(ban, at())
      const lock = rows.find(({ kind, scope }) => kind === 'lock' && scope === 'channel')
      if (lock && !manages) throw refusal(lock, at())
    },
    /** Throws `moderation.banned` for somebody whom nobody can invite. */
    mustBeInvitable(sqlite: Sqlite, channelId: number, userId: string): void {
      const ban = banAmong(stored.inForceFor(sqlite, channelId, userId, at()), userId)
      if (ban) throw refusal({ ...ban, reason: '' }, at())
    },
    /** Of somebody whose role may write. Throws `moderation.timed-out` or `moderation.locked`. */
    mustWrite(sqlite: Sqlite, who: InChannel): void {
      const rows = stored.inForceFor(sqlite, who.channelId, who.userId, at())
      if (rows.length === 0) return
      const judge = judged(sqlite, who)
      const act = rows.find((row) => !rightsOf(judge, [toAct(row)], at()).write)
      if (act) throw refusal(act, at())
    },
    /** Why somebody is not in a channel, where a ban is why and the channel is open to see. */
    banOf(sqlite: Sqlite, slug: string, userId: string): PyriteError | undefined {
      const ban = stored.openBan(sqlite, slug, userId, at())
      return ban && refusal(ban, at())
    },
    /** The same outside a write job. */
    async readBan(slug: string, userId: string): Promise<PyriteError | undefined> {
      const ban = await queries.openBan(db, slug, userId, at())
      return ban && refusal(ban, at())
    },
  }
}
