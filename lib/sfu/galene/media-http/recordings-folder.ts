import { lstat, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { RecordedFile, Recordings } from '../../sfu.ts'
import { FRESH_MS, isRecordingName, notFinished } from './recording-names.ts'

const isMissing = (error: unknown): boolean => {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** `work`, or `otherwise` where there is no such file or folder. */
const unlessMissing = async <T>(work: Promise<T>, otherwise: T): Promise<T> => {
  try {
    return await work
  } catch (error) {
    if (isMissing(error)) return otherwise
    throw error
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
