import type SQLite from 'better-sqlite3'
import { PyriteError } from '../errors.ts'
import { asStorageError } from './errors.ts'
import type { Sqlite, Told } from './sqlite.ts'

/** Jobs of one transaction, so that a flood does not hold up everything else: 1,000 inserts take about 5 ms. */
const MAX_JOBS = 1_000

type Job = {
  run: (sqlite: Sqlite) => unknown
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}
/** How one job went; told only after the commit. */
type Outcome = { job: Job } & ({ value: unknown } | { error: unknown })

const isThenable = (value: unknown): boolean =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function'

const answerOf = (job: Job, handle: Sqlite): unknown => {
  const value = job.run(handle)
  if (isThenable(value)) throw new Error('a write job must not be asynchronous')
  return value
}

/**
 * Runs jobs in one transaction; one that throws undoes only itself. Throws when nothing was stored. Savepoints make SQLite copy
 * every page that a job touches, a third of the work, so the jobs first run without: only when one throws, all run again with.
 */
const batchRunner = (sqlite: SQLite.Database, handle: Sqlite, told: Told) => {
  const exec = (sql: string) => handle.prepare(sql).run()
  const transaction = (run: () => Outcome[]): Outcome[] => {
    exec('begin immediate')
    try {
      const outcomes = run()
      exec('commit')
      return outcomes
    } catch (error) {
      if (sqlite.inTransaction) exec('rollback')
      throw error
    }
  }
  const attempt = (job: Job): Outcome => {
    exec('savepoint job')
    try {
      const value = answerOf(job, handle)
      exec('release job')
      return { job, value }
    } catch (error) {
      // SQLite ends the whole transaction by itself on a full disk and its like: then nothing of the batch is left.
      if (!sqlite.inTransaction) throw error
      exec('rollback to job')
      exec('release job')
      return { job, error: told(error) }
    }
  }
  return (jobs: Job[]): Outcome[] => {
    let running: Job | undefined
    try {
      return transaction(() => {
        const outcomes = jobs.map((job) => {
          running = job
          return { job, value: answerOf(job, handle) }
        })
        running = undefined
        return outcomes
      })
    } catch (error) {
      if (running === undefined) throw error
      // Alone it has been undone already.
      if (jobs.length === 1) return [{ job: running, error: told(error) }]
      return transaction(() => jobs.map(attempt))
    }
  }
}

const tell = (outcome: Outcome) =>
  'error' in outcome ? outcome.job.reject(outcome.error) : outcome.job.resolve(outcome.value)

/**
 * Writes that share commits. All jobs of one turn of the event loop become one transaction; each promise settles after the
 * commit is on the disk. `exclusively` runs a function while nobody else uses the connection.
 */
export const groupCommit = (
  sqlite: SQLite.Database,
  handle: Sqlite,
  exclusively: (run: () => Promise<void>) => Promise<void>,
  told: Told = asStorageError,
) => {
  const runBatch = batchRunner(sqlite, handle, told)
  const waiting: Job[] = []
  let flushing: Promise<void> | undefined

  const flushOnce = async () => {
    const jobs = waiting.splice(0, MAX_JOBS)
    try {
      runBatch(jobs).forEach(tell)
    } catch (error) {
      const reason = told(error)
      for (const job of jobs) job.reject(reason)
    }
  }
  const flush = async () => {
    await new Promise<void>((turnIsOver) => setImmediate(turnIsOver))
    try {
      await exclusively(flushOnce)
    } catch (error) {
      for (const job of waiting.splice(0)) job.reject(told(error))
    }
    flushing = waiting.length > 0 ? flush() : undefined
  }

  let closed = false
  return {
    /** Runs a synchronous job in a transaction, or twice when another job of it throws. Rejects with what the job throws, or with `storage.unavailable`. */
    write: <T>(run: (sqlite: Sqlite) => T): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        if (closed) throw new PyriteError('shutting-down', 'the server is stopping')
        waiting.push({ run, resolve: resolve as (value: unknown) => void, reject })
        flushing ??= flush()
      }),
    /** Takes no more jobs; resolves when those already taken are stored. */
    async close(): Promise<void> {
      closed = true
      while (flushing !== undefined) await flushing
    },
  }
}
