import type { Sqlite } from '../../platform/db/index.ts'
import type { ChannelRole } from '../../protocol/channels.ts'
import type { Standing } from './access.ts'

/** Everything here runs inside a write job, so that what is checked still holds when it is written. */

export const standingOf = (sqlite: Sqlite, userId: string, slug: string): Standing | undefined =>
  sqlite
    .prepare(
      `select c.id as channelId, c.slug, c.private, m.role, u.role = 'admin' as admin
       from channels c join users u on u.id = ? and u.disabled = 0
       left join memberships m on m.channelId = c.id and m.userId = u.id
       where c.slug = ?`,
    )
    .get(userId, slug) as Standing | undefined

export const isTaken = (sqlite: Sqlite, slug: string): boolean =>
  sqlite.prepare('select 1 from channels where slug = ?').get(slug) !== undefined

export type NewChannel = {
  name: string
  slug: string
  topic: string
  private: boolean
  createdBy: string
  createdAt: string
}

/** Answers the channel's number. */
export const insertChannel = (sqlite: Sqlite, c: NewChannel): number =>
  Number(
    sqlite
      .prepare(
        'insert into channels (name, slug, topic, private, createdBy, createdAt) values (?, ?, ?, ?, ?, ?)',
      )
      .run(c.name, c.slug, c.topic, c.private ? 1 : 0, c.createdBy, c.createdAt).lastInsertRowid,
  )

export type ChannelChange = {
  name?: string | undefined
  topic?: string | undefined
  recordable?: boolean | undefined
}

export const updateChannel = (
  sqlite: Sqlite,
  channelId: number,
  { name, topic, recordable }: ChannelChange,
): void => {
  sqlite
    .prepare(
      `update channels set name = coalesce(?, name), topic = coalesce(?, topic), recordable = coalesce(?, recordable)
       where id = ?`,
    )
    .run(
      name ?? null,
      topic ?? null,
      recordable === undefined ? null : Number(recordable),
      channelId,
    )
}

export type MembershipRow = { userId: string; role: ChannelRole; joinedAt: string }

export const findMembership = (
  sqlite: Sqlite,
  channelId: number,
  userId: string,
): MembershipRow | undefined =>
  sqlite
    .prepare('select userId, role, joinedAt from memberships where channelId = ? and userId = ?')
    .get(channelId, userId) as MembershipRow | undefined

/** Adds a person, who has read nothing yet, or gives one who is there another role. */
export const putMembership = (sqlite: Sqlite, channelId: number, m: MembershipRow): void => {
  sqlite
    .prepare(
      `insert into memberships (channelId, userId, role, joinedAt) values (?, ?, ?, ?)
       on conflict (channelId, userId) do update set role = excluded.role`,
    )
    .run(channelId, m.userId, m.role, m.joinedAt)
}

export const deleteMembership = (sqlite: Sqlite, channelId: number, userId: string): void => {
  sqlite
    .prepare('delete from memberships where channelId = ? and userId = ?')
    .run(channelId, userId)
}

export const countMembers = (sqlite: Sqlite, channelId: number): number =>
  (
    sqlite.prepare('select count(*) as n from memberships where channelId = ?').get(channelId) as {
      n: number
    }
  ).n

/** Active people in the channel but for one, and how many of them are moderators. */
export const countOthers = (
  sqlite: Sqlite,
  channelId: number,
  userId: string,
): { people: number; moderators: number } =>
  sqlite
    .prepare(
      `select count(*) as people, coalesce(sum(m.role = 'moderator'), 0) as moderators
       from memberships m join users u on u.id = m.userId and u.disabled = 0
       where m.channelId = ? and m.userId <> ?`,
    )
    .get(channelId, userId) as { people: number; moderators: number }

/**
 * Of each channel that active people are in and none of them moderates, who takes over: whoever has been there longest, and a
 * listener only where there is nobody else.
 */
export const heirs = (sqlite: Sqlite): (MembershipRow & { channelId: number; slug: string })[] =>
  sqlite
    .prepare(
      `select c.id as channelId, c.slug, m.userId, 'moderator' as role, m.joinedAt
       from channels c join memberships m on m.channelId = c.id and m.userId = (
         select p.userId from memberships p join users u on u.id = p.userId and u.disabled = 0
         where p.channelId = c.id order by p.role = 'listener', p.joinedAt, p.userId limit 1)
       where not exists (
         select 1 from memberships o join users v on v.id = o.userId and v.disabled = 0
         where o.channelId = c.id and o.role = 'moderator')`,
    )
    .all() as (MembershipRow & { channelId: number; slug: string })[]

export const isActivePerson = (sqlite: Sqlite, userId: string): boolean =>
  sqlite.prepare('select 1 from users where id = ? and disabled = 0').get(userId) !== undefined
