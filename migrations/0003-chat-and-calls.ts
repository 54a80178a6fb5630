import type { Kysely } from 'kysely'
import type { Migration } from './migration.ts'

/** Channels from before this migration have no date of their own. */
const LONG_AGO = '1970-01-01T00:00:00.000Z'

/** One column per statement: SQLite takes no more. */
const widenChannels = async (db: Kysely<unknown>) => {
  const channels = () => db.schema.alterTable('channels')
  await channels()
    .addColumn('topic', 'text', (column) => column.notNull().defaultTo(''))
    .execute()
  for (const flagOrCount of ['private', 'archived', 'lastSeq', 'lastRev']) {
    await channels()
      .addColumn(flagOrCount, 'integer', (column) => column.notNull().defaultTo(0))
      .execute()
  }
  await channels()
    .addColumn('createdAt', 'text', (column) => column.notNull().defaultTo(LONG_AGO))
    .execute()
  await channels()
    .addColumn('createdBy', 'text', (column) => column.references('users.id').onDelete('set null'))
    .execute()
}

const createMemberships = async (db: Kysely<unknown>) => {
  await db.schema
    .createTable('memberships')
    .addColumn('channelId', 'integer', (column) =>
      column.notNull().references('channels.id').onDelete('cascade'),
    )
    .addColumn('userId', 'text', (column) =>
      column.notNull().references('users.id').onDelete('cascade'),
    )
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('joinedAt', 'text', (column) => column.notNull())
    .addColumn('readSeq', 'integer', (column) => column.notNull().defaultTo(0))
    .addPrimaryKeyConstraint('membershipsKey', ['channelId', 'userId'])
    .execute()
  await db.schema.createIndex('membershipsByUser').on('memberships').column('userId').execute()
}

/** Messages outlive nothing: they go with their channel, and a person who wrote any cannot be removed, only disabled. */
const createMessages = async (db: Kysely<unknown>) => {
  await db.schema
    .createTable('messages')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('channelId', 'integer', (column) =>
      column.notNull().references('channels.id').onDelete('cascade'),
    )
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addColumn('rev', 'integer', (column) => column.notNull())
    .addColumn('authorId', 'text', (column) =>
      column.notNull().references('users.id').onDelete('restrict'),
    )
    .addColumn('clientId', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('text', 'text', (column) => column.notNull())
    .addColumn('postedAt', 'text', (column) => column.notNull())
    .addColumn('editedAt', 'text')
    .addColumn('deletedAt', 'text')
    .execute()
  const index = (name: string) => db.schema.createIndex(name).unique().on('messages')
  await index('messagesBySeq').columns(['channelId', 'seq']).execute()
  await index('messagesByRev').columns(['channelId', 'rev']).execute()
  await index('messagesByClientId').columns(['channelId', 'authorId', 'clientId']).execute()
}

const createCallSessions = async (db: Kysely<unknown>) => {
  await db.schema
    .createTable('callSessions')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('channelId', 'integer', (column) =>
      column.notNull().references('channels.id').onDelete('cascade'),
    )
    .addColumn('userId', 'text', (column) =>
      column.notNull().references('users.id').onDelete('cascade'),
    )
    .addColumn('joinedAt', 'text', (column) => column.notNull())
    .addColumn('leftAt', 'text')
    .addColumn('reason', 'text')
    .addColumn('peerAddress', 'text', (column) => column.notNull())
    .addColumn('bytesUp', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('bytesDown', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('messagesUp', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('messagesDown', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  const index = (name: string) => db.schema.createIndex(name).on('callSessions')
  await index('callSessionsByChannel').columns(['channelId', 'joinedAt']).execute()
  await index('callSessionsByUser').columns(['userId', 'joinedAt']).execute()
}

/** Topics, membership, messages, and how each connection to a call went. */
export const migration: Migration = {
  name: '0003-chat-and-calls',
  async up(db) {
    await widenChannels(db)
    await createMemberships(db)
    await createMessages(db)
    await createCallSessions(db)
  },
}
