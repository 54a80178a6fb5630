import type { Kysely } from 'kysely'
import slugify from 'slugify'
import { isUsableSlug, MAX_SLUG_LENGTH } from '../lib/protocol/slug.ts'
import type { Migration } from './migration.ts'

type Before = { channels: { id: number; name: string; slug: string } }

/** What a name of signs only becomes. */
const NAMELESS = 'channel'

const cut = (slug: string, length: number): string => slug.slice(0, length).replace(/-+$/, '')

const fromName = (name: string): string =>
  cut(
    slugify(name, { lower: true, strict: true, trim: true }).replace(/[^a-z0-9-]/g, ''),
    MAX_SLUG_LENGTH,
  ) || NAMELESS

/** The slug itself, or with the first number behind it that makes it usable and free: general, general-2, general-3. */
const firstFree = (wished: string, taken: ReadonlySet<string>): string => {
  for (let n = 1; ; n += 1) {
    const suffix = n === 1 ? '' : `-${n}`
    const slug = cut(wished, MAX_SLUG_LENGTH - suffix.length) + suffix
    if (isUsableSlug(slug) && !taken.has(slug)) return slug
  }
}

const fill = async (db: Kysely<Before>) => {
  const taken = new Set<string>()
  const channels = await db.selectFrom('channels').select(['id', 'name']).orderBy('id').execute()
  for (const { id, name } of channels) {
    const slug = firstFree(fromName(name), taken)
    taken.add(slug)
    await db.updateTable('channels').set({ slug }).where('id', '=', id).execute()
  }
}

/** Every channel gets a unique slug, made from its name; of equal ones the oldest keeps the plain form. */
export const migration: Migration = {
  name: '0002-channel-slugs',
  async up(db) {
    await db.schema
      .alterTable('channels')
      .addColumn('slug', 'text', (column) => column.notNull().defaultTo(''))
      .execute()
    await fill(db.withTables<Before>())
    await db.schema.createIndex('channelsBySlug').unique().on('channels').column('slug').execute()
  },
}
