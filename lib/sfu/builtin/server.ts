import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { CLOSE } from '../../protocol/close-codes.ts'
import { Client } from './client.ts'
import type { Context } from './context.ts'
import { createCounters } from './counters.ts'
import { createLiveGroups } from './group.ts'
import { openGroupFiles } from './groups.ts'
import { answerHttp } from './http.ts'
import { createIceServers } from './ice.ts'
import { openEngine } from './link.ts'
import { type BuiltinSfuOptions, MAX_CONNECTIONS, MAX_LOOP_DELAY_MS, PATIENCE } from './options.ts'
import { watchPressure } from './pressure.ts'

const TICK_MS = 1_000

/**
 * Runs the SFU that comes with Pyrite, in this process, until `stop`. Throws when the HTTP or the media port is taken.
 * The native library under it may abort the process: give it a process of its own, except in tests.
 */
export const runBuiltinSfu = async (
  options: BuiltinSfuOptions,
): Promise<{ url: string; stop(): Promise<void> }> => {
  const counters = createCounters()
  const pressure = watchPressure()
  const engine = await openEngine({ ...options, counters })
  const clients = new Set<Client>()
  const maxLoopDelayMs = options.maxLoopDelayMs ?? MAX_LOOP_DELAY_MS
  const context: Context = {
    options,
    patience: { ...PATIENCE, ...options.patience },
    log: options.log,
    counters,
    engine,
    groups: createLiveGroups(openGroupFiles(options.groupsDir, options.log)),
    rtcConfiguration: createIceServers(options.iceFile, () => new Date(), options.log),
    now: () => new Date(),
    refuseStream: (subscribers) => {
      const isFull = counters.downs + subscribers > options.maxStreams
      if (!isFull && pressure.lagMs() <= maxLoopDelayMs) return undefined
      counters.refusedStreams++
      return isFull
        ? 'this server carries as many streams as it can'
        : 'this server is too busy for another stream; try again in a moment'
    },
  }
  const server = createServer((request, response) =>
    answerHttp(request, response, { context, clients, pressure }),
  )
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: options.maxFrameBytes,
    perMessageDeflate: false,
  })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    const status = upgradeStatus(request, clients.size)
    if (status) return socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
    sockets.handleUpgrade(request, socket, head, (webSocket) => accept(webSocket, request))
  })
  const accept = (webSocket: WebSocket, { socket }: IncomingMessage): void => {
    socket.setNoDelay(true)
    const address = `${socket.remoteAddress}:${socket.remotePort}`
    const client: Client = new Client(webSocket, address, context, () => clients.delete(client))
    clients.add(client)
  }
  const url = await listening(server, options.listen).catch((error) => {
    engine.close()
    pressure.stop()
    throw error
  })
  const ticking = setInterval(() => {
    for (const client of clients) client.tick()
  }, TICK_MS)
  options.log.info({ url, udpPort: engine.udpPort }, 'the built-in call server is open')
  return {
    url,
    stop: async () => {
      clearInterval(ticking)
      pressure.stop()
      for (const client of clients) client.close(CLOSE.restart, 'service restart')
      await closed(server)
      engine.close()
    },
  }
}

/** The status line to refuse an upgrade with, or nothing. A foreign page may not speak for a person [Galene's rule for Origin]. */
const upgradeStatus = ({ url, headers }: IncomingMessage, connections: number) => {
  if (url?.split('?')[0] !== '/ws') return '404 Not Found'
  if (headers.origin !== undefined && hostOf(headers.origin) !== headers.host?.toLowerCase())
    return '403 Forbidden'
  return connections >= MAX_CONNECTIONS ? '503 Service Unavailable' : undefined
}

const hostOf = (origin: string): string | undefined =>
  /^[a-z][a-z0-9+.-]*:\/\/([^/]+)$/.exec(origin.toLowerCase())?.[1]

type HttpServer = ReturnType<typeof createServer>

const listening = (server: HttpServer, listen: string): Promise<string> => {
  const colon = listen.lastIndexOf(':')
  const host = listen.slice(0, colon).replace(/^\[|\]$/g, '')
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(Number(listen.slice(colon + 1)), host, () => {
      const { port } = server.address() as AddressInfo
      resolve(`http://${listen.slice(0, colon)}:${port}`)
    })
  })
}

/** Resolves when no connection is left; a client that does not answer our close is cut after a second. */
const closed = (server: HttpServer): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
