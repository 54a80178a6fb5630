import type { Sqlite } from '../../platform/db/index.ts'
import type { ChannelRole } from '../../protocol/channels.ts'
import type { Message } from '../../protocol/chat.ts'
import { MAX_UNREAD } from '../../protocol/limits.ts'

/** Everything here runs inside a write job: what is checked still holds when it is written, and numbers have no gap. */

/** One person's place in one channel, and how far the channel has come. */
export type Place = {
  channelId: number
  slug: string
  role: ChannelRole
  readSeq: number
  lastSeq: number
  lastRev: number
}

export const placeOf = (sqlite: Sqlite, userId: string, slug: string): Place | undefined =>
  sqlite
    .prepare(
      `select c.id as channelId, c.slug, m.role, m.readSeq, c.lastSeq, c.lastRev
       from channels c join memberships m on m.channelId = c.id and m.userId = ?
       where c.slug = ?`,
    )
    .get(userId, slug) as Place | undefined

const MESSAGE = 'id, seq, rev, authorId, clientId, kind, text, postedAt, editedAt, deletedAt'
type Row = Omit<Message, 'channelSlug'>

const withSlug = (row: Row | undefined, channelSlug: string): Message | undefined =>
  row && { ...row, channelSlug }

export const findMessage = (
  sqlite: Sqlite,
  { channelId, slug }: Place,
  messageId: string,
): Message | undefined =>
  withSlug(
    sqlite
      .prepare(`select ${MESSAGE} from messages where id = ? and channelId = ?`)
      .get(messageId, channelId) as Row | undefined,
    slug,
  )

export const findByClientId = (
  sqlite: Sqlite,
  { channelId, slug }: Place,
  authorId: string,
  clientId: string,
): Message | undefined =>
  withSlug(
    sqlite
      .prepare(
        `select ${MESSAGE} from messages where channelId = ? and authorId = ? and clientId = ?`,
      )
      .get(channelId, authorId, clientId) as Row | undefined,
    slug,
  )

/** Stores a new message with the channel's next numbers. False, and nothing is stored, where its `clientId` is there already. */
export const insertMessage = (sqlite: Sqlite, { channelId }: Place, m: Message): boolean => {
  const { changes } = sqlite
    .prepare(
      `insert into messages (id, channelId, seq, rev, authorId, clientId, kind, text, postedAt)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (channelId, authorId, clientId) do nothing`,
    )
    .run(m.id, channelId, m.seq, m.rev, m.authorId, m.clientId, m.kind, m.text, m.postedAt)
  if (changes === 0) return false
  sqlite
    .prepare('update channels set lastSeq = ?, lastRev = ? where id = ?')
    .run(m.seq, m.rev, channelId)
  setReadSeq(sqlite, channelId, m.authorId, m.seq)
  return true
}

/** Stores a changed message with the channel's next revision. */
export const updateMessage = (sqlite: Sqlite, { channelId }: Place, m: Message): void => {
  sqlite
    .prepare(
      'update messages set rev = ?, kind = ?, text = ?, editedAt = ?, deletedAt = ? where id = ?',
    )
    .run(m.rev, m.kind, m.text, m.editedAt, m.deletedAt, m.id)
  sqlite.prepare('update channels set lastRev = ? where id = ?').run(m.rev, channelId)
}

export const setReadSeq = (
  sqlite: Sqlite,
  channelId: number,
  userId: string,
  readSeq: number,
): void => {
  sqlite
    .prepare('update memberships set readSeq = ? where channelId = ? and userId = ?')
    .run(readSeq, channelId, userId)
}

export const countUnread = (
  sqlite: Sqlite,
  channelId: number,
  userId: string,
  readSeq: number,
): number =>
  (
    sqlite
      .prepare(
        `select count(*) as n from (
           select 1 from messages
           where channelId = ? and seq > ? and authorId <> ? and deletedAt is null limit ${MAX_UNREAD})`,
      )
      .get(channelId, readSeq, userId) as { n: number }
  ).n

export const isAdmin = (sqlite: Sqlite, userId: string): boolean =>
  sqlite.prepare("select 1 from users where id = ? and role = 'admin'").get(userId) !== undefined
