import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import SQLite from 'better-sqlite3'
import type { SqliteDatabase, SqliteStatement } from 'kysely'
import { PyriteError } from '../errors.ts'
import { asStorageError } from './errors.ts'

export type Statement = SQLite.Statement<unknown[], unknown>
/** What a write job works with. Preparing the same text again is cheap: statements are kept. */
export type Sqlite = { prepare(sql: string): Statement }

/** Texts whose prepared statements are kept. Pyrite has far fewer; lists of ids of many lengths may make more. */
const MAX_STATEMENTS = 500

const BUSY_TIMEOUT_MS = 5_000

/** Pages of 4 KiB in the log before they are moved into the file. Moving costs two more waits for the disk; a page written often moves once. */
const PAGES_PER_CHECKPOINT = 4_000

/** Makes the folder and an empty file that only we may read: SQLite's own files beside it take over its mode. */
const makeFile = (path: string) => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
}

/** What went wrong with the file, for the person who starts the server. What is not about the file stays as it is. */
const asSentence = (path: string, error: unknown): unknown => {
  const known = asStorageError(error)
  const isAboutFile = known instanceof PyriteError || (known as { syscall?: string }).syscall
  if (!isAboutFile) return error
  const why = (known as Error).message
  return new PyriteError('storage.unavailable', `The database ${path} cannot be used: ${why}.`, {
    cause: error,
  })
}

/**
 * Opens the file, creating it with its folder where it is missing; ':memory:' makes one that is gone when closed. Every commit
 * reaches the disk before it returns. Throws `storage.unavailable` with a sentence that names the path.
 */
export const openSqlite = (path: string): SQLite.Database => {
  let sqlite: SQLite.Database | undefined
  try {
    if (path !== ':memory:') makeFile(path)
    sqlite = new SQLite(path, { timeout: BUSY_TIMEOUT_MS })
    sqlite.pragma('journal_mode = WAL')
    sqlite.pragma('synchronous = FULL')
    sqlite.pragma('foreign_keys = ON')
    sqlite.pragma(`wal_autocheckpoint = ${PAGES_PER_CHECKPOINT}`)
    return sqlite
  } catch (error) {
    sqlite?.close()
    throw asSentence(path, error)
  }
}

/** Keeps prepared statements by their text. */
export const withStatements = (sqlite: SQLite.Database): Sqlite => {
  const kept = new Map<string, Statement>()
  return {
    prepare(sql) {
      const known = kept.get(sql)
      if (known) return known
      if (kept.size >= MAX_STATEMENTS) kept.clear()
      const statement = sqlite.prepare<unknown[], unknown>(sql)
      kept.set(sql, statement)
      return statement
    },
  }
}

/** What an error of SQLite is to the caller. */
export type Told = (error: unknown) => unknown

const teller =
  (told: Told) =>
  <T>(run: () => T): T => {
    try {
      return run()
    } catch (error) {
      throw told(error)
    }
  }
type Teller = ReturnType<typeof teller>

const NOTHING: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [][Symbol.iterator](),
}

const asKyselyStatement = (statement: Statement, tell: Teller): SqliteStatement => ({
  reader: statement.reader,
  all: (parameters) => tell(() => statement.all(...parameters)),
  run: (parameters) => tell(() => statement.run(...parameters)),
  iterate: (parameters) => tell(() => statement.iterate(...parameters)),
})

/**
 * The file as Kysely uses it. A transaction takes the write lock when it begins, so that it cannot fail half-way because the
 * command line wrote meanwhile; and rolling back what SQLite has already rolled back (a full disk) does not hide the reason.
 */
export const kyselySqlite = (
  sqlite: SQLite.Database,
  { prepare }: Sqlite,
  told: Told = asStorageError,
): SqliteDatabase => {
  const tell = teller(told)
  return {
    close: () => sqlite.close(),
    prepare: (sql) =>
      tell(() => {
        if (sql === 'begin') return asKyselyStatement(prepare('begin immediate'), tell)
        if (sql === 'rollback' && !sqlite.inTransaction) return NOTHING
        return asKyselyStatement(prepare(sql), tell)
      }),
  }
}
