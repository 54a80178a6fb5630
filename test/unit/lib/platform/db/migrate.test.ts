import SQLite from 'better-sqlite3'
import { Kysely, SqliteDialect, sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Tables } from '../../../../../lib/platform/db/index.ts'
import { migrate } from '../../../../../lib/platform/db/migrate.ts'
import type { Migration } from '../../../../../migrations/migration.ts'

const now = () => new Date(0)
const makes = (name: string, table: string): Migration => ({
  name,
  async up(db) {
    await db.schema.createTable(table).addColumn('id', 'integer').execute()
  },
})
const breaks = (name: string): Migration => ({
  name,
  async up(db) {
    await db.schema.createTable('half').addColumn('id', 'integer').execute()
    throw new Error('half-way')
  },
})
const one = makes('0001-one', 'one')
const two = makes('0002-two', 'two')
const checksums = { '0001-one': 'a', '0002-two': 'b' }

let db: Kysely<Tables>
beforeEach(() => {
  db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: new SQLite(':memory:') }) })
})
afterEach(() => db.destroy())

const tables = async () => {
  const { rows } = await sql<{
    name: string
  }>`select name from sqlite_master where type = 'table'`.execute(db)
  return rows.map(({ name }) => name).sort()
}

describe('migrate', () => {
  it('applies what is missing, in order, and remembers it with its checksum', async () => {
    expect(await migrate(db, { now, migrations: [one], checksums })).toEqual(['0001-one'])
    expect(await migrate(db, { now, migrations: [one, two], checksums })).toEqual(['0002-two'])
    expect(await migrate(db, { now, migrations: [one, two], checksums })).toEqual([])
    expect(await tables()).toEqual(['migrations', 'one', 'two'])
    expect(await db.selectFrom('migrations').selectAll().orderBy('name').execute()).toEqual([
      { name: '0001-one', checksum: 'a', appliedAt: '1970-01-01T00:00:00.000Z' },
      { name: '0002-two', checksum: 'b', appliedAt: '1970-01-01T00:00:00.000Z' },
    ])
  })
  it('one that fails leaves nothing behind, and those before it stay', async () => {
    const broken = { now, migrations: [one, breaks('0002-two')], checksums }
    await expect(migrate(db, broken)).rejects.toThrow('half-way')
    expect(await tables()).toEqual(['migrations', 'one'])
    expect(await migrate(db, { now, migrations: [one, two], checksums })).toEqual(['0002-two'])
  })
  it('refuses a database of a newer version, naming what it does not know, and changes nothing', async () => {
    await migrate(db, { now, migrations: [one, two], checksums })
    await expect(migrate(db, { now, migrations: [one], checksums })).rejects.toMatchObject({
      code: 'storage.unavailable',
      message: expect.stringMatching(/newer Pyrite.*0002-two/),
    })
    expect(await tables()).toEqual(['migrations', 'one', 'two'])
  })
  it('refuses when a migration was edited after the database was made with it', async () => {
    await migrate(db, { now, migrations: [one], checksums })
    const edited = { ...checksums, '0001-one': 'edited' }
    await expect(
      migrate(db, { now, migrations: [one, two], checksums: edited }),
    ).rejects.toMatchObject({
      code: 'storage.unavailable',
      message: expect.stringContaining('0001-one'),
    })
    expect(await tables()).toEqual(['migrations', 'one'])
  })
  it('a migration without a checksum is a bug that shows before anything is applied', async () => {
    await expect(migrate(db, { now, migrations: [one], checksums: {} })).rejects.toThrow(
      'npm run generate',
    )
    expect(await tables()).toEqual(['migrations'])
  })
})
