import type { Config } from '../platform/config/schema.ts'
import type { Examination, Finding, IceCandidate } from '../protocol/admin.ts'
import { lookAtSfu, type SfuLook } from '../sfu/galene/look/look.ts'
import { addressFindings } from './doctor-address.ts'
import { found, well, worstFirst } from './doctor-findings.ts'
import { lookAtIce } from './doctor-ice.ts'
import { hostCandidates, isPrivateAddress } from './doctor-network.ts'
import { recordingsFindings } from './doctor-recordings.ts'
import { sfuFindings } from './doctor-sfu.ts'

export type DoctorNeeds = {
  config: Config
  now: () => Date
  /** Where the SFU answers; '' where it does not run. */
  sfuUrl: () => string
  /** Whether its media leave from this machine, so that our addresses are its own. */
  isSfuHere: boolean
  isBuiltin: boolean
  /** A channel that has a group and nobody in its call: where Pyrite makes no groups, a join is tried there. */
  idleGroup?: () => Promise<string | undefined>
  /** What is known of the group of each channel. */
  groups: () => Promise<Finding[]>
  /** Why the file with ICE servers is not written; undefined where it is, or none is kept. */
  iceFileProblem: () => string | undefined
  /** Certificate authorities for TURN servers beside those of the system, PEM: for tests. */
  ca?: string
}
export type Doctor = { examine(origin?: string): Promise<Examination> }

const ownCandidates = ({ config, isSfuHere, isBuiltin }: DoctorNeeds): IceCandidate[] => {
  if (!isSfuHere) return []
  const address = config.builtin.public_address
  if (!isBuiltin || address === '') return hostCandidates()
  return [{ type: 'host', address, isPrivate: isPrivateAddress(address) }]
}

/** Only where media leave from this machine: another Galene's addresses are known to itself alone. */
const candidateFindings = (own: readonly IceCandidate[], relays: readonly IceCandidate[]) => {
  const isReachable = [...own, ...relays].some(({ isPrivate }) => !isPrivate)
  if (own.length === 0 || isReachable) return []
  return [found('only-private', own.map(({ address }) => address).join(', '))]
}

const iceFindings = ({ config, iceFileProblem }: DoctorNeeds): Finding[] => {
  const { ice_urls, ice_secret } = config.galene
  const problem = iceFileProblem()
  const needsSecret = ice_secret === '' && ice_urls.some((url) => url.startsWith('turn'))
  return [
    ...(problem === undefined ? [] : [found('ice-file', problem)]),
    ...(needsSecret ? [found('ice-no-secret')] : []),
  ]
}

const givenIn = (look: SfuLook | undefined) =>
  look?.join.is === 'joined' ? look.join.iceServers : undefined

const lookAtMedia = async (needs: DoctorNeeds, look: SfuLook | undefined) => {
  const given = givenIn(look)
  const own = ownCandidates(needs)
  if (!given) return { servers: [], candidates: own, findings: [] }
  const { config, ca } = needs
  const ice = await lookAtIce({ config, given, ...(ca === undefined ? {} : { ca }) })
  return {
    servers: ice.servers,
    candidates: [...own, ...ice.candidates],
    findings: [...ice.findings, ...candidateFindings(own, ice.candidates)],
  }
}

/** That all is in step is said only where the call server was seen to take it; and that no group can be made, once. */
const groupFindings = (findings: readonly Finding[], look: SfuLook | undefined): Finding[] =>
  findings.length === 0 && look?.join.is === 'joined'
    ? [well('groups', 'Every channel is in step with the call server.')]
    : findings.filter(({ code }) => code !== 'groups-not-written' || look?.noGroup === undefined)

const lookAtServer = async ({ config, now, sfuUrl, idleGroup }: DoctorNeeds) => {
  const url = sfuUrl()
  return url === '' ? undefined : lookAtSfu({ config, url, now, ...(idleGroup && { idleGroup }) })
}

/** Looks over everything that calls need: the call server, its groups, our address, and the ICE servers. */
export const createDoctor = (needs: DoctorNeeds): Doctor => {
  const { config, now } = needs
  return {
    /** One look, a few seconds long; `origin`: of the page that asks, where one does. */
    async examine(origin) {
      const began = performance.now()
      const at = now().toISOString()
      const [look, groups, address, recordings] = await Promise.all([
        lookAtServer(needs),
        needs.groups(),
        addressFindings(config, origin),
        recordingsFindings(config, needs.isBuiltin),
      ])
      const media = await lookAtMedia(needs, look)
      const sfu = look ? sfuFindings(look, config) : [found('not-running')]
      return {
        at,
        tookMs: Math.round(performance.now() - began),
        findings: worstFirst([
          ...sfu,
          ...groupFindings(groups, look),
          ...address,
          ...recordings,
          ...iceFindings(needs),
          ...media.findings,
        ]),
        iceServers: media.servers,
        candidates: media.candidates,
      }
    },
  }
}
