import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SQLite from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Tables } from '../../../lib/platform/db/index.ts'
import { migrate } from '../../../lib/platform/db/migrate.ts'
import { openDatabase } from '../../../lib/platform/db/open.ts'
import { isUsableSlug, MAX_SLUG_LENGTH } from '../../../lib/protocol/slug.ts'
import { MIGRATIONS } from '../../../migrations/index.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pyrite-slugs-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A database as the version before slugs left it, then opened by this version. */
const upgraded = async (names: readonly string[]) => {
  const path = join(folder, 'pyrite.db')
  const sqlite = new SQLite(path)
  const old = new Kysely<Tables>({ dialect: new SqliteDialect({ database: sqlite }) })
  await migrate(old, { now: () => new Date(0), migrations: MIGRATIONS.slice(0, 1) })
  const insert = sqlite.prepare('insert into channels (name) values (?)')
  for (const name of names) insert.run(name)
  await old.destroy()
  const { db, close } = await openDatabase({ path })
  const channels = await db.selectFrom('channels').selectAll().orderBy('id').execute()
  await close()
  return channels
}
const slugs = async (...names: string[]) => (await upgraded(names)).map(({ slug }) => slug)

describe('0002-channel-slugs', () => {
  it('makes a slug from the name', async () => {
    expect(await slugs('General', 'Über uns!', '  Team  A/B  ')).toEqual([
      'general',
      'uber-uns',
      'team-ab',
    ])
  })
  it('gives the oldest of equal names the plain slug, and the others the next free number', async () => {
    expect(await slugs('General', 'general', 'general 2', 'GENERAL')).toEqual([
      'general',
      'general-2',
      'general-2-2',
      'general-3',
    ])
  })
  it('names with no letter in them are called channel', async () => {
    expect(await slugs('🎉🎉', '???', '', '日本')).toEqual([
      'channel',
      'channel-2',
      'channel-3',
      'channel-4',
    ])
  })
  it('never gives a reserved word', async () => {
    expect(await slugs('Admin', 'CON', 'API', 'admin')).toEqual([
      'admin-2',
      'con-2',
      'api-2',
      'admin-3',
    ])
  })
  it('cuts long names, leaving room for the number', async () => {
    const long = `${'word '.repeat(40)}end`
    const all = await slugs(long, long, 'x'.repeat(500), 'x'.repeat(500))
    expect(new Set(all).size).toBe(4)
    for (const slug of all) expect(slug.length).toBeLessThanOrEqual(MAX_SLUG_LENGTH)
    expect(all[1]).toMatch(/-2$/)
  })
  it('keeps names and ids, and every slug keeps the rule, whatever the names', async () => {
    const names = [
      '../x',
      'a/b',
      '.',
      '-',
      '--a--',
      '%2e%2e',
      'ｆｕｌｌ',
      'Straße',
      '<b>',
      'a'.repeat(10_000),
    ]
    const channels = await upgraded(names)
    expect(channels.map(({ id, name }) => [id, name])).toEqual(
      names.map((name, n) => [n + 1, name]),
    )
    for (const { slug } of channels) expect(isUsableSlug(slug)).toBe(true)
    expect(new Set(channels.map(({ slug }) => slug)).size).toBe(names.length)
  })
  it('older rows get what later columns ask for', async () => {
    expect(await upgraded(['General'])).toEqual([
      {
        id: 1,
        name: 'General',
        slug: 'general',
        topic: '',
        private: 0,
        archived: 0,
        recordable: 0,
        createdAt: '1970-01-01T00:00:00.000Z',
        createdBy: null,
        lastSeq: 0,
        lastRev: 0,
      },
    ])
  })
})
