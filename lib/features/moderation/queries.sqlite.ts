import type { Sqlite } from '../../platform/db/index.ts'
import type { Place, Row } from './rows.ts'

/** Everything here runs inside a write job, so that what is checked still holds when it is written. */

const ROW = `a.id, a.kind, a.userId, a.byUserId, a.reason, a.at, a.until, a.endedAt, a.endedBy, a.scope, a.exempt,
  a.channelId, c.slug`
const ACTS = `select ${ROW} from moderationActs a join channels c on c.id = a.channelId`
const HOLDS = 'a.endedAt is null and (a.until is null or a.until > ?)'

/** What is in force and concerns one person: acts upon them, and a lock, which alone has no person. Two parts, so that each finds its rows by the index. */
export const inForceFor = (sqlite: Sqlite, channelId: number, userId: string, at: string): Row[] =>
  sqlite
    .prepare(
      `${ACTS} where a.channelId = ? and a.userId = ? and ${HOLDS}
       union all ${ACTS} where a.channelId = ? and a.userId is null and ${HOLDS}`,
    )
    .all(channelId, userId, at, channelId, at) as Row[]

/** All that is in force in a channel. */
export const inForce = (sqlite: Sqlite, channelId: number, at: string): Row[] =>
  sqlite.prepare(`${ACTS} where a.channelId = ? and ${HOLDS}`).all(channelId, at) as Row[]

/** The ban that keeps a person out of an open channel. */
export const openBan = (sqlite: Sqlite, slug: string, userId: string, at: string) =>
  sqlite
    .prepare(
      `${ACTS} where c.slug = ? and c.private = 0 and a.kind = 'ban' and a.userId = ? and ${HOLDS}`,
    )
    .get(slug, userId, at) as Row | undefined

export const findAct = (sqlite: Sqlite, channelId: number, id: string): Row | undefined =>
  sqlite.prepare(`${ACTS} where a.channelId = ? and a.id = ?`).get(channelId, id) as Row | undefined

export const insertAct = (sqlite: Sqlite, { channelId }: Place, row: Row): void => {
  sqlite
    .prepare(
      `insert into moderationActs
       (id, channelId, kind, userId, byUserId, reason, at, until, endedAt, endedBy, scope, exempt)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      ...[row.id, channelId, row.kind, row.userId, row.byUserId, row.reason, row.at, row.until],
      ...[row.endedAt, row.endedBy, row.scope, row.exempt],
    )
}

export const endAct = (
  sqlite: Sqlite,
  { id, endedAt, endedBy }: Pick<Row, 'id' | 'endedAt' | 'endedBy'>,
): void => {
  sqlite
    .prepare('update moderationActs set endedAt = ?, endedBy = ? where id = ?')
    .run(endedAt, endedBy, id)
}

/** Ends what has run out, each at its own time, and answers it. */
export const endDue = (sqlite: Sqlite, at: string): Row[] => {
  const due = sqlite
    .prepare(`${ACTS} where a.endedAt is null and a.until <= ? order by a.until`)
    .all(at) as Row[]
  for (const { id, until } of due) endAct(sqlite, { id, endedAt: until, endedBy: null })
  return due.map((row) => ({ ...row, endedAt: row.until }))
}

export const isAdmin = (sqlite: Sqlite, userId: string): boolean =>
  sqlite.prepare("select 1 from users where id = ? and role = 'admin'").get(userId) !== undefined
