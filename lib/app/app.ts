import { createServer } from 'node:http'
import type { Config } from '../platform/config/schema.ts'
import { originRule } from '../platform/http/origin.ts'
import { metricsApplication } from '../platform/http/probes.ts'
import { createClientAddress, listen } from '../platform/http/server.ts'
import { routeUpgrades } from '../platform/ws/upgrade.ts'
import type { Moved } from '../sfu/moving.ts'
import { createDoors } from './doors.ts'
import { watchEndings } from './endings.ts'
import { linkEvents } from './events.ts'
import { type AppNeeds, createParts, type Parts } from './parts.ts'
import { createWebServer } from './web.ts'

/** Where /metrics listens by itself; undefined where it does not. */
const metricsAddress = (address: string) => {
  const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(address) ?? []
  return host === undefined ? undefined : { host, port: Number(port) }
}

/** Only what calls need follows new settings: the rest was handed out when the parts were made. */
const reloadCalls =
  ({ moving }: Parts, config: Config) =>
  ({ sfu, galene, builtin }: Config): Promise<Moved> =>
    moving.move({ ...config, sfu, galene, builtin })

/** A whole Pyrite. `start` it once; `stop` may be called twice. */
export const createApp = (needs: AppNeeds) => {
  const { config, database, now } = needs
  const parts = createParts(needs)
  const { features, connections, sfu, diagnosis, metrics, onBug } = parts
  const origins = originRule(config.server)
  let stopping: Promise<void> | undefined
  const isStopping = () => stopping !== undefined

  const server = createWebServer({
    ...parts,
    config,
    version: needs.version,
    origins,
    clientFolder: needs.clientFolder,
    isReady: () => {
      const isUp = database.check()
      return { ready: isUp && !isStopping(), database: isUp, sfu: sfu.health().reachable }
    },
  })
  routeUpgrades(
    server,
    createDoors({
      bus: parts.bus,
      origins,
      auth: features.auth,
      connections,
      sfu,
      addressOf: createClientAddress(config.server.trusted_proxies),
      isStopping,
    }),
    onBug,
  )
  const metricsServer = createServer(metricsApplication(metrics))
  const ends = [linkEvents(parts)]

  const stop = async () => {
    const graceMs = config.server.shutdown_seconds * 1_000
    const closed = new Promise((done) => server.close(done))
    const cutOff = setTimeout(() => server.closeAllConnections(), graceMs)
    metricsServer.close()
    await Promise.all([connections.close(graceMs), parts.moving.stop()])
    server.closeIdleConnections()
    await closed
    clearTimeout(cutOff)
    diagnosis.stop()
    for (const end of ends) end()
    for (const name of ['presence', 'calls', 'moderation', 'whip'] as const) features[name].close()
    await database.close()
  }

  return {
    ...features,
    sfu,
    /** Listens and starts the SFU. Answers the port in use. Throws a sentence where a port cannot be had. */
    async start(): Promise<number> {
      // First of all: where another Pyrite has the port, its database is left as it is.
      const port = await listen(server, config.server, 'server.port or server.host')
      const own = metricsAddress(config.metrics.listen)
      if (own) await listen(metricsServer, own, 'metrics.listen')
      await features.calls.start(now())
      await features.channels.ensureModerated()
      await features.moderation.start()
      await diagnosis.start()
      await sfu.start()
      ends.push(await watchEndings(parts, database.hasOtherWritten))
      return port
    },
    /**
     * Puts the settings of [sfu], [galene] and [builtin] in force: calls move where they have to, chat is not touched. Throws a
     * sentence where that cannot be, and then nothing has changed.
     */
    reload: reloadCalls(parts, config),
    /** Tells everybody to come back, ends the SFU, and closes the database. */
    stop: (): Promise<void> => {
      stopping ??= stop()
      return stopping
    },
  }
}
export type App = ReturnType<typeof createApp>
