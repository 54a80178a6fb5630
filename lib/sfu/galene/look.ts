import type { Config } from '../../platform/config/schema.ts'
import { askStatus, type StatusAnswer } from './ask-status.ts'
import { makeProbeFile, type ProbeGroup } from './probe-group.ts'
import { createConnecting } from './tls.ts'
import { createTokens } from './tokens.ts'
import { type JoinTry, tryJoin } from './try-join.ts'

/** What one look at the SFU found. Nothing is judged here. */
export type SfuLook = {
  url: string
  /** Why no group could be made to try a join in. */
  noGroup?: string
  status: StatusAnswer
  join: JoinTry | { is: 'not-tried' }
}

export type LookNeeds = {
  config: Config
  /** Where the SFU answers, without a path. */
  url: string
  now: () => Date
}

/** Asked for where no group can be made: any name tells whether somebody answers. */
const NO_GROUP = 'pyrite_doctor'
const USERNAME = 'pyrite-doctor'

const makeGroup = async ({ config, now }: LookNeeds): Promise<ProbeGroup | { why: string }> => {
  try {
    const { jwk } = createTokens({ config: config.sfu, now })
    return await makeProbeFile(config.sfu.groups_dir, jwk, now())
  } catch (error) {
    return { why: (error as Error).message }
  }
}

/**
 * Looks at the SFU as a join would: a group of its own, which no channel can have and nobody sees, a status, a token, a real join;
 * and removes the group again. Never rejects, but where the TLS settings cannot be read.
 */
export const lookAtSfu = async (needs: LookNeeds): Promise<SfuLook> => {
  const { config, url, now } = needs
  const connecting = createConnecting(url.startsWith('https:'), config.galene, now)
  const group = await makeGroup(needs)
  const name = 'name' in group ? group.name : NO_GROUP
  try {
    const host = config.sfu.token_audience
    const status = await askStatus({ url, group: name, host, connecting, now })
    if ('why' in group || status.is === 'unreachable') {
      const noGroup = 'why' in group ? { noGroup: group.why } : {}
      return { url, ...noGroup, status, join: { is: 'not-tried' } }
    }
    const ticket = { username: USERNAME, group: name, role: 'listener', recording: false } as const
    const token = await createTokens({ config: config.sfu, now }).sign(ticket)
    return { url, status, join: await tryJoin({ url, group: name, token, connecting }) }
  } finally {
    if ('remove' in group) await group.remove()
    connecting.close()
  }
}
