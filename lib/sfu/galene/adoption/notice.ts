import { unwatchFile, watchFile } from 'node:fs'
import { utimes } from 'node:fs/promises'
import { join } from 'node:path'

const LOOK_MS = 1_000

/** Where copies of adopted groups are. */
export const adoptedFolder = (dataFolder: string): string => join(dataFolder, 'adopted')

/** Tells the server, in another process, that groups were adopted or released: the time of the folder of copies changes. */
export const noticeAdoption = async (dataFolder: string): Promise<void> => {
  const now = new Date()
  await utimes(adoptedFolder(dataFolder), now, now)
}

/** Calls `noticed` within two seconds of such a change. Answers the function that ends it. */
export const watchAdoption = (dataFolder: string, noticed: () => void): (() => void) => {
  const folder = adoptedFolder(dataFolder)
  const changed = () => noticed()
  watchFile(folder, { interval: LOOK_MS, persistent: false }, changed)
  return () => unwatchFile(folder, changed)
}
