import { PyriteError } from '../errors.ts'

/** What a failing database means to the people who run it, by the first words of SQLite's code. */
const SENTENCES: readonly (readonly [string, string])[] = [
  ['SQLITE_FULL', 'the disk that holds the database is full'],
  ['SQLITE_READONLY', 'the database may only be read'],
  ['SQLITE_PERM', 'the database may not be opened'],
  ['SQLITE_AUTH', 'the database may not be opened'],
  ['SQLITE_CANTOPEN', 'the database file cannot be opened'],
  ['SQLITE_NOTADB', 'the database file is not an SQLite database'],
  ['SQLITE_CORRUPT', 'the database file is damaged; restore a backup'],
  ['SQLITE_IOERR', 'the disk that holds the database reports an error'],
  ['SQLITE_BUSY', 'another program holds the database for too long'],
  ['SQLITE_LOCKED', 'another program holds the database for too long'],
  ['SQLITE_NOMEM', 'there is no memory left for the database'],
]

const codeOf = (error: unknown): string => {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : ''
}

/** An error of the database file itself becomes `storage.unavailable` with a sentence; every other one stays as it is. */
export const asStorageError = (error: unknown): unknown => {
  if (error instanceof PyriteError) return error
  const code = codeOf(error)
  const known = SENTENCES.find(([prefix]) => code.startsWith(prefix))
  return known ? new PyriteError('storage.unavailable', known[1], { cause: error }) : error
}

/** Whether a write was refused because a value that must be unique is there already. */
export const isUniqueViolation = (error: unknown): boolean =>
  ['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY'].includes(codeOf(error))
