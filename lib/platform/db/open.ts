import { Kysely, SqliteDialect } from 'kysely'
import type { Log } from '../log.ts'
import { groupCommit } from './group-commit.ts'
import { databaseHealth } from './health.ts'
import type { Db, Tables } from './index.ts'
import { migrate } from './migrate.ts'
import { kyselySqlite, openSqlite, type Sqlite, withStatements } from './sqlite.ts'
import { storageTeller } from './told.ts'

export type Database = {
  /** For queries. Each statement outside a transaction is stored durably by itself. */
  db: Db
  /**
   * Group commit, for writes that come often: synchronous jobs of one turn share one transaction, each undone alone when it throws.
   * A job may be undone and run again because another one threw, so it must do nothing but read and write here.
   * Resolves when the commit is on the disk. Rejects with what the job threw, or `storage.unavailable` when nothing was stored.
   * Never wait for it inside a transaction of `db`: both want the one connection.
   */
  write<T>(job: (sqlite: Sqlite) => T): Promise<T>
  /** Stores what was taken, then closes the file. May be called twice. */
  close(): Promise<void>
  /** Whether the database answers now; after a write that failed for its file or its disk, whether one works again. */
  check(): boolean
  /** Whether another process has written since this was asked last. */
  hasOtherWritten(): boolean
}

export type DatabaseNeeds = { path: string; log?: Log; now?: () => Date }

/**
 * Opens the database, makes it where it is missing, and brings its schema up to date. Throws `storage.unavailable` with a sentence for
 * the person who starts the server: not writable, damaged, made by a newer Pyrite.
 */
export const openDatabase = async ({
  path,
  log,
  now = () => new Date(),
}: DatabaseNeeds): Promise<Database> => {
  const sqlite = openSqlite(path)
  const handle = withStatements(sqlite)
  const health = databaseHealth({ sqlite, handle, log, now })
  const told = storageTeller(log, now, health.failed)
  const db = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: kyselySqlite(sqlite, handle, told) }),
  })
  try {
    const applied = await migrate(db, { now })
    if (applied.length > 0) log?.info({ migrations: applied }, 'database schema brought up to date')
  } catch (error) {
    await db.destroy()
    throw error
  }
  let seen = health.version()
  const commits = groupCommit(sqlite, handle, (run) => db.connection().execute(run), told)
  let closing: Promise<void> | undefined
  return {
    db,
    write: commits.write,
    close: () => (closing ??= commits.close().then(() => db.destroy())),
    check: health.check,
    hasOtherWritten() {
      const before = seen
      seen = health.version()
      return seen !== before
    },
  }
}
