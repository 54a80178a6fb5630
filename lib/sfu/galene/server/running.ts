import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Where the SFU answers that a Pyrite on this machine runs with this data folder; undefined where none runs, or the system does not
 * tell. Its pid file names the process, whose command line names the address.
 */
export const runningSfuUrl = (dataFolder: string): string | undefined => {
  try {
    const pid = Number.parseInt(readFileSync(join(dataFolder, 'sfu.pid'), 'utf8'), 10)
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    if (!words.some((word) => word.startsWith(dataFolder))) return undefined
    const at = words.findIndex((word) => word === '-http' || word === '--listen')
    const address = words[at + 1]
    return at >= 0 && address !== undefined ? `http://${address}` : undefined
  } catch {
    // No such file or process: nothing runs.
    return undefined
  }
}
