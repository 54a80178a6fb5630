import type { Db } from '../../platform/db/index.ts'
import type { Message } from '../../protocol/chat.ts'

type Place = { channelId: number; slug: string }

const messages = (db: Db, { channelId }: Place) =>
  db
    .selectFrom('messages')
    .select(['id', 'seq', 'rev', 'authorId', 'clientId', 'kind', 'text'])
    .select(['postedAt', 'editedAt', 'deletedAt'])
    .where('channelId', '=', channelId)

const withSlug = (rows: Omit<Message, 'channelSlug'>[], channelSlug: string): Message[] =>
  rows.map((row) => ({ ...row, channelSlug }))

/** The newest messages before a sequence (or of all), newest first. */
export const messagesBefore = async (
  db: Db,
  place: Place,
  before: number | undefined,
  limit: number,
): Promise<Message[]> => {
  const newest = messages(db, place).orderBy('seq', 'desc').limit(limit)
  const wanted = before === undefined ? newest : newest.where('seq', '<', before)
  return withSlug(await wanted.execute(), place.slug)
}

/** Messages changed after a revision, by revision. */
export const messagesSince = async (
  db: Db,
  place: Place,
  since: number,
  limit: number,
): Promise<Message[]> =>
  withSlug(
    await messages(db, place).where('rev', '>', since).orderBy('rev').limit(limit).execute(),
    place.slug,
  )
