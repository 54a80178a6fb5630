import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { isMissing } from '../../../platform/files.ts'
import type { Log } from '../../../platform/log.ts'

/** What a group was when it was whole: Galene's ETag of it, what we had written, and with which key. */
const Entry = z.object({ etag: z.string(), digest: z.string(), kid: z.string() })
/** A line of the file; null for a group that is gone. */
const Line = z.record(z.string(), Entry.nullable())
type Entry = z.infer<typeof Entry>
type Line = z.infer<typeof Line>

const parseLine = (text: string): Line => {
  try {
    return Line.parse(JSON.parse(text))
  } catch {
    // Pyrite was ended while it wrote this line: those groups are written once more.
    return {}
  }
}

/**
 * Remembers, over restarts and kills, how Galene's API named the groups that we wrote. Losing it costs that everything is written
 * once more: trouble with the file is logged and no more. Each change is a line at the end of the file, until `save` makes it one line.
 */
export const createGroupMemory = (path: string, log: Log) => {
  const entries = new Map<string, Entry>()
  const store = (work: () => void) => {
    try {
      work()
    } catch (error) {
      log.warn({ err: error }, 'what is known of the groups could not be kept')
    }
  }
  // In one turn, so that nothing comes between: it is little, and asked for after every round at most.
  const note = (name: string, entry: Entry | null) =>
    store(() => appendFileSync(path, `\n${JSON.stringify({ [name]: entry })}`))
  return {
    get: (name: string) => entries.get(name),
    set(name: string, entry: Entry) {
      entries.set(name, entry)
      note(name, entry)
    },
    delete(name: string) {
      if (entries.delete(name)) note(name, null)
    },
    load() {
      try {
        const lines = readFileSync(path, 'utf8').split('\n').map(parseLine)
        for (const [name, entry] of Object.entries(Object.assign({}, ...lines) as Line)) {
          if (entry) entries.set(name, entry)
        }
      } catch (error) {
        if (isMissing(error)) return
        log.warn({ err: error }, 'what was known of the groups is lost; they are written again')
      }
    },
    save: () =>
      store(() => {
        writeFileSync(`${path}.tmp`, JSON.stringify(Object.fromEntries(entries)))
        renameSync(`${path}.tmp`, path)
      }),
  }
}
export type GroupMemory = ReturnType<typeof createGroupMemory>
