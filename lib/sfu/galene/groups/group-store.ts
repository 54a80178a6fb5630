import { randomBytes } from 'node:crypto'
import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type FileRights,
  fileRights,
  isMissing,
  replaceFile,
  syncFolder,
} from '../../../platform/files.ts'
import { isUsableSlug } from '../../../protocol/slug.ts'
import { GROUP_FILE_EXTENSION, MTIME_STEP_NANOSECONDS } from '../wire/facts.ts'
import { told } from './folder-trouble.ts'

const TEMPORARY = /^\.pyrite-.*\.tmp$/
const NANOSECONDS = 1_000_000_000
/** File systems that store whole or even seconds only need a larger step. */
const COARSE_STEP_NANOSECONDS = 2_000_000_000n
/** Holds names and a public key: readable for a Galene that runs as somebody else. */
const FILE_MODE = 0o644

/** 70,000 members and more. */
const MOST_BYTES = 8_388_608

const NOTHING = ''
/** What tells a file from what it was before, short of reading it. */
const marksOf = ({ ino, size, mtimeNs, mode, uid, gid }: BigIntStats): string =>
  [ino, size, mtimeNs, mode, uid, gid].join()

const readWhole = async (path: string, seen: (marks: string) => void): Promise<string> => {
  // Of a pipe nobody may ever read a byte, and the round would wait for it.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const found = await file.stat({ bigint: true })
    seen(marksOf(found))
    if (!found.isFile()) throw new Error(`${path} is not a file: move it away`)
    if (found.size > MOST_BYTES) throw new Error(`${path} is larger than any group: 8 MiB`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** Somebody's link to a disk that is not there at the moment is no free place. */
const mustBeFree = async (path: string): Promise<undefined> => {
  const isThere = await lstat(path).then(
    () => true,
    () => false,
  )
  if (isThere) throw new Error(`${path} is a link that leads nowhere: move it away`)
}

const mtimeOf = async (path: string): Promise<bigint | undefined> => {
  try {
    return (await stat(path, { bigint: true })).mtimeNs
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Galene compares only the time and the size: the time grows with every change. */
const makeNewer = async (file: FileHandle, than: bigint) => {
  for (const step of [MTIME_STEP_NANOSECONDS, COARSE_STEP_NANOSECONDS]) {
    const { mtimeNs } = await file.stat({ bigint: true })
    if (mtimeNs > than) return
    const later = Number(than + step) / NANOSECONDS
    await file.utimes(later, later)
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

  /** What each group file looked like when it was read or written last. */
  const seen = new Map<string, string>()
  const looksNow = (name: string): Promise<string> =>
    stat(pathOf(name), { bigint: true }).then(marksOf, () => NOTHING)

  const inFolder = <T>(work: () => Promise<T>) => told(folder, work)

  return {
    /** Makes the folder, and clears what a killed Pyrite left half written. */
    prepare: (): Promise<void> =>
      inFolder(async () => {
        await mkdir(folder, { recursive: true })
        const left = (await readdir(folder)).filter((name) => TEMPORARY.test(name))
        for (const name of left) await rm(join(folder, name), { force: true })
      }),
    /** The names of all group files that a channel could have. */
    names: (): Promise<string[]> =>
      inFolder(async () =>
        (await readdir(folder))
          .filter((file) => file.endsWith(GROUP_FILE_EXTENSION))
          .map((file) => file.slice(0, -GROUP_FILE_EXTENSION.length))
          .filter(isUsableSlug),
      ),
    /** The text of a group file, undefined where there is none. Rejects for what is no file, or larger than any group. */
    async read(name: string): Promise<string | undefined> {
      const path = pathOf(name)
      try {
        return await told(path, () => readWhole(path, (marks) => void seen.set(name, marks)))
      } catch (error) {
        seen.set(name, await looksNow(name))
        if (!isMissing(error)) throw error
        return mustBeFree(path)
      }
    },
    /** Who may read a group file, and whose it is; undefined where there is none. */
    rights: (name: string): Promise<FileRights | undefined> => fileRights(pathOf(name)),
    /** Replaces a group file whole, with the rights it had, or with these. Its modification time always grows. */
    async write(name: string, text: string, rights?: FileRights): Promise<void> {
      const path = pathOf(name)
      await inFolder(async () => {
        const before = await mtimeOf(path)
        let marks = NOTHING
        await replaceFile(path, text, {
          mode: FILE_MODE,
          rights,
          // Another process, or the one that calls move away from, may write the same group at the same time.
          temporary: `.pyrite-${name}.${randomBytes(6).toString('hex')}.tmp`,
          finish: async (file) => {
            if (before !== undefined) await makeNewer(file, before)
            marks = marksOf(await file.stat({ bigint: true }))
          },
        })
        seen.set(name, marks)
      })
    },
    remove: (name: string): Promise<void> =>
      inFolder(async () => {
        await rm(pathOf(name), { force: true })
        seen.delete(name)
      }),
    /** Those of the groups read or written so far whose file is another one by now, or gone, or new. */
    async touched(): Promise<string[]> {
      const others = new Map<string, string>()
      // One after another: there are thousands, it is asked for often, and nobody waits for it.
      for (const [name, marks] of seen) {
        const found = await looksNow(name)
        if (found !== marks) others.set(name, found)
      }
      // What was written here meanwhile is no longer another one.
      return [...others].flatMap(([name, marks]) => (seen.get(name) === marks ? [] : [name]))
    },
    /** Puts the renames and removals so far on the disk. */
    flush: (): Promise<void> => inFolder(() => syncFolder(folder)),
  }
}
export type GroupStore = ReturnType<typeof createGroupStore>
