import type { Config } from '../../../platform/config/schema.ts'
import type { Log } from '../../../platform/log.ts'
import { createGaleneApi } from '../groups/api.ts'
import { wayToSync } from '../groups/group-ways.ts'
import type { Choice } from '../server/choose.ts'
import { runningSfuUrl } from '../server/running.ts'
import { createGaleneHttp } from '../wire/galene-http.ts'
import { createConnecting } from '../wire/tls.ts'
import { createTokens } from '../wire/tokens.ts'
import type { AdoptionPort } from './adoption.ts'
import { createBackups } from './backups.ts'
import { adoptionByApi } from './by-api.ts'
import { adoptionByFiles } from './by-files.ts'
import { adoptedFolder, noticeAdoption } from './notice.ts'

export type AdoptionNeeds = { config: Config; choice: Choice; log: Log; now: () => Date }

/** Groups of the Galene that is paired with, as `galene.sync` reaches them; undefined where it reaches none. `close` it in the end. */
export const createAdoption = ({ config, choice, log, now }: AdoptionNeeds) => {
  const { sync, api_user: user, api_password: password } = config.galene
  const isElsewhere = choice.kind === 'external'
  if (isElsewhere && sync === 'off') return
  const { groups_dir: folder, data_dir, token_audience } = config.sfu
  const url = 'url' in choice ? choice.url : (runningSfuUrl(data_dir) ?? '')
  const connecting = createConnecting(url.startsWith('https:'), config.galene, now)
  const http = createGaleneHttp({ url: () => url, connecting })
  const { jwk } = createTokens({ config: config.sfu, now })
  const poke = (group: string) => http.poke(group, token_audience)
  const byApi = () => {
    const port = wayToSync({ config, choice, jwk, kids: new Set([jwk.kid]), http, poke, log })
    return adoptionByApi({ api: createGaleneApi({ http, user, password }), port })
  }
  const port: AdoptionPort =
    isElsewhere && sync === 'api' ? byApi() : adoptionByFiles({ folder, jwk, poke })
  return {
    port,
    jwk,
    backups: createBackups(adoptedFolder(data_dir), now),
    /** A server that runs looks at its groups. */
    tellServer: () => noticeAdoption(data_dir),
    close() {
      http.end()
      connecting.close()
    },
  }
}
export type Adoption = NonNullable<ReturnType<typeof createAdoption>>
