import type { Config } from '../../../platform/config/schema.ts'
import { inTime } from '../../../platform/in-time.ts'
import { createGaleneApi } from '../groups/api.ts'
import { askStatus, type StatusAnswer } from '../wire/ask-status.ts'
import { createGaleneHttp, type GaleneHttp, handshakeProblem } from '../wire/galene-http.ts'
import { doctorId } from '../wire/own-connections.ts'
import { DOCTOR_USERNAME } from '../wire/service-names.ts'
import { type Connecting, createConnecting } from '../wire/tls.ts'
import { createTokens, type Tokens } from '../wire/tokens.ts'
import { recogniseVersion, versionProblem } from '../wire/versions.ts'
import { lookAtPage, type PageLook } from './look-at-page.ts'
import { makeProbeByApi, makeProbeFile, type ProbeGroup } from './probe-group.ts'
import { type JoinTry, tryJoin } from './try-join.ts'

/** What one look at the SFU found. Nothing is judged here. */
export type SfuLook = {
  url: string
  /** Why no group could be made to try a join in. */
  noGroup?: string
  /** What answers, where that is no Galene: looked at where no join could be tried. */
  noGalene?: string
  status: StatusAnswer
  /** That its version is not supported, in a sentence. */
  versionProblem?: string
  join: JoinTry | { is: 'not-tried' }
  /** Galene's own page, where people may open it. */
  page?: PageLook
}

export type LookNeeds = {
  config: Config
  /** Where the SFU answers, without a path. */
  url: string
  /** A channel's group that is there and has nobody in its call, for where Pyrite makes no groups itself. */
  idleGroup?: () => Promise<string | undefined>
  now: () => Date
}

type Tools = { connecting: Connecting; http: GaleneHttp; tokens: Tokens }

/** More than each step takes by itself: several slow ones in a row are no call server to wait for. */
const LONGEST_MS = 9_000
/** Asked for where no group can be made: any name tells whether somebody answers. */
const NO_GROUP = 'pyrite_doctor'

const groupByHand = async ({ idleGroup }: LookNeeds): Promise<ProbeGroup> => {
  const name = await idleGroup?.()
  if (name === undefined) throw new Error('Pyrite makes no groups, and no channel is idle')
  return { name, remove: async () => undefined }
}

const makeGroup = (needs: LookNeeds, { http, tokens: { jwk } }: Tools): Promise<ProbeGroup> => {
  const { config, now } = needs
  const { sync, api_user: user, api_password: password } = config.galene
  if (config.sfu.url === '' || sync === 'files') {
    return makeProbeFile(config.sfu.groups_dir, jwk, now())
  }
  if (sync === 'off') return groupByHand(needs)
  return makeProbeByApi(createGaleneApi({ http, user, password }), jwk, now())
}

const versionProblemOf = async (http: GaleneHttp): Promise<string | undefined> => {
  try {
    return versionProblem(await recogniseVersion(http))
  } catch {
    // It does not answer, which the status says.
    return undefined
  }
}

type Joins = Pick<SfuLook, 'join' | 'page'>

const joinAll = async (needs: LookNeeds, tools: Tools, group: string): Promise<Joins> => {
  const { config, url, now } = needs
  const { tokens, connecting } = tools
  const ticket = { username: DOCTOR_USERNAME, group, role: 'listener', recording: false } as const
  const token = await tokens.sign(ticket)
  const newId = () => doctorId(config.sfu.signing_key, group, now().getTime())
  const [join, page] = await Promise.all([
    tryJoin({ url, group, token, id: newId(), connecting }),
    lookAtPage({ config, group, token, newId, now }),
  ])
  return { join, ...(page && { page }) }
}

const NOT_TRIED: Joins = { join: { is: 'not-tried' } }

const lookWith = async (needs: LookNeeds, tools: Tools): Promise<SfuLook> => {
  const { config, url, now } = needs
  const { connecting, http } = tools
  const made = await makeGroup(needs, tools).catch((error: Error) => error)
  const group = made instanceof Error ? undefined : made
  try {
    const host = config.sfu.token_audience
    const name = group?.name ?? NO_GROUP
    const status = await askStatus({ url, group: name, host, connecting, now })
    const isThere = status.is === 'answered'
    const [old, joins, noGalene] = await Promise.all([
      isThere ? versionProblemOf(http) : undefined,
      isThere && group ? joinAll(needs, tools, group.name) : NOT_TRIED,
      isThere && !group ? handshakeProblem(url, connecting) : undefined,
    ])
    return {
      url,
      status,
      ...(made instanceof Error && { noGroup: made.message }),
      ...(noGalene !== undefined && { noGalene }),
      ...(old !== undefined && { versionProblem: old }),
      ...joins,
    }
  } finally {
    // What is left behind goes at the next look.
    await group?.remove().catch(() => undefined)
  }
}

/**
 * Looks at the SFU as a join would: a group of its own, which no channel can have and nobody sees, a status, a token, a real join;
 * and removes the group again. Answers within ten seconds. Rejects only where the settings cannot be used at all.
 */
export const lookAtSfu = async (needs: LookNeeds): Promise<SfuLook> => {
  const { config, url, now } = needs
  const connecting = createConnecting(url.startsWith('https:'), config.galene, now)
  const http = createGaleneHttp({ url: () => url, connecting })
  try {
    const tokens = createTokens({ config: config.sfu, now })
    const look = lookWith(needs, { connecting, http, tokens })
    const status = {
      is: 'unreachable',
      why: `it takes longer than ${LONGEST_MS / 1_000} s`,
    } as const
    return await inTime(LONGEST_MS, look, () => ({ url, status, ...NOT_TRIED }))
  } finally {
    http.end()
    connecting.close()
  }
}
