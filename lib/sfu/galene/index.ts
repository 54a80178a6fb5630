import { mkdirSync } from 'node:fs'
import type { Config } from '../../platform/config/schema.ts'
import type { Log } from '../../platform/log.ts'
import type {
  AccessPolicy,
  Caller,
  CallModeration,
  Group,
  GroupSource,
  Sfu,
  SfuListener,
} from '../sfu.ts'
import { watchAdoption } from './adoption/notice.ts'
import { createBridge } from './bridge/bridge.ts'
import type { Counts } from './bridge/counts.ts'
import { createClosing } from './direct/closing.ts'
import { createVisits } from './direct/visits.ts'
import { withDirect } from './direct/with-direct.ts'
import { printDescription } from './groups/group-file.ts'
import { type WayNeeds, wayToSync } from './groups/group-ways.ts'
import { Groups } from './groups/groups.ts'
import { createOverHttp, withDevices } from './media-http/over-http.ts'
import { chooseSfu } from './server/choose.ts'
import { watchServer } from './server/server-watch.ts'
import { createStockClient, PORTAL_TOKEN_SECONDS } from './stock-client.ts'
import { createGaleneHttp, mustNotRedirect, stillListens } from './wire/galene-http.ts'
import type { Ours } from './wire/ours.ts'
import { createOwnConnections } from './wire/own-connections.ts'
import { createConnecting, readAuthority } from './wire/tls.ts'
import { createTokens } from './wire/tokens.ts'

export { type Counts, createCounts } from './bridge/counts.ts'
export { createOurs } from './wire/ours.ts'

export type GaleneNeeds = {
  config: Config
  log: Log
  policy: AccessPolicy
  /** Carries out moderation asked for within a call. Absent: Galene is asked. */
  moderate?: CallModeration
  /** The person of a username, for those who are at Galene past the bridge. */
  personOf: (username: string) => Promise<Caller | undefined>
  groups: GroupSource
  listener: SfuListener
  now: () => Date
  newId: () => string
  counts: Counts
  /** One for all SFUs of this process; what is this one's is added. */
  ours: Ours
  /** How to run `pyrite sfu`, up to and with that word; the options are added. */
  builtinCommand: { command: string; args: string[] }
  /** Default: that of this process. */
  environment?: NodeJS.ProcessEnv
}

/** What to put into Galene's file of a group by hand, where `galene.sync` is "off". */
export const printGroup = (config: Pick<Config, 'sfu'>, group: Group): string =>
  printDescription(group, createTokens({ config: config.sfu, now: () => new Date() }).jwk)

/**
 * All that `createGaleneSfu` makes one from: with the same, another would be no other. ICE servers are in a file, which is read
 * again. Throws on settings that cannot work.
 */
export const madeFrom = (needs: Pick<GaleneNeeds, 'config' | 'builtinCommand'>) => {
  const { sfu, galene, builtin } = needs.config
  const { kind, description } = chooseSfu({ ...needs, environment: process.env })
  const { ice_file, ice_urls, ice_secret, ice_ttl_seconds, ...pairing } = galene
  const isSecure = kind === 'external' && sfu.url.startsWith('https:')
  return {
    ...{ kind, description, sfu },
    ...(kind === 'external' ? { pairing } : { stock_client: galene.stock_client }),
    ...(isSecure && { authority: readAuthority(galene.ca_file) }),
    ...(kind === 'builtin' && { builtin }),
  }
}

/** Which SFU, and how to reach it. Throws on settings that cannot work. */
const prepare = ({ config, now, builtinCommand, environment = process.env }: GaleneNeeds) => {
  const choice = chooseSfu({ config, builtinCommand, environment })
  const isSecure = 'url' in choice && choice.url.startsWith('https:')
  return { choice, connecting: createConnecting(isSecure, config.galene, now) }
}

type GroupTools = Pick<WayNeeds, 'choice' | 'jwk' | 'http' | 'log'> & { isReachable: () => boolean }

const createGroups = (needs: GaleneNeeds, { isReachable, ...tools }: GroupTools) => {
  const { config, listener, groups: source } = needs
  const { kids, keepers } = needs.ours
  kids.add(tools.jwk.kid)
  const poke = async (group: string) =>
    isReachable() ? tools.http.poke(group, config.sfu.token_audience) : undefined
  return new Groups({
    port: wayToSync({ config, kids, ...tools, poke }),
    ...{ source, keepers, log: tools.log, changed: () => listener.statusChanged() },
  })
}

/** The media server behind the port of sfu.ts: a Galene, or what speaks its protocol. Throws on settings that cannot work. */
export const createGaleneSfu = (needs: GaleneNeeds): Sfu => {
  const { config, listener, now, policy, moderate, newId } = needs
  const { data_dir, token_audience } = config.sfu
  const log = needs.log.child({ part: 'sfu' })
  const { choice, connecting } = prepare(needs)
  const tokens = createTokens({ config: config.sfu, now })
  const http = createGaleneHttp({ url: () => server.url(), connecting })
  const server = watchServer({
    ...{ choice, dataFolder: data_dir, log, now, connecting, http },
    changed(isReachable) {
      visits.reachable(isReachable)
      if (isReachable) void groups.lookOver()
      else bridge.sfuSilent()
      listener.statusChanged()
    },
    gone: () => bridge.sfuGone(),
  })
  const isReachable = () => server.health().reachable
  const groups = createGroups(needs, { choice, jwk: tokens.jwk, http, isReachable, log })
  const settled = (group: string) => groups.settled(group)
  const mustBeJoinable = async (group: string) => {
    if (choice.kind === 'external') await mustNotRedirect(http, group, token_audience)
  }
  const overHttp = createOverHttp({
    ...{ config, server, connecting, tokens, settled, log },
    isRecording: (group) => bridge.groupState(group).recording,
  })
  const mayRecord = (group: string) => overHttp.abilities().record && groups.mayRecord(group)
  const issued = (group: string) => visits.issued(group)
  const stockClient = createStockClient({ config, kind: choice.kind, tokens, mayRecord, issued })
  const { hasDirect, ...closing } = createClosing(data_dir, stockClient !== undefined, policy)
  const { bridges } = needs.ours
  const own = createOwnConnections(config.sfu.signing_key, now, needs.ours.visits)
  const bridge = createBridge({
    ...{ log, policy, tokens, own, listener, now, newId, config: config.sfu, counts: needs.counts },
    ...{ bridges, groups: { settled, mustBeJoinable, mayRecord }, ...(moderate && { moderate }) },
    ...{ url: server.url, socketOptions: connecting.socketOptions, sfuFailed: server.checkNow },
    ...{ stillListens: () => stillListens(server.url()), isReachable },
    lookAtRecording: (group) => visits.lookAtRecording(group),
  })
  const visits = createVisits({
    ...{ mayRecord, mustBeJoinable, connecting, tokens, own, now, newId, listener, log },
    ...{ hasDirect, policy: closing.policy, lookedAtAll: closing.done, isReachable },
    ...{ personOf: needs.personOf, onBridge: bridges.onBridge, url: server.url },
    ...{ names: groups.names, tokenSeconds: PORTAL_TOKEN_SECONDS, seen: bridge.recordingSeen },
  })
  // Last of all: settings that cannot work leave nothing behind that goes on.
  const stopWatching = watchAdoption(data_dir, groups.changed)
  return {
    async start() {
      mkdirSync(data_dir, { recursive: true })
      closing.begin()
      await groups.start()
      await server.start()
      visits.lookAtAll()
    },
    async stop(words) {
      stopWatching()
      bridge.stop(words)
      await visits.stop()
      http.end()
      await Promise.all([groups.stop(), server.stop()])
      connecting.close()
    },
    ...{ syncState: groups.state, health: server.health, sessions: bridge.sessions },
    ...{ groupState: bridge.groupState, handleUpgrade: bridge.handleUpgrade },
    participants: (group) => [...bridge.participants(group), ...visits.participants(group)],
    ...withDevices(withDirect({ bridge, visits, groups, mayRecord, hasDirect }), listener),
    stockClient,
    ...overHttp,
  }
}
