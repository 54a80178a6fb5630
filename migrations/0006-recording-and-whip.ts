import type { Migration } from './migration.ts'

/** Which channels may be recorded, and the keys that devices publish with; of a key only its hash is kept. */
export const migration: Migration = {
  name: '0006-recording-and-whip',
  async up(db) {
    await db.schema
      .alterTable('channels')
      .addColumn('recordable', 'integer', (column) => column.notNull().defaultTo(0))
      .execute()

    await db.schema
      .createTable('whipKeys')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('channelId', 'integer', (column) =>
        column.notNull().references('channels.id').onDelete('cascade'),
      )
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('keyHash', 'text', (column) => column.notNull().unique())
      .addColumn('createdBy', 'text', (column) =>
        column.notNull().references('users.id').onDelete('cascade'),
      )
      .addColumn('createdAt', 'text', (column) => column.notNull())
      .addColumn('resource', 'text')
      .addColumn('resourceToken', 'text')
      .addColumn('publishedAt', 'text')
      .execute()
    await db.schema.createIndex('whipKeysByChannel').on('whipKeys').column('channelId').execute()
  },
}
