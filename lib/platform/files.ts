import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Who may read a file, and whose it is. `mode` is the nine bits of chmod. */
export type FileRights = { mode: number; uid: number; gid: number }

const OWNER_ONLY = 0o600
const ALL_BITS = 0o777
const GROUP_BITS = 0o070

export const isMissing = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException).code === 'ENOENT'

/** Undefined where there is no such file. */
export const fileRights = async (path: string): Promise<FileRights | undefined> => {
  try {
    const { mode, uid, gid } = await stat(path)
    return { mode: mode & ALL_BITS, uid, gid }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

const hasGiven = (file: FileHandle, uid: number, gid: number): Promise<boolean> =>
  file.chown(uid, gid).then(
    () => true,
    () => false,
  )

/** As far as this process may: only root gives files away, and a group of which it is no member gets nothing instead. */
const giveRights = async (file: FileHandle, { mode, uid, gid }: FileRights) => {
  const isOfGroup = (await hasGiven(file, uid, gid)) || (await hasGiven(file, -1, gid))
  await file.chmod(isOfGroup ? mode : mode & ~GROUP_BITS)
}

export type ReplaceOptions = {
  /** The rights of a file that was not there before, whatever the umask. */
  mode: number
  /** Instead of the rights that the file had. */
  rights?: FileRights | undefined
  /** The name beside it under which the new text is written; whatever has it goes. */
  temporary: string
  /** Called with the new file before it takes the place of the old one. */
  finish?: (file: FileHandle) => Promise<void>
}

/**
 * Replaces a file whole or not at all, with the bytes on the disk before; `syncFolder` makes the change last. It keeps the rights
 * of the file it replaces, and has at no moment more. Rejects with what the file system says; then all is as before.
 */
export const replaceFile = async (path: string, text: string, options: ReplaceOptions) => {
  const temporary = join(dirname(path), options.temporary)
  try {
    const rights = options.rights ?? (await fileRights(path))
    // What a kill left there, or somebody put there, such as a link, is not written through.
    await rm(temporary, { force: true })
    const file = await open(temporary, 'wx', OWNER_ONLY)
    try {
      await file.writeFile(text)
      if (rights) await giveRights(file, rights)
      else await file.chmod(options.mode)
      await options.finish?.(file)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Puts the renames and removals in a folder on the disk. */
export const syncFolder = async (folder: string) => {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
