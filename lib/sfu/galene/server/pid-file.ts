import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Log } from '../../../platform/log.ts'

/** A file that cannot be written or removed (a full disk, one that may only be read) costs the next start a look, and nobody a call. */
const attempt = (log: Log, work: () => void): void => {
  try {
    work()
  } catch (error) {
    log.warn({ err: error }, 'an SFU could not be noted, forgotten or ended by its file')
  }
}

/** Notes which child runs, so that the next start finds it should we be killed without a chance to end it. Never throws. */
export const rememberPid = (path: string, pid: number, log: Log): void =>
  attempt(log, () => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `${pid}\n`)
  })

/** Never throws. */
export const forgetPid = (path: string, log: Log): void =>
  attempt(log, () => rmSync(path, { force: true }))

/** The command line of a process, as far as the system tells; '' where it does not. */
const commandLineOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    // No such process, or a system without /proc: then nothing is ended, rather than somebody else's process.
    return ''
  }
}

/** Ends the child that a killed Pyrite left behind, if that process is still the same program in the same place. */
export const endLeftover = (path: string, command: string, log: Log): void => {
  let pid = Number.NaN
  try {
    pid = Number.parseInt(readFileSync(path, 'utf8'), 10)
  } catch {
    // No file: nothing was left behind.
    return
  }
  const line = Number.isInteger(pid) ? commandLineOf(pid) : ''
  if (line.includes(basename(command)) && line.includes(dirname(path))) {
    log.warn({ pid }, 'an SFU left behind by a killed Pyrite is ended')
    attempt(log, () => process.kill(pid, 'SIGKILL'))
  }
  forgetPid(path, log)
}
