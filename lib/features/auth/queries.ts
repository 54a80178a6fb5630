import { compiledOnce } from '../../platform/db/compiled.ts'
import type { Db } from '../../platform/db/index.ts'
import type { Role } from '../../protocol/users.ts'

export type SessionRow = {
  id: string
  tokenHash: string
  userId: string
  createdAt: string
  lastSeenAt: string
  expiresAt: string
  userAgent: string
  address: string
}
/** A session with its person. `disabled` is 1 or 0. */
export type Found = {
  sessionId: string
  userId: string
  lastSeenAt: string
  expiresAt: string
  username: string
  displayName: string
  role: Role
  disabled: number
}

export const insert = async (db: Db, session: SessionRow): Promise<void> => {
  await db.insertInto('sessions').values(session).execute()
}

/** Whether the person may still sign in with the password that was checked: not disabled and not reset meanwhile. */
export const holds = async (db: Db, userId: string, passwordHash: string): Promise<boolean> => {
  const row = await db
    .selectFrom('users')
    .select('id')
    .where('id', '=', userId)
    .where('passwordHash', '=', passwordHash)
    .where('disabled', '=', 0)
    .executeTakeFirst()
  return row !== undefined
}

/** Asked at every request and every upgrade. */
const foundByTokenHash = compiledOnce((db: Db, tokenHash: string) =>
  db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.userId')
    .select([
      'sessions.id as sessionId',
      'sessions.userId',
      'sessions.lastSeenAt',
      'sessions.expiresAt',
      'users.username',
      'users.displayName',
      'users.role',
      'users.disabled',
    ])
    .where('sessions.tokenHash', '=', tokenHash),
)

export const byTokenHash = async (db: Db, tokenHash: string): Promise<Found | undefined> =>
  (await foundByTokenHash(db, tokenHash)).at(0)

export const prolong = async (
  db: Db,
  id: string,
  lastSeenAt: string,
  expiresAt: string,
): Promise<void> => {
  await db.updateTable('sessions').set({ lastSeenAt, expiresAt }).where('id', '=', id).execute()
}

/** Those that have not expired, the last used first. */
export const ofUser = (db: Db, userId: string, now: string): Promise<SessionRow[]> =>
  db
    .selectFrom('sessions')
    .selectAll()
    .where('userId', '=', userId)
    .where('expiresAt', '>', now)
    .orderBy('lastSeenAt', 'desc')
    .orderBy('id')
    .execute()

/** Where the open sessions of whoever has this name were begun. */
export const addressesOf = async (db: Db, username: string, now: string): Promise<string[]> => {
  const rows = await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.userId')
    .select('sessions.address')
    .distinct()
    .where('users.username', '=', username)
    .where('sessions.expiresAt', '>', now)
    .execute()
  return rows.map(({ address }) => address)
}

/** Ids asked for at once: a database takes only so many, and one length for all keeps it to one prepared statement. */
const AT_ONCE = 500

/** Which of these are open, and their people not disabled. */
export const openAmong = async (db: Db, ids: readonly string[], now: string): Promise<string[]> => {
  const open: string[] = []
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const some = ids.slice(at, at + AT_ONCE)
    const rows = await db
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.userId')
      .select('sessions.id')
      .where('sessions.id', 'in', [...some, ...Array<string>(AT_ONCE - some.length).fill('')])
      .where('sessions.expiresAt', '>', now)
      .where('users.disabled', '=', 0)
      .execute()
    open.push(...rows.map((row) => row.id))
  }
  return open
}

/** Which of a person's sessions to remove: one, all but one, or all. */
export type Which = { only?: string; except?: string }

/** Answers the ids of those that were there. */
export const remove = async (
  db: Db,
  userId: string,
  { only, except }: Which = {},
): Promise<string[]> => {
  let query = db.deleteFrom('sessions').where('userId', '=', userId)
  if (only !== undefined) query = query.where('id', '=', only)
  if (except !== undefined) query = query.where('id', '!=', except)
  return (await query.returning('id').execute()).map((row) => row.id)
}

/** Removes the sessions that ran out, and those of people who were disabled, so that enabling them again revives none. */
export const removeEnded = (db: Db, now: string): Promise<{ id: string; userId: string }[]> =>
  db
    .deleteFrom('sessions')
    .where((where) =>
      where.or([
        where('expiresAt', '<=', now),
        where(
          'userId',
          'in',
          where.selectFrom('users').select('users.id').where('users.disabled', '=', 1),
        ),
      ]),
    )
    .returning(['id', 'userId'])
    .execute()
