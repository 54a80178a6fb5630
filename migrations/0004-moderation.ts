import type { Kysely } from 'kysely'
import type { Migration } from './migration.ts'

const createActs = (db: Kysely<unknown>) =>
  db.schema
    .createTable('moderationActs')
    .addColumn('number', 'integer', (column) => column.primaryKey().autoIncrement().notNull())
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('channelId', 'integer', (column) =>
      column.notNull().references('channels.id').onDelete('cascade'),
    )
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('userId', 'text', (column) => column.references('users.id').onDelete('restrict'))
    .addColumn('byUserId', 'text', (column) =>
      column.notNull().references('users.id').onDelete('restrict'),
    )
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addColumn('until', 'text')
    .addColumn('endedAt', 'text')
    .addColumn('endedBy', 'text', (column) => column.references('users.id').onDelete('restrict'))
    .addColumn('scope', 'text')
    .addColumn('exempt', 'text')
    .execute()

/** The ledger: who was moderated by whom, why, until when, and how it ended. Rows are ended, never removed. */
export const migration: Migration = {
  name: '0004-moderation',
  async up(db) {
    await createActs(db)
    const index = (name: string) => db.schema.createIndex(name).on('moderationActs')
    await index('moderationActsByChannel').columns(['channelId', 'number']).execute()
    await index('moderationActsInForce')
      .columns(['channelId', 'userId'])
      .where('endedAt' as never, 'is', null)
      .execute()
    await index('moderationActsByUntil')
      .column('until')
      .where('endedAt' as never, 'is', null)
      .execute()
  },
}
