import type SQLite from 'better-sqlite3'
import type { Log } from '../log.ts'
import type { Sqlite } from './sqlite.ts'

/** How often a failed database is tried: whoever asks may ask as often as they like, and each try waits for the disk. */
const TRY_EVERY_MS = 1_000

/** What a try stores and removes again: room for a few messages, so that a disk with one free page is not called well. */
const PROBE_BYTES = 65_536

type HealthNeeds = {
  sqlite: SQLite.Database
  handle: Sqlite
  log: Log | undefined
  now: () => Date
}

/** Whether the database can be used. One that failed is well again when a write has reached the disk. */
export const databaseHealth = ({ sqlite, handle, log, now }: HealthNeeds) => {
  let hasFailed = false
  let triedAt = Number.NEGATIVE_INFINITY
  let lastVersion: unknown

  const probe = sqlite.transaction(() => {
    handle
      .prepare("insert into migrations (name, checksum, appliedAt) values ('~', zeroblob(?), '')")
      .run(PROBE_BYTES)
    handle.prepare("delete from migrations where name = '~'").run()
  })
  const answers = (): boolean => {
    try {
      return handle.prepare('select 1').get() !== undefined
    } catch {
      // Any failure means the same to the caller: not now.
      return false
    }
  }
  const canStore = (): boolean => {
    // Somebody's transaction is open: it is no place to try in.
    if (sqlite.inTransaction) return false
    const wait = sqlite.pragma('busy_timeout', { simple: true })
    try {
      // Others are served meanwhile: a lock that another program holds is not waited for.
      sqlite.pragma('busy_timeout = 0')
      probe.immediate()
      return true
    } catch {
      // As above.
      return false
    } finally {
      sqlite.pragma(`busy_timeout = ${wait}`)
    }
  }

  return {
    /** Another number after each commit of another process; the last one again where it cannot be asked. */
    version(): unknown {
      try {
        lastVersion = handle.prepare('pragma data_version').get()
      } catch {
        // Whoever reads or writes next hears what is wrong.
      }
      return JSON.stringify(lastVersion)
    },
    /** The file could not be read or written just now. */
    failed() {
      hasFailed = true
    },
    /** Whether it answers and, after a failure, stores again. */
    check(): boolean {
      if (!hasFailed) return answers()
      const at = now().getTime()
      if (!sqlite.open || at - triedAt < TRY_EVERY_MS) return false
      triedAt = at
      hasFailed = !canStore()
      if (!hasFailed) log?.info('the database can be used again')
      return !hasFailed
    },
  }
}
