import type { Migration } from './migration.ts'

/** People, their sessions, and channels that only have a name. */
export const migration: Migration = {
  name: '0001-people-and-channels',
  async up(db) {
    await db.schema
      .createTable('users')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('username', 'text', (column) => column.notNull().unique())
      .addColumn('displayName', 'text', (column) => column.notNull())
      .addColumn('role', 'text', (column) => column.notNull())
      .addColumn('passwordHash', 'text', (column) => column.notNull())
      .addColumn('disabled', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('createdAt', 'text', (column) => column.notNull())
      .execute()

    await db.schema
      .createTable('sessions')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('tokenHash', 'text', (column) => column.notNull().unique())
      .addColumn('userId', 'text', (column) =>
        column.notNull().references('users.id').onDelete('cascade'),
      )
      .addColumn('createdAt', 'text', (column) => column.notNull())
      .addColumn('lastSeenAt', 'text', (column) => column.notNull())
      .addColumn('expiresAt', 'text', (column) => column.notNull())
      .addColumn('userAgent', 'text', (column) => column.notNull())
      .addColumn('address', 'text', (column) => column.notNull())
      .execute()
    await db.schema.createIndex('sessionsByUser').on('sessions').column('userId').execute()
    await db.schema.createIndex('sessionsByExpiry').on('sessions').column('expiresAt').execute()

    await db.schema
      .createTable('channels')
      .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('name', 'text', (column) => column.notNull())
      .execute()
  },
}
