import { access, constants, lstat, readdir, statfs, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { PyriteError } from '../../../platform/errors.ts'
import { isUsableSlug } from '../../../protocol/slug.ts'
import type { RecordedFile, Recordings } from '../../sfu.ts'
import { told } from '../groups/folder-trouble.ts'
import { FRESH_MS, isRecordingName, notFinished } from './recording-names.ts'

const isMissing = (error: unknown): boolean => {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** `work`, or `otherwise` where there is no such file or folder. Throws `storage.unavailable` for what may not be read or removed. */
const unlessMissing = async <T>(work: Promise<T>, otherwise: T): Promise<T> => {
  try {
    return await work
  } catch (cause) {
    if (isMissing(cause)) return otherwise
    const { code } = cause as NodeJS.ErrnoException
    const sentence = `the folder of recordings cannot be used (${code}): who runs this server finds out more by "pyrite doctor"`
    throw new PyriteError('storage.unavailable', sentence, { cause })
  }
}

const NOT_THERE = 'there is no such folder: Galene makes it at the first recording'
/** An hour of one camera, about. */
const LEAST_BYTES = 500_000_000

const ALL_RIGHTS = constants.R_OK | constants.W_OK | constants.X_OK
/** One that went meanwhile is no trouble. */
const unlessGone = (error: unknown) => {
  if (!isMissing(error)) throw error
}
const mustBeUsable = (path: string) => told(path, () => access(path, ALL_RIGHTS))

/** Why recordings are not written, listed or deleted in this folder, in a sentence; undefined where they can be. Never rejects. */
export const recordingsTrouble = async (folder: string): Promise<string | undefined> => {
  try {
    return await told(
      folder,
      async () => {
        const ofGroups = (await readdir(folder)).filter(isUsableSlug)
        await mustBeUsable(folder)
        for (const name of ofGroups) await mustBeUsable(join(folder, name)).catch(unlessGone)
        const { bavail, bsize } = await statfs(folder)
        const left = bavail * bsize
        if (left >= LEAST_BYTES) return
        return `${folder}: this disk has only ${Math.floor(left / 1_000_000)} MB left`
      },
      NOT_THERE,
    )
  } catch (error) {
    return (error as Error).message
  }
}

/** Only plain files: a link could lead anywhere. */
const fileAt = async (path: string) => {
  const found = await unlessMissing(lstat(path), undefined)
  return found?.isFile() ? found : undefined
}

/** Recordings from the folder that Galene writes to. `group` is the slug of a channel that exists; `isRecording` says whether it is recorded now. */
export const recordingsFolder = (
  folder: string,
  isRecording: (group: string) => boolean,
): Recordings => {
  const pathOf = (group: string, name: string) => join(folder, group, name)
  const isGrowing = (group: string, { mtimeMs }: { mtimeMs: number }): boolean =>
    isRecording(group) && Date.now() - mtimeMs < FRESH_MS
  const look = async (group: string, name: string): Promise<RecordedFile | undefined> => {
    const file = await fileAt(pathOf(group, name))
    return file && !isGrowing(group, file) ? { name, size: file.size } : undefined
  }
  /** The path of a finished recording; undefined where there is none of this name. */
  const find = async (group: string, name: string): Promise<string | undefined> => {
    const file = isRecordingName(name) ? await fileAt(pathOf(group, name)) : undefined
    if (file && isGrowing(group, file)) throw notFinished()
    return file && pathOf(group, name)
  }
  return {
    async list(group) {
      const names = await unlessMissing(readdir(join(folder, group)), [])
      const files = await Promise.all(
        names.filter(isRecordingName).map((name) => look(group, name)),
      )
      return files.filter((file) => file !== undefined)
    },
    async open(group, name) {
      const path = await find(group, name)
      return path === undefined ? undefined : { path }
    },
    async remove(group, name) {
      const path = await find(group, name)
      if (path === undefined) return false
      return unlessMissing(
        unlink(path).then(() => true),
        false,
      )
    },
  }
}
