import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../../lib/platform/db/open.ts'

const at = '2026-01-01T00:00:00.000Z'
let database: Database
beforeEach(async () => {
  database = await openDatabase({ path: ':memory:' })
  const { db } = database
  const person = { role: 'member', passwordHash: '-', disabled: 0, createdAt: at } as const
  for (const id of ['alice', 'bob']) {
    await db
      .insertInto('users')
      .values({ ...person, id, username: id, displayName: id })
      .execute()
  }
  for (const slug of ['garden', 'kitchen'])
    await db.insertInto('channels').values(channel(slug)).execute()
})
afterEach(() => database.close())

const channel = (slug: string) => ({
  name: slug,
  slug,
  topic: '',
  private: 0,
  archived: 0,
  createdAt: at,
  createdBy: 'bob',
  lastSeq: 0,
  lastRev: 0,
})
let n = 0
const post = (over: {
  channelId?: number
  seq: number
  rev: number
  clientId: string
  authorId?: string
}) => {
  n += 1
  return database.db
    .insertInto('messages')
    .values({
      id: `m${n}`,
      channelId: 1,
      authorId: 'alice',
      kind: 'text',
      text: 'hi',
      postedAt: at,
      editedAt: null,
      deletedAt: null,
      ...over,
    })
    .execute()
}
const unique = { code: 'SQLITE_CONSTRAINT_UNIQUE' }

describe('the schema', () => {
  it('a slug, a username and a session token are unique', async () => {
    const { db } = database
    await expect(
      db.insertInto('channels').values(channel('garden')).execute(),
    ).rejects.toMatchObject(unique)
    const session = { userId: 'alice', createdAt: at, lastSeenAt: at, expiresAt: at }
    const open = (id: string) =>
      db
        .insertInto('sessions')
        .values({ ...session, id, tokenHash: 'h', userAgent: '', address: '' })
        .execute()
    await open('s1')
    await expect(open('s2')).rejects.toMatchObject(unique)
  })
  it('a sequence, a revision and a client id occur once in a channel, and again in another', async () => {
    await post({ seq: 1, rev: 1, clientId: 'c1' })
    await expect(post({ seq: 1, rev: 2, clientId: 'c2' })).rejects.toMatchObject(unique)
    await expect(post({ seq: 2, rev: 1, clientId: 'c2' })).rejects.toMatchObject(unique)
    await expect(post({ seq: 2, rev: 2, clientId: 'c1' })).rejects.toMatchObject(unique)
    await post({ channelId: 2, seq: 1, rev: 1, clientId: 'c1' })
    await post({ seq: 2, rev: 2, clientId: 'c1', authorId: 'bob' })
  })
  it('a channel takes its members, messages and call records with it; its maker leaving does not take the channel', async () => {
    const { db } = database
    await post({ seq: 1, rev: 1, clientId: 'c1' })
    await db
      .insertInto('memberships')
      .values({ channelId: 1, userId: 'alice', role: 'member', joinedAt: at, readSeq: 0 })
      .execute()
    await db.deleteFrom('channels').where('slug', '=', 'garden').execute()
    expect(await db.selectFrom('messages').select('id').execute()).toEqual([])
    expect(await db.selectFrom('memberships').select('userId').execute()).toEqual([])
    await db.deleteFrom('users').where('id', '=', 'bob').execute()
    expect(await db.selectFrom('channels').select(['slug', 'createdBy']).execute()).toEqual([
      { slug: 'kitchen', createdBy: null },
    ])
  })
  it('a person who wrote something cannot be deleted', async () => {
    await post({ seq: 1, rev: 1, clientId: 'c1' })
    await expect(
      database.db.deleteFrom('users').where('id', '=', 'alice').execute(),
    ).rejects.toMatchObject({ code: expect.stringContaining('CONSTRAINT') })
  })
  it.each([
    ['where "channelId" = 1 and seq < 9 order by seq desc limit 50', 'messagesBySeq'],
    ['where "channelId" = 1 and rev > 9 order by rev limit 500', 'messagesByRev'],
    [`where "channelId" = 1 and "authorId" = 'a' and "clientId" = 'c'`, 'messagesByClientId'],
  ])('messages %s are found by an index, without sorting', async (where, index) => {
    const plan = await sql<{
      detail: string
    }>`explain query plan select * from messages ${sql.raw(where)}`.execute(database.db)
    const details = plan.rows.map(({ detail }) => detail).join('; ')
    expect(details).toContain(`USING INDEX ${index}`)
    expect(details).not.toContain('TEMP B-TREE')
  })
})
