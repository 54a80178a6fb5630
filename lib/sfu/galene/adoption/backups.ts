import { mkdir, readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { type FileRights, isMissing, replaceFile, syncFolder } from '../../../platform/files.ts'
import { isUsableSlug } from '../../../protocol/slug.ts'
import { parseDescription } from '../groups/group-file.ts'
import type { GroupCopy } from './adoption.ts'

/** A group file may hold passwords. */
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700
const Rights = z.object({ mode: z.int(), uid: z.int(), gid: z.int() })

const writeWhole = (path: string, text: string) =>
  replaceFile(path, text, { mode: FILE_MODE, temporary: `${basename(path)}.tmp` })

const readRights = async (path: string): Promise<FileRights | undefined> => {
  try {
    return Rights.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    // A group from the API has none, and somebody may have tidied up.
    return
  }
}

/**
 * Copies of groups as they were before they became channels: SLUG.TIME.json as it was found, and SLUG.TIME.rights, whose the file
 * was. They are never removed or written again.
 */
export const createBackups = (folder: string, now: () => Date) => {
  const timesOf = async (name: string): Promise<string[]> => {
    const files = await readdir(folder).catch((error: unknown) => {
      if (isMissing(error)) return []
      throw error
    })
    const times = files.map((file) => /^([a-z0-9-]+)\.([0-9TZ-]+)\.json$/.exec(file))
    return times.flatMap((found) => (found?.[1] === name && found[2] ? [found[2]] : [])).sort()
  }
  const pathOf = (name: string, time: string) => join(folder, `${name}.${time}.json`)
  const rightsOf = (name: string, time: string) => join(folder, `${name}.${time}.rights`)

  /** The newest copy of a group, as far as it can be read; undefined where there is none. */
  const latest = async (name: string): Promise<GroupCopy | undefined> => {
    const time = (await timesOf(name)).at(-1)
    if (time === undefined) return
    const text = await readFile(pathOf(name, time), 'utf8')
    const description = parseDescription(text)
    if (!description) throw new Error(`the backup ${pathOf(name, time)} cannot be read`)
    return { name, text, description, rights: await readRights(rightsOf(name, time)) }
  }

  return {
    folder,
    latest,
    /** Puts copies on the disk, and answers when all of them last. One that is there already is not made again. */
    async keep(copies: readonly GroupCopy[]): Promise<void> {
      await mkdir(folder, { recursive: true, mode: FOLDER_MODE })
      const time = now().toISOString().replace(/[:.]/g, '-')
      for (const { name, text, rights } of copies) {
        if (!isUsableSlug(name)) throw new Error('this is no name of a group')
        if ((await latest(name).catch(() => undefined))?.text === text) continue
        // First: a copy counts by its text.
        if (rights) await writeWhole(rightsOf(name, time), JSON.stringify(rights))
        await writeWhole(pathOf(name, time), text)
      }
      await syncFolder(folder)
      await syncFolder(dirname(folder))
    },
  }
}
export type Backups = ReturnType<typeof createBackups>
