import { randomBytes } from 'node:crypto'
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GROUP_FILE_EXTENSION } from './facts.ts'
import type { PublicJwk } from './tokens.ts'

/** A group that exists for one look only. */
export type ProbeGroup = { name: string; remove(): Promise<void> }

/** No slug holds an underscore, so no channel has such a name, and the sync never touches such a file. */
const PREFIX = 'pyrite_doctor_'
/** Files of a look that was killed; one still under way is younger. */
const LEFT_AFTER_MS = 120_000
const FILE_MODE = 0o644

const clearLeft = async (folder: string, now: Date) => {
  for (const file of (await readdir(folder)).filter((name) => name.startsWith(PREFIX))) {
    const path = join(folder, file)
    const { mtimeMs } = await stat(path)
    if (now.getTime() - mtimeMs > LEFT_AFTER_MS) await rm(path, { force: true })
  }
}

/** What Galene should know of it: a key, and nobody. */
export const probeDescription = (jwk: PublicJwk) => ({
  displayName: 'Pyrite doctor',
  comment: 'made by pyrite doctor to try one join, and removed at once',
  public: false,
  'max-clients': 2,
  authKeys: [jwk],
})

/** A name that no channel can have. */
export const probeName = (): string => `${PREFIX}${randomBytes(6).toString('hex')}`

/** Makes a group in the folder of group files, where people see nothing of it. Rejects where the folder cannot be written. */
export const makeProbeFile = async (
  folder: string,
  jwk: PublicJwk,
  now: Date,
): Promise<ProbeGroup> => {
  await clearLeft(folder, now)
  const name = probeName()
  const path = join(folder, `${name}${GROUP_FILE_EXTENSION}`)
  const temporary = join(folder, `.${name}.tmp`)
  try {
    await writeFile(temporary, `${JSON.stringify(probeDescription(jwk))}\n`, { mode: FILE_MODE })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  return { name, remove: () => rm(path, { force: true }) }
}
