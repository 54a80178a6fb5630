import { compiledOnce } from '../../platform/db/compiled.ts'
import type { Db } from '../../platform/db/index.ts'
import type { ChannelMember, ChannelRole } from '../../protocol/channels.ts'
import { MAX_UNREAD } from '../../protocol/limits.ts'
import type { Standing } from './access.ts'

const standingIn = compiledOnce((db: Db, userId: string, slug: string) =>
  db
    .selectFrom('channels as c')
    .innerJoin('users as u', (on) =>
      on.on('u.id', '=', userId).on((eb) => eb('u.disabled', '=', eb.lit(0))),
    )
    .leftJoin('memberships as m', (on) =>
      on.onRef('m.channelId', '=', 'c.id').onRef('m.userId', '=', 'u.id'),
    )
    .select(['c.id as channelId', 'c.slug', 'c.private', 'm.role', 'u.role as workspaceRole'])
    .where('c.slug', '=', slug),
)

export const standingOf = async (
  db: Db,
  userId: string,
  slug: string,
): Promise<Standing | undefined> => {
  const row = (await standingIn(db, userId, slug)).at(0)
  if (!row) return
  const { workspaceRole, ...standing } = row
  return { ...standing, admin: workspaceRole === 'admin' ? 1 : 0 }
}

const membershipIn = compiledOnce((db: Db, slug: string, userId: string) =>
  db
    .selectFrom('channels as c')
    .innerJoin('memberships as m', 'm.channelId', 'c.id')
    .select(['c.id as channelId', 'c.slug', 'm.role', 'm.readSeq', 'c.lastSeq', 'c.lastRev'])
    .where('c.slug', '=', slug)
    .where('m.userId', '=', userId),
)

/** What one person's membership says, and how far the channel has come. */
export const membershipOf = async (db: Db, userId: string, slug: string) =>
  (await membershipIn(db, slug, userId)).at(0)

/** What a channel is, whoever asks. */
const COLUMNS = [
  'c.slug',
  'c.name',
  'c.topic',
  'c.private',
  'c.archived',
  'c.createdAt',
  'c.recordable',
] as const

/** Channels with what only one of their members has; one query, whatever the number. */
const memberships = (db: Db) =>
  db
    .selectFrom('memberships as m')
    .innerJoin('channels as c', 'c.id', 'm.channelId')
    .select(COLUMNS)
    .select(['m.userId', 'm.role', 'm.readSeq', 'c.lastSeq', 'c.lastRev'])
    .select((eb) => [
      eb
        .selectFrom(
          eb
            .selectFrom('messages as x')
            .select('x.seq')
            .whereRef('x.channelId', '=', 'c.id')
            .whereRef('x.seq', '>', 'm.readSeq')
            .whereRef('x.authorId', '<>', 'm.userId')
            .where('x.deletedAt', 'is', null)
            .limit(MAX_UNREAD)
            .as('capped'),
        )
        .select((e) => e.fn.countAll<number>().as('n'))
        .as('unread'),
      eb
        .selectFrom('memberships as o')
        .whereRef('o.channelId', '=', 'c.id')
        .select((e) => e.fn.countAll<number>().as('n'))
        .as('memberCount'),
    ])

export const channelsOf = (db: Db, userId: string) =>
  memberships(db).where('m.userId', '=', userId).orderBy('c.slug').execute()

export const channelOf = (db: Db, userId: string, slug: string) =>
  memberships(db).where('m.userId', '=', userId).where('c.slug', '=', slug).executeTakeFirst()

/** A channel as each of its members sees it. */
export const channelOfEach = (db: Db, channelId: number) =>
  memberships(db).where('m.channelId', '=', channelId).execute()

export type MineRow = Awaited<ReturnType<typeof channelsOf>>[number]

const channels = (db: Db) => db.selectFrom('channels as c').select(COLUMNS)

export const findChannel = (db: Db, channelId: number) =>
  channels(db).where('c.id', '=', channelId).executeTakeFirst()

/** Open channels that a person is not in. */
export const openTo = (db: Db, userId: string) =>
  channels(db)
    .leftJoin('memberships as m', (on) =>
      on.onRef('m.channelId', '=', 'c.id').on('m.userId', '=', userId),
    )
    .where('c.private', '=', 0)
    .where('m.userId', 'is', null)
    .orderBy('c.slug')
    .execute()

export type ChannelRow = NonNullable<Awaited<ReturnType<typeof findChannel>>>

const idsOf = compiledOnce((db: Db, userId: string) =>
  db.selectFrom('memberships').select('channelId').where('userId', '=', userId),
)

export const channelIdsOf = async (db: Db, userId: string): Promise<number[]> =>
  (await idsOf(db, userId)).map(({ channelId }) => channelId)

export const slugsOf = async (db: Db, userId: string): Promise<string[]> => {
  const rows = await db
    .selectFrom('memberships as m')
    .innerJoin('channels as c', 'c.id', 'm.channelId')
    .select('c.slug')
    .where('m.userId', '=', userId)
    .execute()
  return rows.map(({ slug }) => slug)
}

export const membersOf = (db: Db, channelId: number): Promise<ChannelMember[]> =>
  db
    .selectFrom('memberships')
    .select(['userId', 'role', 'joinedAt'])
    .where('channelId', '=', channelId)
    .orderBy('joinedAt')
    .orderBy('userId')
    .execute()

/** Every channel with its active members by username, or only the one of this slug; two queries, whatever the number. */
export const channelsWithMembers = async (db: Db, slug?: string) => {
  const rows = await db
    .selectFrom('channels')
    .select(['id', 'slug', 'name', 'topic', 'private', 'recordable'])
    .$if(slug !== undefined, (query) => query.where('slug', '=', slug ?? ''))
    .orderBy('id')
    .execute()
  const [only] = rows
  if (!only) return []
  const members = new Map<number, Map<string, ChannelRole>>(rows.map(({ id }) => [id, new Map()]))
  const people = await db
    .selectFrom('memberships as m')
    .innerJoin('users as u', 'u.id', 'm.userId')
    .select(['m.channelId', 'm.role', 'u.username'])
    .where('u.disabled', '=', 0)
    .$if(slug !== undefined, (query) => query.where('m.channelId', '=', only.id))
    .orderBy('u.username')
    .execute()
  for (const { channelId, username, role } of people) members.get(channelId)?.set(username, role)
  return rows.map(({ id, slug, name, topic, private: isPrivate, recordable }) => ({
    slug,
    name,
    topic,
    private: isPrivate === 1,
    recordable: recordable === 1,
    members: members.get(id) ?? new Map<string, ChannelRole>(),
  }))
}
