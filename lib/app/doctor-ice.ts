import { lookup } from 'node:dns/promises'
import type { Config } from '../platform/config/schema.ts'
import type { Finding, IceCandidate, IceServerTry } from '../protocol/admin.ts'
import type { GivenIceServer } from '../sfu/galene/look/try-join.ts'
import { parseIceUrl } from '../sfu/ice/ice-url.ts'
import { type IceTry, tryIceServer } from '../sfu/ice/stun-client.ts'
import { type FindingCode, found, well } from './doctor-findings.ts'
import { isOnlyInside, isPrivateAddress } from './doctor-network.ts'

export type IceNeeds = {
  config: Config
  /** What a browser is given at its join. */
  given: readonly GivenIceServer[]
  /** Certificate authorities beside those of the system, PEM: for tests. */
  ca?: string
}
export type IceLook = { servers: IceServerTry[]; candidates: IceCandidate[]; findings: Finding[] }

/** Servers tried: more are no use to a browser either. */
const MOST_SERVERS = 12

const CODES: Record<Exclude<IceTry['is'], 'answered'>, FindingCode> = {
  unreachable: 'ice-unreachable',
  silent: 'ice-silent',
  untrusted: 'ice-certificate',
  'refused-credentials': 'ice-wrong-secret',
  refused: 'ice-refused',
}

/** `server`: the address behind the name; '' where there is none. */
type Tried = { url: string; server: string; outcome: IceTry | undefined }

const addressOf = async (host: string): Promise<string> => {
  try {
    return (await lookup(host)).address
  } catch {
    // No such name: that it cannot be reached is said where it is tried.
    return ''
  }
}

const tryOne = async (url: string, server: GivenIceServer, ca?: string): Promise<Tried> => {
  const target = parseIceUrl(url)
  if (!target) return { url, server: '', outcome: undefined }
  const { username, credential } = server
  const credentials =
    username !== undefined && credential !== undefined
      ? { username, password: credential }
      : undefined
  const outcome = await tryIceServer(target, credentials, ca === undefined ? {} : { ca })
  return { url, server: await addressOf(target.host), outcome }
}

const asServer = ({ url, outcome }: Tried): IceServerTry => {
  if (!outcome) return { url, ok: false, says: 'browsers do not take this address' }
  if (outcome.is !== 'answered') return { url, ok: false, says: outcome.why }
  const { relayed, address, ms } = outcome
  return { url, ok: true, ms, says: relayed ? `relays from ${relayed}` : `sees us at ${address}` }
}

const relayedBy = ({ outcome }: Tried): string | undefined =>
  outcome?.is === 'answered' ? outcome.relayed : undefined

const isRelayAstray = (tried: Tried): boolean => {
  const relayed = relayedBy(tried)
  return relayed !== undefined && isOnlyInside(relayed, tried.server)
}

const findingOf = (tried: Tried): Finding[] => {
  const { url, outcome } = tried
  if (!outcome) return [found('ice-url', url)]
  if (outcome.is !== 'answered') return [found(CODES[outcome.is], `${url}, ${outcome.why}`)]
  if (isRelayAstray(tried))
    return [found('ice-relay-private', `${url} relays from ${relayedBy(tried)}`)]
  return []
}

const isTurn = (url: string): boolean => /^turns?:/i.test(url)
const isOverUdp = (url: string): boolean => parseIceUrl(url)?.transport === 'udp'

/** What the list says before anything is tried. */
const listFindings = (urls: readonly string[], { galene }: Config): Finding[] => {
  const turn = urls.filter(isTurn)
  const missing = galene.ice_urls.filter((url) => !urls.includes(url))
  return [
    ...(turn.length === 0 ? [found('ice-none')] : []),
    ...(turn.length > 0 && turn.every(isOverUdp) ? [found('ice-udp-only')] : []),
    ...(missing.length > 0 ? [found('ice-not-given', missing.join(', '))] : []),
  ]
}

/** Tries every server that a browser is given, all at once, with the very credentials it is given. Never rejects. */
export const lookAtIce = async ({ config, given, ca }: IceNeeds): Promise<IceLook> => {
  const wanted = given.flatMap((server) => server.urls.map((url) => ({ url, server })))
  const tried = await Promise.all(
    wanted.slice(0, MOST_SERVERS).map(({ url, server }) => tryOne(url, server, ca)),
  )
  const bad = tried.flatMap(findingOf)
  const relays = new Set(tried.flatMap((each) => relayedBy(each) ?? []))
  const all = `All ${tried.length} ICE servers answer.`
  return {
    servers: tried.map(asServer),
    candidates: [...relays].map((address) => ({
      ...{ type: 'relay', address, isPrivate: isPrivateAddress(address) },
    })),
    findings: [
      ...listFindings(
        wanted.map(({ url }) => url),
        config,
      ),
      ...bad,
      ...(bad.length === 0 && tried.length > 0 ? [well('ice', all)] : []),
    ],
  }
}
