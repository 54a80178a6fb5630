import type { Db } from '../../platform/db/index.ts'
import type { CallRecord, Participant } from '../../sfu/sfu.ts'

/** The channel's internal number; undefined where there is no such channel. */
export const channelIdOf = async (db: Db, slug: string): Promise<number | undefined> =>
  (await db.selectFrom('channels').select('id').where('slug', '=', slug).executeTakeFirst())?.id

/** Every channel's number and slug. */
export const allChannels = (db: Db) =>
  db.selectFrom('channels').select(['id', 'slug']).orderBy('id').execute()

/** A call session begins when somebody has joined. Doing it twice changes nothing. */
export const openSession = async (
  db: Db,
  channelId: number,
  participant: Participant,
): Promise<void> => {
  await db
    .insertInto('callSessions')
    .values({
      id: participant.connectionId,
      channelId,
      userId: participant.caller.userId,
      joinedAt: participant.joinedAt.toISOString(),
      leftAt: null,
      reason: null,
      peerAddress: '',
      bytesUp: 0,
      bytesDown: 0,
      messagesUp: 0,
      messagesDown: 0,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute()
}

/** Ends a call session with what the bridge counted; writes it whole where its beginning was not stored. */
export const endSession = async (db: Db, channelId: number, record: CallRecord): Promise<void> => {
  const { peerAddress, bytesUp, bytesDown, messagesUp, messagesDown, reason } = record
  const counted = { peerAddress, bytesUp, bytesDown, messagesUp, messagesDown, reason }
  const leftAt = record.leftAt.toISOString()
  await db
    .insertInto('callSessions')
    .values({
      id: record.connectionId,
      channelId,
      userId: record.userId,
      joinedAt: record.joinedAt.toISOString(),
      leftAt,
      ...counted,
    })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ leftAt, ...counted }))
    .execute()
}

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
