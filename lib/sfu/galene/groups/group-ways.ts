import { join } from 'node:path'
import type { Config } from '../../../platform/config/schema.ts'
import type { Log } from '../../../platform/log.ts'
import type { GroupPort } from '../../sfu.ts'
import type { Choice } from '../server/choose.ts'
import type { GaleneHttp } from '../wire/galene-http.ts'
import type { PublicJwk } from '../wire/tokens.ts'
import { createGaleneApi } from './api.ts'
import type { Poke } from './group-look.ts'
import { createGroupMemory } from './group-memory.ts'
import { GroupsByApi } from './groups-by-api.ts'
import { groupsByFiles } from './groups-by-files.ts'
import { groupsByHand } from './groups-by-hand.ts'

export type WayNeeds = {
  config: Config
  choice: Choice
  jwk: PublicJwk
  /** Of all keys that this process has had: what one of them wrote is ours. */
  kids: ReadonlySet<string>
  http: GaleneHttp
  poke: Poke
  log: Log
}

/** The way in which the SFU learns of groups: what `galene.sync` says for one elsewhere, and files for one that Pyrite runs. */
export const wayToSync = ({ config, choice, jwk, kids, http, poke, log }: WayNeeds): GroupPort => {
  const { sync, api_user: user, api_password: password } = config.galene
  if (choice.kind !== 'external' || sync === 'files') {
    return groupsByFiles({ folder: config.sfu.groups_dir, jwk, kids, poke })
  }
  if (sync === 'off') return groupsByHand({ poke })
  const memory = createGroupMemory(join(config.sfu.data_dir, 'groups-api.json'), log)
  return new GroupsByApi({
    api: createGaleneApi({ http, user, password }),
    memory,
    jwk,
    kids,
    poke,
  })
}
