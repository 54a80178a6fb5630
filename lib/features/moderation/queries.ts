import { compiledOnce } from '../../platform/db/compiled.ts'
import type { Db } from '../../platform/db/index.ts'

const acts = (db: Db) =>
  db
    .selectFrom('moderationActs as a')
    .innerJoin('channels as c', 'c.id', 'a.channelId')
    .select(['a.id', 'a.channelId', 'c.slug', 'a.kind', 'a.userId', 'a.byUserId', 'a.reason'])
    .select(['a.at', 'a.until', 'a.endedAt', 'a.endedBy', 'a.scope', 'a.exempt'])

const holding = (db: Db, at: string) =>
  acts(db)
    .where('a.endedAt', 'is', null)
    .where((where) => where.or([where('a.until', 'is', null), where('a.until', '>', at)]))

/** All that is in force in a channel, the oldest first. */
export const inForce = (db: Db, channelId: number, at: string) =>
  holding(db, at).where('a.channelId', '=', channelId).orderBy('a.number').execute()

/** What is in force and concerns one person: acts upon them, and a lock, which alone has no person. Two parts, so that each finds its rows by the index. */
const forOne = compiledOnce(
  (db: Db, at: string, channel: number, userId: string, atAgain: string, channelAgain: number) =>
    holding(db, at)
      .where('a.channelId', '=', channel)
      .where('a.userId', '=', userId)
      .unionAll(
        holding(db, atAgain).where('a.channelId', '=', channelAgain).where('a.userId', 'is', null),
      ),
)
export const inForceFor = (db: Db, channelId: number, userId: string, at: string) =>
  forOne(db, at, channelId, userId, at, channelId)

/** Every lock in force. */
export const locks = (db: Db, at: string) => holding(db, at).where('a.kind', '=', 'lock').execute()

/** The ban that keeps a person out of an open channel. */
export const openBan = (db: Db, slug: string, userId: string, at: string) =>
  holding(db, at)
    .where('c.slug', '=', slug)
    .where('c.private', '=', 0)
    .where('a.kind', '=', 'ban')
    .where('a.userId', '=', userId)
    .executeTakeFirst()

/** Which part of a channel's log: all of it, or what one person may see: what concerns them, and locks. */
export type Part = { before: string | undefined; limit: number; only: string | undefined }

/** Newest first. */
export const logOf = (db: Db, channelId: number, { before, limit, only }: Part) =>
  acts(db)
    .where('a.channelId', '=', channelId)
    .$if(before !== undefined, (query) =>
      query.where('a.number', '<', (where) =>
        where
          .selectFrom('moderationActs')
          .select('number')
          .where('id', '=', before ?? ''),
      ),
    )
    .$if(only !== undefined, (query) =>
      query.where((where) =>
        where.or([where('a.userId', '=', only ?? ''), where('a.kind', '=', 'lock')]),
      ),
    )
    .orderBy('a.number', 'desc')
    .limit(limit)
    .execute()

/** Since when a person can have been in a channel's call without a break: they came into the channel then, or were last kicked. */
export const insideSince = async (db: Db, channelId: number, userId: string): Promise<string> => {
  const kick = db
    .selectFrom('moderationActs')
    .select('at')
    .where('channelId', '=', channelId)
    .where('userId', '=', userId)
    .where('kind', '=', 'kick')
  const entry = db
    .selectFrom('memberships')
    .select('joinedAt as at')
    .where('channelId', '=', channelId)
    .where('userId', '=', userId)
  const newest = await kick.unionAll(entry).orderBy('at', 'desc').limit(1).executeTakeFirst()
  return newest?.at ?? ''
}

/** Everybody active who is in a channel, or an admin, with what decides whether they manage it. */
export const audience = (db: Db, channelId: number) =>
  db
    .selectFrom('users as u')
    .innerJoin('channels as c', (on) => on.on('c.id', '=', channelId))
    .leftJoin('memberships as m', (on) =>
      on.onRef('m.userId', '=', 'u.id').onRef('m.channelId', '=', 'c.id'),
    )
    .select(['u.id as userId', 'u.role as workspaceRole', 'm.role', 'c.private'])
    .where('u.disabled', '=', 0)
    .where((where) => where.or([where('m.role', 'is not', null), where('u.role', '=', 'admin')]))
    .execute()

/** When the next act ends by itself. */
export const nextUntil = async (db: Db): Promise<string | undefined> =>
  (
    await db
      .selectFrom('moderationActs')
      .select('until')
      .where('endedAt', 'is', null)
      .where('until', 'is not', null)
      .orderBy('until')
      .limit(1)
      .executeTakeFirst()
  )?.until ?? undefined

export const isOpen = async (db: Db, channelId: number): Promise<boolean> =>
  (await db.selectFrom('channels').select('private').where('id', '=', channelId).executeTakeFirst())
    ?.private === 0
