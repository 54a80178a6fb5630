import { isIP } from 'node:net'
import type { Config } from '../platform/config/schema.ts'
import type { Finding } from '../protocol/admin.ts'
import type { SfuLook } from '../sfu/galene/look/look.ts'
import { clientPageFindings } from './doctor-client-page.ts'
import { found, well } from './doctor-findings.ts'
import { isLoopbackUrl, isPrivateAddress } from './doctor-network.ts'

/** Galene takes five seconds; said before that is used up. */
const APART_MS = 5_000
const DRIFT_MS = 2_000

const seconds = (ms: number): string => `${(Math.abs(ms) / 1_000).toFixed(1)} s`

const clockFindings = (aheadMs: number | undefined): Finding[] => {
  if (aheadMs === undefined) return []
  const side = aheadMs > 0 ? 'ahead of' : 'behind'
  const detail = `the call server is ${seconds(aheadMs)} ${side} this machine`
  if (Math.abs(aheadMs) >= APART_MS) return [found('clocks-apart', detail)]
  if (Math.abs(aheadMs) >= DRIFT_MS) return [found('clocks-drift', detail)]
  return [well('clocks', 'The clocks of Pyrite and of the call server are in step.')]
}

const hostIn = (location = ''): string => {
  try {
    return new URL(location).host
  } catch {
    // A path only, or nothing.
    return ''
  }
}

/** What answers 404 to everything is no Galene; the join tells. */
const isNoGalene = ({ join, noGalene }: SfuLook): boolean =>
  join.is === 'no-upgrade' || noGalene !== undefined

const statusFindings = (look: SfuLook): Finding[] => {
  const { status, noGroup } = look
  if (status.is === 'unreachable') return [found('sfu-unreachable', status.why)]
  if (status.is === 'untrusted') return [found('sfu-certificate', status.why)]
  const clock = clockFindings(status.aheadMs)
  if (status.status >= 300 && status.status < 400) {
    const host = hostIn(status.location)
    return [...clock, found('host-name', host === '' ? '' : `it calls itself ${host}`)]
  }
  if (noGroup !== undefined || status.status === 200 || isNoGalene(look)) return clock
  if (status.status === 404) return [...clock, found('groups-not-shared')]
  return [...clock, found('group-unreadable', `it answers ${status.status}`)]
}

const joinFindings = ({ join, noGalene }: SfuLook): Finding[] => {
  if (noGalene !== undefined) return [found('sfu-no-websocket', noGalene)]
  switch (join.is) {
    case 'not-tried':
      return []
    case 'joined':
      return [well('join', `A real join with a fresh token worked, in ${join.ms} ms.`)]
    case 'refused':
      return [found('token-refused', `it says "${join.why}"`)]
    case 'no-upgrade':
      return [found('sfu-no-websocket', `it answers ${join.status}`)]
    case 'old-protocol':
      return [found('sfu-old', `it offers ${join.versions.join(', ') || 'none'}`)]
    case 'silent':
      return [found('join-silent')]
    case 'unreachable':
      return [found('sfu-unreachable', join.why)]
  }
}

const transportFindings = (url: string): Finding[] => {
  const { protocol, hostname } = new URL(url)
  if (protocol === 'https:' || isLoopbackUrl(url)) return []
  const isOwnNetwork = isIP(hostname) !== 0 && isPrivateAddress(hostname)
  return [found('sfu-plain-http', isOwnNetwork ? `${url}, a private address` : url)]
}

/** `config` says how groups are made; what is no Galene makes none, and that is said instead. */
const noGroupFindings = ({ noGroup, noGalene }: SfuLook, { sfu, galene }: Config): Finding[] => {
  if (noGroup === undefined || noGalene !== undefined) return []
  if (sfu.url === '' || galene.sync === 'files') return [found('groups-not-written', noGroup)]
  return galene.sync === 'off' ? [found('join-not-tried')] : [found('api-refused', noGroup)]
}

const SILENT: ReadonlySet<string> = new Set(['sfu-unreachable', 'sfu-certificate'])

/** What a look at the call server means. One cause is said once: nothing is said of a join where the status told already. */
export const sfuFindings = (look: SfuLook, config: Config): Finding[] => {
  const before = statusFindings(look)
  if (before.some(({ code }) => SILENT.has(code))) return before
  const groups = noGroupFindings(look, config)
  const isExplained = [...before, ...groups].some(({ level }) => level === 'problem')
  const join = isExplained && look.join.is !== 'joined' ? [] : joinFindings(look)
  return [
    ...(isNoGalene(look) ? [] : [well('sfu-reachable', `The call server answers at ${look.url}.`)]),
    ...transportFindings(look.url),
    ...(look.versionProblem === undefined ? [] : [found('sfu-unsupported', look.versionProblem)]),
    ...before,
    ...groups,
    ...join,
    ...clientPageFindings(look.page),
  ]
}
