import type { GroupPort } from '../../sfu.ts'
import type { PublicJwk } from '../wire/tokens.ts'
import { isManaged, isOurs, NOT_MANAGED, parseDescription, writeDescription } from './group-file.ts'
import { type Poke, stateOf } from './group-look.ts'
import { createGroupStore } from './group-store.ts'

const UNSEEN =
  'the call server does not see the group file: sfu.groups_dir must be the folder of its -groups'

/** Groups as files in a folder that Galene reads (`galene.sync = "files"`). */
export const groupsByFiles = (needs: { folder: string; jwk: PublicJwk; poke: Poke }): GroupPort => {
  const { folder, jwk, poke } = needs
  const store = createGroupStore(folder)
  return {
    prepare: store.prepare,
    names: store.names,
    flush: store.flush,
    async keep(group) {
      const text = await store.read(group.name)
      const existing = text === undefined ? {} : parseDescription(text)
      if (text !== undefined && !isManaged(existing)) throw new Error(NOT_MANAGED)
      const target = writeDescription(group, jwk, existing ?? {})
      if (text === target) return false
      await store.write(group.name, target)
      return true
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
