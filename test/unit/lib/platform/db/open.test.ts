import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SQLite from 'better-sqlite3'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isUniqueViolation } from '../../../../../lib/platform/db/index.ts'
import { type Database, openDatabase } from '../../../../../lib/platform/db/open.ts'
import { PyriteError } from '../../../../../lib/platform/errors.ts'
import { createLog } from '../../../../../lib/platform/log.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pyrite-db-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const alice = {
  id: 'alice',
  username: 'alice',
  displayName: 'Alice',
  role: 'admin',
  passwordHash: '-',
  disabled: 0,
  createdAt: '2026-01-01T00:00:00.000Z',
} as const
const pragma = async ({ db }: Database, name: string) =>
  Object.values((await sql`pragma ${sql.raw(name)}`.execute(db)).rows[0] ?? {})[0]
const names = async ({ db }: Database) =>
  (await db.selectFrom('users').select('username').orderBy('username').execute()).map(
    (row) => row.username,
  )

describe('opening', () => {
  it('makes the folder and a file that only its owner may read', async () => {
    const path = join(folder, 'deep', 'er', 'pyrite.db')
    const database = await openDatabase({ path })
    await database.db.insertInto('users').values(alice).execute()
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'deep')).mode & 0o777).toBe(0o700)
    await database.close()
  })
  it('keeps what was stored, in WAL, synced at every commit, with foreign keys and a wait for locks', async () => {
    const path = join(folder, 'pyrite.db')
    const first = await openDatabase({ path })
    expect(await pragma(first, 'journal_mode')).toBe('wal')
    expect(await pragma(first, 'synchronous')).toBe(2)
    expect(await pragma(first, 'foreign_keys')).toBe(1)
    expect(await pragma(first, 'busy_timeout')).toBe(5_000)
    await first.db.insertInto('users').values(alice).execute()
    await first.close()
    const second = await openDatabase({ path })
    expect(await names(second)).toEqual(['alice'])
    await second.close()
  })
  it.each([
    ['a file that is no database', (path: string) => writeFileSync(path, 'x'.repeat(8_192))],
    ['a folder', (path: string) => mkdirSync(path)],
  ])('says which path cannot be used when it is %s', async (_what, prepare) => {
    const path = join(folder, 'pyrite.db')
    prepare(path)
    const error = await openDatabase({ path }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(PyriteError)
    expect(error).toMatchObject({ code: 'storage.unavailable' })
    expect((error as Error).message).toContain(path)
  })
  it('says which path cannot be used when a file stands where its folder should be', async () => {
    writeFileSync(join(folder, 'data'), '')
    const path = join(folder, 'data', 'pyrite.db')
    await expect(openDatabase({ path })).rejects.toMatchObject({
      code: 'storage.unavailable',
      message: expect.stringContaining(path),
    })
  })
  it('refuses a database whose pages are damaged', async () => {
    const path = join(folder, 'pyrite.db')
    await (await openDatabase({ path })).close()
    const size = statSync(path).size
    const bytes = Buffer.alloc(size - 100, 0xa5)
    const header = new SQLite(path, { readonly: true }).serialize().subarray(0, 100)
    writeFileSync(path, Buffer.concat([header, bytes]))
    await expect(openDatabase({ path })).rejects.toMatchObject({ code: 'storage.unavailable' })
  })
})

describe('check', () => {
  it('is true while open, and false once closed; closing twice is harmless', async () => {
    const database = await openDatabase({ path: ':memory:' })
    expect(database.check()).toBe(true)
    await database.close()
    await database.close()
    expect(database.check()).toBe(false)
  })
  it('is false from a write that found the disk full until one works again, tried once a second', async () => {
    let time = Date.UTC(2026, 0, 1)
    const database = await openDatabase({ path: ':memory:', now: () => new Date(time) })
    const pages = Number(await pragma(database, 'page_count'))
    await pragma(database, `max_page_count = ${pages + 2}`)
    const big = { ...alice, displayName: 'x'.repeat(100_000) }
    expect(database.check()).toBe(true)
    await expect(database.db.insertInto('users').values(big).execute()).rejects.toThrow('full')
    expect(database.check()).toBe(false)
    await pragma(database, 'max_page_count = 1000000')
    time += 999
    expect(database.check()).toBe(false)
    time += 1
    expect(database.check()).toBe(true)
    expect(
      await database.db.selectFrom('migrations').select('name').where('name', '=', '~').execute(),
    ).toEqual([])
    await database.close()
  })
  it('does not wait for another program that holds the database, and passes when it lets go', async () => {
    const path = join(folder, 'pyrite.db')
    let time = Date.UTC(2026, 0, 1)
    const database = await openDatabase({ path, now: () => new Date(time) })
    const other = new SQLite(path)
    other.exec('begin immediate')
    await pragma(database, 'busy_timeout = 1')
    await expect(database.db.insertInto('users').values(alice).execute()).rejects.toMatchObject({
      code: 'storage.unavailable',
    })
    await pragma(database, 'busy_timeout = 600000')
    expect(database.check()).toBe(false)
    expect(await pragma(database, 'busy_timeout')).toBe(600_000)
    other.close()
    time += 1_000
    expect(database.check()).toBe(true)
    await database.close()
  })
})

describe('queries', () => {
  it('a value that must be unique is told from every other failure', async () => {
    const { db, close } = await openDatabase({ path: ':memory:' })
    await db.insertInto('users').values(alice).execute()
    const again = (id: string) =>
      db
        .insertInto('users')
        .values({ ...alice, id })
        .execute()
    expect(isUniqueViolation(await again('other').catch((error: unknown) => error))).toBe(true)
    expect(isUniqueViolation(await again('alice').catch((error: unknown) => error))).toBe(true)
    const nobody = { channelId: 7, userId: 'x', role: 'member', joinedAt: '', readSeq: 0 } as const
    const orphan = await db
      .insertInto('memberships')
      .values(nobody)
      .execute()
      .catch((error: unknown) => error)
    expect(orphan).toMatchObject({ code: 'SQLITE_CONSTRAINT_FOREIGNKEY' })
    expect(isUniqueViolation(orphan)).toBe(false)
    await close()
  })
  it('a transaction waits for another process instead of failing half-way', async () => {
    const path = join(folder, 'pyrite.db')
    const database = await openDatabase({ path })
    const other = new SQLite(path, { timeout: 0 })
    await database.db.transaction().execute(async (tx) => {
      await tx.selectFrom('users').selectAll().execute()
      expect(() => other.exec('begin immediate')).toThrow(/locked/)
      await tx.insertInto('users').values(alice).execute()
    })
    expect(other.prepare('select count(*) as n from users').get()).toEqual({ n: 1 })
    other.close()
    await database.close()
  })
  it('a full disk is `storage.unavailable`, also in a transaction, and passes when space returns', async () => {
    const database = await openDatabase({ path: ':memory:' })
    const { db } = database
    const big = (id: string) => ({ ...alice, id, username: id, displayName: 'x'.repeat(100_000) })
    const pages = Number(await pragma(database, 'page_count'))
    await pragma(database, `max_page_count = ${pages + 2}`)
    await expect(db.insertInto('users').values(big('bob')).execute()).rejects.toMatchObject({
      code: 'storage.unavailable',
      message: 'the disk that holds the database is full',
    })
    const inTransaction = db.transaction().execute(async (tx) => {
      await tx.insertInto('users').values(big('carol')).execute()
    })
    await expect(inTransaction).rejects.toMatchObject({ code: 'storage.unavailable' })
    await pragma(database, 'max_page_count = 1000000')
    await db.insertInto('users').values(big('bob')).execute()
    expect(await names(database)).toEqual(['bob'])
    await database.close()
  })
  it('a file that may only be read is `storage.unavailable` to writers, and readers go on', async () => {
    const database = await openDatabase({ path: ':memory:' })
    await pragma(database, 'query_only = 1')
    await expect(database.db.insertInto('users').values(alice).execute()).rejects.toMatchObject({
      code: 'storage.unavailable',
    })
    expect(await names(database)).toEqual([])
    await database.close()
  })
  it('what is wrong with the file is in the log, again each minute while it lasts', async () => {
    const lines: string[] = []
    const log = createLog('info', { write: (line) => lines.push(line) })
    let time = Date.UTC(2026, 0, 1)
    const database = await openDatabase({ path: ':memory:', log, now: () => new Date(time) })
    lines.length = 0
    await pragma(database, 'query_only = 1')
    const write = () => database.write((sqlite) => sqlite.prepare('delete from users').run())
    await expect(write()).rejects.toMatchObject({ code: 'storage.unavailable' })
    await expect(write()).rejects.toMatchObject({ code: 'storage.unavailable' })
    expect(lines).toEqual([expect.stringContaining('may only be read')])
    time += 60_000
    await expect(write()).rejects.toMatchObject({ code: 'storage.unavailable' })
    expect(lines).toHaveLength(2)
    await database.close()
  })
})
