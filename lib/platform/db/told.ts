import { PyriteError } from '../errors.ts'
import type { Log } from '../log.ts'
import { asStorageError } from './errors.ts'

/** Said again at most this often while a disk stays full. */
const SAY_AGAIN_MS = 60_000

/**
 * What an error of SQLite is to the caller; one of the file itself is also said in the log. People are only answered
 * `storage.unavailable`: who runs the server must read why. `failed` is called each time.
 */
export const storageTeller = (log: Log | undefined, now: () => Date, failed: () => void) => {
  let saidAt = Number.NEGATIVE_INFINITY
  return (error: unknown): unknown => {
    const known = asStorageError(error)
    if (!(known instanceof PyriteError) || known.code !== 'storage.unavailable') return known
    failed()
    const at = now().getTime()
    if (at - saidAt >= SAY_AGAIN_MS) {
      saidAt = at
      log?.error({ err: known }, 'the database cannot be used')
    }
    return known
  }
}
