import type { Sqlite } from '../../platform/db/index.ts'

/** Everything here runs inside a write job, so that who may is decided with what is stored. */

/** No hash: a key that was revoked, and is only kept until its stream has ended. */
const REVOKED = 'revoked'
export const ANY_REVOKED = `${REVOKED}%`

export const isRevoked = ({ keyHash }: { keyHash: string }): boolean => keyHash.startsWith(REVOKED)

export type NewKey = {
  id: string
  channelId: number
  name: string
  keyHash: string
  createdBy: string
  createdAt: string
}

export const countKeys = (sqlite: Sqlite, channelId: number): number =>
  (
    sqlite
      .prepare('select count(*) as n from whipKeys where channelId = ? and keyHash not like ?')
      .get(channelId, ANY_REVOKED) as { n: number }
  ).n

export const insertKey = (sqlite: Sqlite, key: NewKey): void => {
  const { id, channelId, name, keyHash, createdBy, createdAt } = key
  sqlite
    .prepare(
      'insert into whipKeys (id, channelId, name, keyHash, createdBy, createdAt) values (?, ?, ?, ?, ?, ?)',
    )
    .run(id, channelId, name, keyHash, createdBy, createdAt)
}

/** Whether a device of somebody publishes into this channel's call, as far as is known. */
export const publishesInto = (sqlite: Sqlite, slug: string, userId: string): boolean =>
  sqlite
    .prepare(
      `select 1 from whipKeys k join channels c on c.id = k.channelId
       where k.createdBy = ? and k.resource is not null and c.slug = ?`,
    )
    .get(userId, slug) !== undefined

/** The key opens nothing from now on. False where the channel has no such key. */
export const revokeKey = (sqlite: Sqlite, channelId: number, id: string): boolean =>
  sqlite
    .prepare(
      'update whipKeys set keyHash = ? where id = ? and channelId = ? and keyHash not like ?',
    )
    .run(`${REVOKED} ${id}`, id, channelId, ANY_REVOKED).changes > 0
