import { lstat, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { RecordedFile, Recordings } from '../../sfu.ts'
import { FRESH_MS, isRecordingName } from './recording-names.ts'

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
  const look = async (group: string, name: string): Promise<RecordedFile | undefined> => {
    const file = await fileAt(pathOf(group, name))
    if (!file) return undefined
    const isGrowing = isRecording(group) && Date.now() - file.mtimeMs < FRESH_MS
    return isGrowing ? undefined : { name, size: file.size }
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
      const path = pathOf(group, name)
      return isRecordingName(name) && (await fileAt(path)) ? { path } : undefined
    },
    async remove(group, name) {
      const path = pathOf(group, name)
      if (!isRecordingName(name) || !(await fileAt(path))) return false
      return unlessMissing(
        unlink(path).then(() => true),
        false,
      )
    },
  }
}
