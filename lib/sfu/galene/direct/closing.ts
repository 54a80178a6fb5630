import { existsSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { AccessPolicy } from '../../sfu.ts'

const CLOSED = 'Calls are no longer open in this page: join in Pyrite.'

/**
 * Remembers in the data folder that Galene's own page was open to people, so that they are put out when it is not any more, whenever
 * that is noticed.
 */
export const createClosing = (dataFolder: string, isOpen: boolean, policy: AccessPolicy) => {
  const mark = join(dataFolder, 'galenes-own-page')
  const isClosing = !isOpen && existsSync(mark)
  const nobody: AccessPolicy = async () => ({ error: 'closed', message: CLOSED })
  return {
    /** Whether people may be past the bridge. */
    hasDirect: isOpen || isClosing,
    /** What the door says to those past the bridge. */
    policy: isOpen ? policy : nobody,
    /** Before anybody is let in. The data folder is there. */
    begin: () => isOpen && writeFileSync(mark, ''),
    /** Everybody was put out, and nobody comes in any more. A mark that cannot be removed makes the next start look once more. */
    done: () => void (isClosing && rm(mark, { force: true }).catch(() => undefined)),
  }
}
