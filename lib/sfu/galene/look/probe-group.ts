import { randomBytes } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '../../../platform/files.ts'
import type { GaleneApi } from '../groups/api.ts'
import { told } from '../groups/folder-trouble.ts'
import { GROUP_FILE_EXTENSION } from '../wire/facts.ts'
import type { PublicJwk } from '../wire/tokens.ts'

/** A group that exists for one look only. */
export type ProbeGroup = { name: string; remove(): Promise<void> }

/** No slug holds an underscore, so no channel has such a name, and the sync never touches such a group. */
const NAME = /^pyrite_doctor_([0-9a-z]+)_[0-9a-f]+$/
/** Groups of a look that was killed; one that is still under way is younger. */
const LEFT_AFTER_MS = 120_000
const FILE_MODE = 0o644

const newName = (now: Date): string =>
  `pyrite_doctor_${now.getTime().toString(36)}_${randomBytes(4).toString('hex')}`

const isLeft = (name: string, now: Date): boolean => {
  const made = NAME.exec(name)?.[1]
  return made !== undefined && now.getTime() - Number.parseInt(made, 36) > LEFT_AFTER_MS
}

/** Nobody is in it but the look itself, twice; and it says what it is. */
const DESCRIPTION = {
  displayName: 'Pyrite doctor',
  comment: 'made by pyrite doctor to try one join, and removed at once',
  public: false,
  'max-clients': 4,
}

/** Makes one in the folder of group files, where people see nothing of it. Rejects where the folder cannot be written. */
export const makeProbeFile = async (
  folder: string,
  jwk: PublicJwk,
  now: Date,
): Promise<ProbeGroup> => {
  const pathOf = (name: string) => join(folder, `${name}${GROUP_FILE_EXTENSION}`)
  const files = await told(folder, () => readdir(folder))
  const names = files.map((file) => file.slice(0, -GROUP_FILE_EXTENSION.length))
  for (const left of names.filter((name) => isLeft(name, now))) {
    await rm(pathOf(left), { force: true })
  }
  const name = newName(now)
  const text = `${JSON.stringify({ ...DESCRIPTION, authKeys: [jwk] })}\n`
  await told(folder, () =>
    replaceFile(pathOf(name), text, { mode: FILE_MODE, temporary: `.${name}.tmp` }),
  )
  return { name, remove: () => rm(pathOf(name), { force: true }) }
}

const removeByApi = async (api: GaleneApi, name: string) => {
  const found = await api.group(name)
  if (found) await api.remove(name, found.etag)
}

/** Makes one by Galene's admin API. Rejects with a sentence where that is refused or not answered. */
export const makeProbeByApi = async (
  api: GaleneApi,
  jwk: PublicJwk,
  now: Date,
): Promise<ProbeGroup> => {
  for (const left of (await api.groups()).filter((name) => isLeft(name, now))) {
    await removeByApi(api, left)
  }
  const name = newName(now)
  await api.create(name, DESCRIPTION)
  const remove = () => removeByApi(api, name)
  try {
    await api.setKeys(name, [jwk])
  } catch (error) {
    await remove()
    throw error
  }
  return { name, remove }
}
