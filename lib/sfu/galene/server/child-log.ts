import type { Log } from '../../../platform/log.ts'

/** A line as the logger of a child of ours writes it: pino's numeric level, a sentence, and fields. */
type Entry = { level: number; msg: string } & Record<string, unknown>

const readEntry = (line: string): Entry | undefined => {
  if (!line.startsWith('{')) return undefined
  try {
    const entry: Entry = JSON.parse(line)
    return typeof entry.level === 'number' && typeof entry.msg === 'string' ? entry : undefined
  } catch {
    // Text that only looks like one of our lines.
    return undefined
  }
}

/** Galene repeats a candidate that it cannot read, with the address in it [SFU-18]. */
const withoutCandidate = (line: string): string => line.replace(/\b(ICE: ).*/, '$1[redacted]')

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/**
 * Writes what a child prints to our log, line by line. An entry of a logger like ours keeps its level, sentence and fields, and is
 * marked with `child`; any other text is a line at info, under the child's name.
 */
export const createChildLog = (log: Log, child: string) => {
  // Errors in an entry were written out by the child already.
  const entries = log.child({ child }, { serializers: { err: (error) => error } })
  return (line: string): void => {
    const entry = readEntry(line)
    if (!entry) {
      log.info({ line: withoutCandidate(line) }, child)
      return
    }
    // Our own logger says when, and which process this is.
    const {
      level,
      msg,
      time: _time,
      pid: _pid,
      hostname: _hostname,
      child: _child,
      ...fields
    } = entry
    const name = LEVELS[Math.min(Math.max(Math.floor(level / 10), 1), LEVELS.length) - 1] ?? 'info'
    entries[name](fields, msg)
  }
}
