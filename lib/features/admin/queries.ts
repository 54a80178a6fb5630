import type { Db } from '../../platform/db/index.ts'

/** A channel as an admin may know it. `isTold`: it is open, or the person is in it. */
export type KnownChannel = { slug: string; name: string; isTold: boolean }

/** Every channel that is not archived, as this person may know it; without one, as everybody may. Nameless ones come last. */
export const channelsFor = async (db: Db, userId = ''): Promise<KnownChannel[]> => {
  const rows = await db
    .selectFrom('channels as c')
    .leftJoin('memberships as m', (join) =>
      join.onRef('m.channelId', '=', 'c.id').on('m.userId', '=', userId),
    )
    .select(['c.slug', 'c.name', 'c.private', 'm.userId as memberId'])
    .where('c.archived', '=', 0)
    .orderBy('c.slug')
    .execute()
  const channels = rows.map(({ slug, name, private: isPrivate, memberId }) => ({
    ...{ slug, name, isTold: isPrivate === 0 || memberId !== null },
  }))
  return channels.sort((a, b) => Number(b.isTold) - Number(a.isTold))
}
