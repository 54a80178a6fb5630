import { readFile, rename, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Log } from '../../../platform/log.ts'

/** What a group was when it was whole: Galene's ETag of it, what we had written, and with which key. */
const Entry = z.object({ etag: z.string(), digest: z.string(), kid: z.string() })
const Entries = z.record(z.string(), Entry)
type Entry = z.infer<typeof Entry>

/**
 * Remembers, over restarts, how Galene's API named the groups that we wrote. Losing it costs that everything is written once more:
 * trouble with the file is logged and no more.
 */
export const createGroupMemory = (path: string, log: Log) => {
  let entries = new Map<string, Entry>()
  return {
    get: (name: string) => entries.get(name),
    set: (name: string, entry: Entry) => void entries.set(name, entry),
    delete: (name: string) => void entries.delete(name),
    async load(): Promise<void> {
      try {
        entries = new Map(Object.entries(Entries.parse(JSON.parse(await readFile(path, 'utf8')))))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
        log.warn({ err: error }, 'what was known of the groups is lost; they are written again')
      }
    },
    async save(): Promise<void> {
      try {
        await writeFile(`${path}.tmp`, JSON.stringify(Object.fromEntries(entries)))
        await rename(`${path}.tmp`, path)
      } catch (error) {
        log.warn({ err: error }, 'what is known of the groups could not be kept')
      }
    },
  }
}
export type GroupMemory = ReturnType<typeof createGroupMemory>
