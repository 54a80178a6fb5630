import type { Group } from '../../sfu.ts'
import type { PublicJwk } from '../wire/tokens.ts'
import { isManaged, isOurs, NOT_JSON, parseDescription, writeDescription } from './group-file.ts'
import { createGroupStore } from './group-store.ts'

/** How a group file differs from its channel. */
export type GroupDifference = { name: string } & (
  | { is: 'stale' | 'unmanaged' | 'other-key' }
  | { is: 'unreadable'; why: string }
)

const differenceOf = (group: Group, text: string | undefined, jwk: PublicJwk) => {
  if (text === undefined) return 'stale'
  const description = parseDescription(text)
  if (!description) throw new Error(NOT_JSON)
  if (!isManaged(description)) return 'unmanaged'
  if (!isOurs(description, jwk)) return 'other-key'
  return text === writeDescription(group, jwk, description) ? undefined : 'stale'
}

/** Compares the files in a folder with the channels, and changes nothing. Rejects where the folder cannot be read. */
export const compareGroups = async (
  groups: readonly Group[],
  folder: string,
  jwk: PublicJwk,
): Promise<GroupDifference[]> => {
  const store = createGroupStore(folder)
  await store.names()
  const differences: GroupDifference[] = []
  for (const group of groups) {
    const { name } = group
    try {
      const is = differenceOf(group, await store.read(name), jwk)
      if (is) differences.push({ name, is })
    } catch (error) {
      differences.push({ name, is: 'unreadable', why: (error as Error).message })
    }
  }
  return differences
}
