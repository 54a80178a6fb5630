import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SQLite from 'better-sqlite3'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Sqlite } from '../../../../../lib/platform/db/index.ts'
import { type Database, openDatabase } from '../../../../../lib/platform/db/open.ts'

let folder: string, database: Database, other: SQLite.Database
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pyrite-commit-'))
  const path = join(folder, 'pyrite.db')
  database = await openDatabase({ path })
  other = new SQLite(path)
})
afterEach(async () => {
  await database.close()
  other.close()
  rmSync(folder, { recursive: true, force: true })
})

const add = (name: string) => (sqlite: Sqlite) =>
  sqlite.prepare('insert into channels (name, slug) values (?, ?) returning name').get(name, name)
/** What another process sees: only what was committed. */
const stored = () =>
  other
    .prepare('select name from channels order by id')
    .all()
    .map((row) => (row as { name: string }).name)
const pragma = (text: string) => sql`pragma ${sql.raw(text)}`.execute(database.db)

describe('write', () => {
  it('answers what the job answers, once it is committed', async () => {
    expect(await database.write(add('general'))).toEqual({ name: 'general' })
    expect(stored()).toEqual(['general'])
  })
  it('stores jobs of one turn in one commit, in the order they came', async () => {
    const before = other.pragma('data_version', { simple: true })
    const names = Array.from({ length: 50 }, (_, n) => `channel-${n}`)
    const seen: unknown[] = []
    await Promise.all(
      names.map(async (name, n) => {
        await database.write(add(name))
        if (n === 0) seen.push(stored().length)
      }),
    )
    expect(stored()).toEqual(names)
    expect(seen).toEqual([50])
    expect(other.pragma('data_version', { simple: true })).not.toBe(before)
  })
  it('undoes only the job that throws, and tells only its caller', async () => {
    const failing = database.write((sqlite) => {
      add('half')(sqlite)
      throw new Error('no')
    })
    const outcomes = await Promise.allSettled([
      database.write(add('before')),
      failing,
      database.write(add('after')),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    await expect(failing).rejects.toThrow('no')
    expect(stored()).toEqual(['before', 'after'])
  })
  it('stores each job once, also when it had to run again because another one threw', async () => {
    const adding = vi.fn(add('before'))
    await Promise.allSettled([
      database.write(adding),
      database.write(() => {
        throw new Error('no')
      }),
    ])
    expect(adding).toHaveBeenCalledTimes(2)
    expect(stored()).toEqual(['before'])
  })
  it('a later job of the same commit sees what an earlier one wrote', async () => {
    const count = (sqlite: Sqlite) => sqlite.prepare('select count(*) as n from channels').get()
    const [, seen] = await Promise.all([database.write(add('general')), database.write(count)])
    expect(seen).toEqual({ n: 1 })
  })
  it('refuses an asynchronous job, and stores nothing of it', async () => {
    const job = database.write((sqlite) => {
      add('late')(sqlite)
      return Promise.resolve()
    })
    await expect(job).rejects.toThrow('must not be asynchronous')
    expect(stored()).toEqual([])
  })
  it('waits for an open transaction instead of becoming part of it', async () => {
    const job: Promise<unknown>[] = []
    const rolledBack = database.db.transaction().execute(async (tx) => {
      await tx
        .insertInto('channels')
        .values({
          name: 'undone',
          slug: 'undone',
          topic: '',
          private: 0,
          archived: 0,
          createdAt: '',
          createdBy: null,
          lastSeq: 0,
          lastRev: 0,
        })
        .execute()
      job.push(database.write(add('kept')))
      await new Promise((done) => setImmediate(() => setImmediate(done)))
      throw new Error('undo')
    })
    await expect(rolledBack).rejects.toThrow('undo')
    await Promise.all(job)
    expect(stored()).toEqual(['kept'])
  })
  it('stores everything of 200 writers who write again as soon as they are answered', async () => {
    await Promise.all(
      Array.from({ length: 200 }, async (_, writer) => {
        for (let n = 0; n < 10; n += 1) await database.write(add(`w${writer}-${n}`))
      }),
    )
    expect(stored()).toHaveLength(2_000)
  })
})

describe('a disk that fails', () => {
  const big = (name: string) => (sqlite: Sqlite) =>
    sqlite
      .prepare('insert into channels (name, slug) values (?, ?)')
      .run(name + 'x'.repeat(200_000), name)

  it('rejects every job of the batch with `storage.unavailable`, stores none, and works again when space returns', async () => {
    const pages = Number(other.pragma('page_count', { simple: true }))
    await pragma(`max_page_count = ${pages + 2}`)
    const outcomes = await Promise.allSettled([
      database.write(add('small')),
      database.write(big('big')),
      database.write(add('small-too')),
    ])
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { code: 'storage.unavailable' },
      })
    }
    expect(stored()).toEqual([])
    await pragma('max_page_count = 1000000')
    await Promise.all([database.write(add('small')), database.write(add('small-too'))])
    expect(stored()).toEqual(['small', 'small-too'])
  })
  it('rejects jobs while the file may only be read', async () => {
    await pragma('query_only = 1')
    await expect(database.write(add('general'))).rejects.toMatchObject({
      code: 'storage.unavailable',
    })
    await pragma('query_only = 0')
    await database.write(add('general'))
    expect(stored()).toEqual(['general'])
  })
  it('a commit that fails rejects the whole batch', async () => {
    // A deferred foreign key is looked at by the commit itself.
    other.exec(
      'create table children (parent integer references channels(id) deferrable initially deferred)',
    )
    const orphan = database.write((sqlite) =>
      sqlite.prepare('insert into children values (99)').run(),
    )
    const [first, second] = await Promise.allSettled([database.write(add('general')), orphan])
    expect([first.status, second.status]).toEqual(['rejected', 'rejected'])
    expect(stored()).toEqual([])
    await database.write(add('general'))
    expect(stored()).toEqual(['general'])
  })
})

describe('closing', () => {
  it('stores what was taken, and takes no more', async () => {
    const taken = database.write(add('general'))
    const closing = database.close()
    await expect(database.write(add('late'))).rejects.toMatchObject({ code: 'shutting-down' })
    await Promise.all([taken, closing])
    expect(stored()).toEqual(['general'])
  })
})
