import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isUsableSlug } from '../../protocol/slug.ts'
import type { FileRights } from './adoption.ts'
import { GROUP_FILE_EXTENSION, MTIME_STEP_NANOSECONDS } from './facts.ts'

const TEMPORARY = /^\.pyrite-.*\.tmp$/
const NANOSECONDS = 1_000_000_000
/** File systems that store whole or even seconds only need a larger step. */
const COARSE_STEP_NANOSECONDS = 2_000_000_000n
/** Holds names and a public key: readable for a Galene that runs as somebody else. */
const FILE_MODE = 0o644

/** A file that held passwords before holds them again. */
const OWNER_ONLY = 0o600

const giveRights = async (file: FileHandle, { mode, uid, gid }: FileRights) => {
  for (const owner of [uid, -1]) {
    try {
      await file.chown(owner, gid)
      break
    } catch {
      // Only root gives files away; to another group of its own anybody may.
    }
  }
  await file.chmod(mode)
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'

const mtimeOf = async (path: string): Promise<bigint | undefined> => {
  try {
    return (await stat(path, { bigint: true })).mtimeNs
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/**
 * The folder of group files. Every name passes through `isUsableSlug`, so nothing path-like ever reaches a file name.
 * A file is replaced by rename, its bytes on the disk before; `flush` makes the renames of a round last.
 */
export const createGroupStore = (folder: string) => {
  const pathOf = (name: string): string => {
    if (!isUsableSlug(name)) throw new Error('this is no name of a group')
    return join(folder, `${name}${GROUP_FILE_EXTENSION}`)
  }

  const writeTemporary = async (
    path: string,
    text: string,
    after: bigint | undefined,
    rights: FileRights | undefined,
  ) => {
    const file = await open(path, 'w', rights ? OWNER_ONLY : FILE_MODE)
    try {
      await file.writeFile(text)
      // Said again, since the umask may have taken from it.
      if (rights) await giveRights(file, rights)
      else await file.chmod(FILE_MODE)
      for (const step of [MTIME_STEP_NANOSECONDS, COARSE_STEP_NANOSECONDS]) {
        const { mtimeNs } = await file.stat({ bigint: true })
        if (after === undefined || mtimeNs > after) break
        const later = Number(after + step) / NANOSECONDS
        await file.utimes(later, later)
      }
      await file.sync()
    } finally {
      await file.close()
    }
  }

  return {
    /** Makes the folder, and clears what a killed Pyrite left half written. */
    async prepare(): Promise<void> {
      await mkdir(folder, { recursive: true })
      const left = (await readdir(folder)).filter((name) => TEMPORARY.test(name))
      for (const name of left) await rm(join(folder, name), { force: true })
    },
    /** The names of all group files that a channel could have. */
    async names(): Promise<string[]> {
      return (await readdir(folder))
        .filter((file) => file.endsWith(GROUP_FILE_EXTENSION))
        .map((file) => file.slice(0, -GROUP_FILE_EXTENSION.length))
        .filter(isUsableSlug)
    },
    /** The text of a group file, undefined where there is none. */
    async read(name: string): Promise<string | undefined> {
      try {
        return await readFile(pathOf(name), 'utf8')
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    /** Who may read a group file, and whose it is. */
    async rights(name: string): Promise<FileRights> {
      const { mode, uid, gid } = await stat(pathOf(name))
      return { mode: mode & 0o777, uid, gid }
    },
    /**
     * Replaces a group file whole. Its modification time always grows, since Galene compares only that and the size. With `rights`
     * it has them as far as this process may give them, and at no moment more.
     */
    async write(name: string, text: string, rights?: FileRights): Promise<void> {
      const path = pathOf(name)
      const temporary = join(folder, `.pyrite-${name}.tmp`)
      try {
        await writeTemporary(temporary, text, await mtimeOf(path), rights)
        await rename(temporary, path)
      } catch (error) {
        await rm(temporary, { force: true })
        throw error
      }
    },
    async remove(name: string): Promise<void> {
      await rm(pathOf(name), { force: true })
    },
    /** Puts the renames and removals so far on the disk. */
    async flush(): Promise<void> {
      const handle = await open(folder, 'r')
      try {
        await handle.sync()
      } finally {
        await handle.close()
      }
    },
  }
}
export type GroupStore = ReturnType<typeof createGroupStore>
