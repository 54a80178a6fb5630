import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compiledOnce } from '../../../../../lib/platform/db/compiled.ts'
import type { Db } from '../../../../../lib/platform/db/index.ts'
import { type Database, openDatabase } from '../../../../../lib/platform/db/open.ts'

let database: Database
beforeEach(async () => {
  database = await openDatabase({ path: ':memory:' })
  await database.write((sqlite) => {
    for (const slug of ['one', 'two']) {
      sqlite.prepare('insert into channels (name, slug) values (?, ?)').run(`#${slug}`, slug)
    }
  })
})
afterEach(() => database.close())

const named = (db: Db, slug: string, name: string) =>
  db.selectFrom('channels').select('name').where('slug', '=', slug).where('name', '=', name)

describe('a query compiled once', () => {
  it('is built once, and answers for the parameters of each call', async () => {
    let built = 0
    const find = compiledOnce((db: Db, slug: string, name: string) => {
      built += 1
      return named(db, slug, name)
    })
    expect(await find(database.db, 'one', '#one')).toEqual([{ name: '#one' }])
    expect(await find(database.db, 'two', '#two')).toEqual([{ name: '#two' }])
    expect(await find(database.db, 'two', '#one')).toEqual([])
    expect(built).toBe(1)
  })
  it('runs in the transaction it is given', async () => {
    const find = compiledOnce(named)
    await find(database.db, 'one', '#one')
    const changed = database.db.transaction().execute(async (tx) => {
      await tx.updateTable('channels').set({ name: '#1' }).where('slug', '=', 'one').execute()
      return find(tx, 'one', '#1')
    })
    expect(await changed).toEqual([{ name: '#1' }])
  })
  it('refuses one whose parameters stand in another order', async () => {
    const find = compiledOnce((db: Db, name: string, slug: string) => named(db, slug, name))
    await expect(find(database.db, '#one', 'one')).rejects.toThrow('another order')
  })
})
