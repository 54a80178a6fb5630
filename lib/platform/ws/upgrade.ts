import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { PyriteError } from '../errors.ts'
import { toFailure } from './dispatcher.ts'

/** Takes over one upgrade. Throws PyriteError to refuse it before it happens. */
export type UpgradeHandler = (
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
) => Promise<void> | void

const REASONS: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** Answers an upgrade with an ordinary HTTP error and ends the socket. */
export const refuseUpgrade = (socket: Duplex, error: unknown, onBug: (error: unknown) => void) => {
  if (socket.destroyed || !socket.writable) return
  const status = error instanceof PyriteError ? error.status : 500
  const body = JSON.stringify({ error: toFailure(error, onBug) })
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Refused'}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  // Whoever never closes their half would hold the socket, and a stop, for ever.
  socket.once('finish', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

/** A function of its own: a listener made where the request is at hand would keep the request as long as the socket lives. */
const outlive = (socket: Duplex) => {
  socket.on('error', () => socket.destroy())
}

/** Routes upgrades by exact path. A client that vanishes meanwhile never becomes an uncaught error. */
export const routeUpgrades = (
  server: Server,
  table: Record<string, UpgradeHandler>,
  onBug: (error: unknown) => void,
) => {
  server.on('upgrade', (request, socket, head) => {
    outlive(socket)
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    const handler = Object.hasOwn(table, path) ? table[path] : undefined
    const run = async () => {
      if (!handler) throw new PyriteError('not-found', 'there is no socket here')
      await handler(request, socket, head)
    }
    run().catch((error: unknown) => refuseUpgrade(socket, error, onBug))
  })
}
