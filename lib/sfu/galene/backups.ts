import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { isUsableSlug } from '../../protocol/slug.ts'
import type { FileRights, GroupCopy } from './adoption.ts'
import { parseDescription } from './group-file.ts'

/** A group file may hold passwords. */
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700
const Rights = z.object({ mode: z.int(), uid: z.int(), gid: z.int() })

const sync = async (folder: string) => {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The file appears whole or not at all, with its bytes on the disk. */
const writeWhole = async (path: string, text: string) => {
  const half = `${path}.tmp`
  try {
    const file = await open(half, 'w', FILE_MODE)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(half, path)
  } catch (error) {
    await rm(half, { force: true })
    throw error
  }
}

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
    const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
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
      await sync(folder)
      await sync(dirname(folder))
    },
  }
}
export type Backups = ReturnType<typeof createBackups>
