import type { GroupPort } from '../../sfu.ts'
import type { PublicJwk } from '../wire/tokens.ts'
import {
  isOfAnother,
  isOurs,
  OF_ANOTHER,
  parseDescription,
  whyNotManaged,
  writeDescription,
} from './group-file.ts'
import { type Poke, stateOf } from './group-look.ts'
import { createGroupStore } from './group-store.ts'

const UNSEEN =
  'the call server does not see the group file: sfu.groups_dir must be the folder of its -groups'

type ByFilesNeeds = { folder: string; jwk: PublicJwk; kids: ReadonlySet<string>; poke: Poke }

/** Groups as files in a folder that Galene reads (`galene.sync = "files"`). */
export const groupsByFiles = (needs: ByFilesNeeds): GroupPort => {
  const { folder, jwk, kids, poke } = needs
  const store = createGroupStore(folder)
  /** Groups that had our key: one with another key since is no old one of ours. */
  const kept = new Set<string>()
  return {
    prepare: store.prepare,
    names: store.names,
    flush: store.flush,
    touched: store.touched,
    async keep(group) {
      const text = await store.read(group.name)
      const existing = text === undefined ? {} : parseDescription(text)
      const whyNot = text === undefined ? undefined : whyNotManaged(existing)
      if (whyNot !== undefined) throw new Error(whyNot)
      if (kept.has(group.name) && isOfAnother(existing, kids)) throw new Error(OF_ANOTHER)
      const target = writeDescription(group, jwk, existing ?? {})
      const isSame = text === target
      if (!isSame) await store.write(group.name, target)
      kept.add(group.name)
      return !isSame
    },
    async drop(name) {
      const text = await store.read(name)
      if (text === undefined || !isOurs(parseDescription(text), jwk)) return false
      await store.remove(name)
      await poke(name)
      return true
    },
    look: async (name) => stateOf(await poke(name), UNSEEN),
  }
}
