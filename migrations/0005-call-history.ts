import type { Kysely } from 'kysely'
import type { Migration } from './migration.ts'

/** Calls of channels, and who was in each when. The newest call of a channel is the one that runs, if one does. */
export const migration: Migration = {
  name: '0005-call-history',
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('calls')
      .addColumn('number', 'integer', (column) => column.primaryKey().autoIncrement().notNull())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('channelId', 'integer', (column) =>
        column.notNull().references('channels.id').onDelete('cascade'),
      )
      .addColumn('rev', 'integer', (column) => column.notNull())
      .addColumn('startedAt', 'text', (column) => column.notNull())
      .addColumn('endedAt', 'text')
      .addColumn('brief', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('seenAt', 'text', (column) => column.notNull())
      .execute()
    const ofCalls = (name: string) => db.schema.createIndex(name).on('calls')
    await ofCalls('callsByNumber').columns(['channelId', 'number']).execute()
    await ofCalls('callsByRev').unique().columns(['channelId', 'rev']).execute()
    await ofCalls('callsRunning')
      .column('endedAt')
      .where('endedAt' as never, 'is', null)
      .execute()

    await db.schema
      .createTable('callStays')
      .addColumn('number', 'integer', (column) => column.primaryKey().autoIncrement().notNull())
      .addColumn('callNumber', 'integer', (column) =>
        column.notNull().references('calls.number').onDelete('cascade'),
      )
      .addColumn('userId', 'text', (column) =>
        column.notNull().references('users.id').onDelete('cascade'),
      )
      .addColumn('joinedAt', 'text', (column) => column.notNull())
      .addColumn('leftAt', 'text')
      .execute()
    await db.schema.createIndex('callStaysByCall').on('callStays').column('callNumber').execute()
    await db.schema.createIndex('callStaysByUser').on('callStays').column('userId').execute()
  },
}
