import { lstat, readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { told } from '../groups/folder-trouble.ts'
import {
  type Description,
  knownFields,
  parseDescription,
  writeDescription,
} from '../groups/group-file.ts'
import type { Poke } from '../groups/group-look.ts'
import { createGroupStore } from '../groups/group-store.ts'
import { GROUP_FILE_EXTENSION } from '../wire/facts.ts'
import type { PublicJwk } from '../wire/tokens.ts'
import { type AdoptionPort, type GroupCopy, restored, withoutWaysIn } from './adoption.ts'

export type ByFilesNeeds = { folder: string; jwk: PublicJwk; poke: Poke }

/** Galene reads what is not UTF-8 as this character, and so would a copy keep it. */
const NOT_UTF_8 = '\ufffd'
const CHANGED = 'somebody changed its file meanwhile: run this again'

const nameOf = (path: string): string | undefined => {
  const isHidden = path.split('/').some((part) => part.startsWith('.'))
  if (isHidden || !path.endsWith(GROUP_FILE_EXTENSION)) return
  return path.slice(0, -GROUP_FILE_EXTENSION.length)
}

const isSameJson = (one: Description, other: Description): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

/** The files of a folder that Galene reads too. Each change is one rename. */
export const adoptionByFiles = ({ folder, jwk, poke }: ByFilesNeeds): AdoptionPort => {
  const store = createGroupStore(folder)
  const find = async (name: string): Promise<GroupCopy | undefined> => {
    const text = await store.read(name)
    if (text === undefined) return
    const description = parseDescription(text)
    if (!description) throw new Error('its file is not one JSON object with nothing behind it')
    // A file takes the place of a link, and releasing would not bring the link back; two links may be one group.
    const isLink = (await lstat(join(folder, `${name}${GROUP_FILE_EXTENSION}`))).isSymbolicLink()
    if (isLink) throw new Error('its file is a link: put the file itself in its place first')
    return { name, text, description, rights: await store.rights(name) }
  }
  const read = async (name: string): Promise<GroupCopy | undefined> => {
    const copy = await find(name)
    if (!copy?.text.includes(NOT_UTF_8)) return copy
    throw new Error('its file is not UTF-8, and a copy would not be the same: save it as UTF-8')
  }
  const write = async (name: string, text: string, rights?: GroupCopy['rights']) => {
    await store.write(name, text, rights)
    await store.flush()
    await poke(name)
  }
  return {
    async names() {
      const entries = await told(folder, () =>
        readdir(folder, { recursive: true, withFileTypes: true }),
      )
      const files = entries.filter((entry) => !entry.isDirectory())
      return files
        .flatMap(({ parentPath, name }) => nameOf(relative(folder, join(parentPath, name))) ?? [])
        .sort()
    },
    peek: async (name) => (await read(name))?.description,
    read,
    begin: async () => undefined,
    async take(group, copy) {
      if ((await store.read(group.name)) !== copy.text) throw new Error(CHANGED)
      await write(group.name, writeDescription(group, jwk, withoutWaysIn(copy.description)))
    },
    async restore(name, backup) {
      const now = (await find(name))?.description ?? {}
      const wanted = restored(now, backup.description)
      const isAsBefore = isSameJson(wanted, knownFields(backup.description))
      const text = isAsBefore ? backup.text : `${JSON.stringify(wanted, null, 1)}\n`
      await write(name, text, backup.rights)
      const rights = await store.rights(name)
      if (!backup.rights || backup.rights.uid === rights?.uid) return []
      return [`its file belonged to the user ${backup.rights.uid}: give it back with chown`]
    },
  }
}
