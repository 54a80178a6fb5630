import type { Sqlite } from '../../platform/db/index.ts'
import { PyriteError } from '../../platform/errors.ts'
import type { ModerationAct, ModerationWish } from '../../protocol/moderation.ts'
import { expel, type Standing, standingOf } from '../channels/index.ts'
import { mustBeAbove } from './authority.ts'
import type { Consequences } from './consequences.ts'
import type { ModerationNeeds } from './needs.ts'
import * as stored from './queries.sqlite.ts'
import { type Row, toAct } from './rows.ts'

/** Kinds that happen and are over. */
const MOMENTARY: ReadonlySet<ModerationWish['kind']> = new Set(['kick', 'mute'])

const secondsIn = (wish: ModerationWish): number | undefined =>
  'seconds' in wish ? wish.seconds : undefined
const personIn = (wish: ModerationWish): string | null =>
  ('userId' in wish ? wish.userId : undefined) ?? null

const mustKnow = (sqlite: Sqlite, userId: string, slug: string): Standing => {
  const standing = standingOf(sqlite, userId, slug)
  if (!standing) throw new PyriteError('not-found', 'there is no such person')
  return standing
}

const asRow = (wish: ModerationWish, by: { userId: string }, at: Date, id: string) => {
  const seconds = secondsIn(wish)
  const isLock = wish.kind === 'lock'
  return {
    id,
    kind: wish.kind,
    userId: personIn(wish),
    byUserId: by.userId,
    reason: wish.reason,
    at: at.toISOString(),
    until: seconds === undefined ? null : new Date(at.getTime() + seconds * 1_000).toISOString(),
    endedAt: MOMENTARY.has(wish.kind) ? at.toISOString() : null,
    endedBy: MOMENTARY.has(wish.kind) ? by.userId : null,
    scope: isLock ? wish.scope : null,
    exempt: isLock ? [...new Set(wish.exempt)].join(',') : null,
  }
}

/** What the new act takes the place of. */
const replace = (sqlite: Sqlite, row: Row): Row[] => {
  if (MOMENTARY.has(row.kind)) return []
  const same = stored
    .inForce(sqlite, row.channelId, row.at)
    .filter(({ kind, userId }) => kind === row.kind && userId === row.userId)
    .map((old) => ({ ...old, endedAt: row.at, endedBy: row.byUserId }))
  for (const old of same) stored.endAct(sqlite, old)
  return same
}

export type Done = {
  row: Row
  /** Acts that ended because this one began. */
  replaced: Row[]
  /** Somebody who was in the channel and is not any more, and how many are left. */
  expelled?: { userId: string; memberCount: number }
}

/** Writing into the ledger: who may is decided in the same job that stores it. */
export const acting = (
  {
    database: { write },
    channels: { mustManage },
    sfu,
    publishesInto,
    now,
    newId,
  }: ModerationNeeds,
  consequences: Consequences,
) => {
  const mustBeInCall = (sqlite: Sqlite, { slug, userId, kind }: Row) => {
    // With Galene's own page somebody is in a call unseen.
    if (sfu().stockClient) return
    const inCall = sfu().participants(slug)
    if (userId === null ? inCall.length > 0 : inCall.some((p) => p.caller.userId === userId)) return
    if (kind === 'kick' && userId !== null && publishesInto(sqlite, slug, userId)) return
    throw new PyriteError('moderation.not-in-call', 'they are not in the call')
  }

  const record = (sqlite: Sqlite, byUserId: string, wish: ModerationWish, at: Date, id: string) => {
    const standing = mustManage(sqlite, byUserId, wish.channelSlug)
    const { channelId, slug } = standing
    const row: Row = { ...asRow(wish, { userId: byUserId }, at, id), channelId, slug }
    const { userId, kind } = row
    const target = userId === null ? undefined : mustKnow(sqlite, userId, slug)
    if (target && userId !== null) {
      mustBeAbove({ userId: byUserId, standing }, { userId, standing: target }, kind)
    }
    if (MOMENTARY.has(kind)) mustBeInCall(sqlite, row)
    const done: Done = { row, replaced: replace(sqlite, row) }
    stored.insertAct(sqlite, standing, row)
    if (kind !== 'ban' || userId === null || target?.role === null) return done
    return { ...done, expelled: { userId, memberCount: expel(sqlite, channelId, userId) } }
  }

  return {
    /** See `ModerationWish` for what it throws. */
    async act(byUserId: string, wish: ModerationWish): Promise<ModerationAct> {
      const id = newId()
      const done = await write((sqlite) => record(sqlite, byUserId, wish, now(), id))
      await consequences.began(done)
      return toAct(done.row)
    },
  }
}
