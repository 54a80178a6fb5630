import type { Db } from '../../platform/db/index.ts'
import type { CallStay } from '../../protocol/calls.ts'

/** The channel's internal number; undefined where there is no such channel. */
export const channelIdOf = async (db: Db, slug: string): Promise<number | undefined> =>
  (await db.selectFrom('channels').select('id').where('slug', '=', slug).executeTakeFirst())?.id

/** Every channel's number and slug. */
export const allChannels = (db: Db) =>
  db.selectFrom('channels').select(['id', 'slug']).orderBy('id').execute()

/** Sessions that a crash left open end when this server starts: nobody is connected then. */
export const endOpenSessions = async (db: Db, at: string): Promise<void> => {
  await db
    .updateTable('callSessions')
    .set({ leftAt: at, reason: 'the server stopped' })
    .where('leftAt', 'is', null)
    .execute()
}

/** Whether a person was in a channel's call at that time. */
export const wasInCall = async (
  db: Db,
  { channelId, userId, at }: { channelId: number; userId: string; at: string },
): Promise<boolean> => {
  const session = await db
    .selectFrom('callSessions')
    .select('id')
    .where('channelId', '=', channelId)
    .where('userId', '=', userId)
    .where('joinedAt', '<=', at)
    .where((where) => where.or([where('leftAt', 'is', null), where('leftAt', '>=', at)]))
    .limit(1)
    .executeTakeFirst()
  return session !== undefined
}

/** The newest revision of a channel's calls; 0 when there were none. */
export const callsRev = async (db: Db, channelId: number): Promise<number> =>
  (
    await db
      .selectFrom('calls')
      .select((select) => select.fn.max('rev').as('rev'))
      .where('channelId', '=', channelId)
      .executeTakeFirst()
  )?.rev ?? 0

/** The newest calls worth telling before one of them (or of all), newest first. */
export const callsBefore = (db: Db, channelId: number, before: string | undefined, limit: number) =>
  db
    .selectFrom('calls')
    .select(['number', 'id', 'rev', 'startedAt', 'endedAt'])
    .where('channelId', '=', channelId)
    .where('brief', '=', 0)
    .$if(before !== undefined, (query) =>
      query.where('number', '<', (where) =>
        where
          .selectFrom('calls')
          .select('number')
          .where('id', '=', before ?? '')
          .where('channelId', '=', channelId),
      ),
    )
    .orderBy('number', 'desc')
    .limit(limit)
    .execute()

/** Who was in these calls, by call, in the order of coming. */
export const staysOf = async (db: Db, callNumbers: readonly number[]) => {
  const rows = await db
    .selectFrom('callStays')
    .select(['callNumber', 'userId', 'joinedAt', 'leftAt'])
    .where('callNumber', 'in', callNumbers)
    .orderBy('number')
    .execute()
  const byCall = new Map<number, CallStay[]>()
  for (const { callNumber, ...stay } of rows) {
    byCall.set(callNumber, [...(byCall.get(callNumber) ?? []), stay])
  }
  return byCall
}
