import type { Db } from '../../platform/db/index.ts'

import { ANY_REVOKED } from './queries.sqlite.ts'

/** Keys with the channel they are for and the person they act for. */
const keys = (db: Db) =>
  db
    .selectFrom('whipKeys as k')
    .innerJoin('channels as c', 'c.id', 'k.channelId')
    .innerJoin('users as u', 'u.id', 'k.createdBy')
    .select(['k.id', 'k.name', 'k.createdBy', 'k.createdAt', 'k.publishedAt', 'c.slug'])
    .select(['k.keyHash', 'k.resource', 'k.resourceToken'])
    .select(['u.username', 'u.displayName', 'u.disabled'])

export type KeyRow = NonNullable<Awaited<ReturnType<typeof keyByHash>>>

/** The key of this hash, if it is for the channel of this slug. */
export const keyByHash = (db: Db, keyHash: string, slug: string) =>
  keys(db).where('k.keyHash', '=', keyHash).where('c.slug', '=', slug).executeTakeFirst()

/** Revoked or not. */
export const keyById = (db: Db, id: string) => keys(db).where('k.id', '=', id).executeTakeFirst()

/** A channel's keys, oldest first. */
export const keysOf = (db: Db, channelId: number) =>
  keys(db)
    .where('k.channelId', '=', channelId)
    .where('k.keyHash', 'not like', ANY_REVOKED)
    .orderBy('k.createdAt')
    .orderBy('k.id')
    .execute()

/** Keys that publish now, as far as is known: of everybody, or of one person, in one channel or in all. */
export const publishing = (db: Db, userId?: string, slug?: string) =>
  keys(db)
    .where('k.resource', 'is not', null)
    .$if(userId !== undefined, (query) => query.where('k.createdBy', '=', userId ?? ''))
    .$if(slug !== undefined, (query) => query.where('c.slug', '=', slug ?? ''))
    .execute()

/** Removes revoked keys that publish nothing any more. */
export const deleteRevoked = async (db: Db): Promise<void> => {
  await db
    .deleteFrom('whipKeys')
    .where('keyHash', 'like', ANY_REVOKED)
    .where('resource', 'is', null)
    .execute()
}

export type Publishing = { resource: string; token: string; at: string }

/** The key publishes this now. Answers whether it is still the key that it was. */
export const began = async (db: Db, { id, keyHash }: KeyRow, now: Publishing): Promise<boolean> => {
  const { resource, token, at } = now
  const { numUpdatedRows } = await db
    .updateTable('whipKeys')
    .set({ resource, resourceToken: token, publishedAt: at })
    .where('id', '=', id)
    .where('keyHash', '=', keyHash)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/**
 * What the key publishes has to end, where it is this: until that is done, nothing says since when it publishes, and another stream of
 * the key may take its place.
 */
export const mustEnd = async (db: Db, id: string, resource: string): Promise<void> => {
  await db
    .updateTable('whipKeys')
    .set({ publishedAt: null })
    .where('id', '=', id)
    .where('resource', '=', resource)
    .execute()
}

/** The key publishes no more, where it was this that it published. */
export const ended = async (db: Db, id: string, resource: string): Promise<void> => {
  await db
    .updateTable('whipKeys')
    .set({ resource: null, resourceToken: null, publishedAt: null })
    .where('id', '=', id)
    .where('resource', '=', resource)
    .execute()
}
