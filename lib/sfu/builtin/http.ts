import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Client } from './client.ts'
import type { Context } from './context.ts'
import { BadGroupFile } from './groups.ts'
import { writeMessage } from './messages.ts'
import type { Pressure } from './pressure.ts'
import { Refusal } from './refusals.ts'

type HttpNeeds = { context: Context; clients: ReadonlySet<Client>; pressure: Pressure }
type Answer = { status: number; body?: unknown }

/** Answers plain HTTP: group status, health, and counters for this machine. */
export const answerHttp = (
  request: IncomingMessage,
  response: ServerResponse,
  needs: HttpNeeds,
): void => {
  const { status, body } = answer(request, needs)
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
  })
  response.end(request.method === 'HEAD' || body === undefined ? undefined : JSON.stringify(body))
}

const answer = (request: IncomingMessage, needs: HttpNeeds): Answer => {
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405 }
  const path = request.url?.split('?')[0] ?? ''
  if (path === '/healthz') return { status: 200, body: { ok: true } }
  if (path === '/stats')
    return isLocal(request) ? { status: 200, body: statistics(needs) } : { status: 404 }
  const group = /^\/group\/([^/]{1,64})\/(\.status)?$/.exec(path)
  if (!group?.[1]) return { status: 404 }
  const found = status(group[1], request.headers.host ?? '', needs.context)
  return group[2] ? found : { status: found.status }
}

const isLocal = ({ socket }: IncomingMessage): boolean =>
  /^(::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '')

/** A group as strangers may know it. Asking also makes the server look at the group file again. */
const status = (name: string, host: string, { groups }: Context): Answer => {
  try {
    const { description, group } = groups.open(name)
    const { displayName, description: about, authServer, authPortal, redirect } = description
    const isPublic = description.public && !redirect
    const body = {
      name,
      ...(redirect
        ? { redirect }
        : {
            location: `http://${host}/group/${name}/`,
            endpoint: `ws://${host}/ws`,
            authServer,
            authPortal,
          }),
      displayName,
      description: about,
      locked: isPublic && group?.locked !== undefined,
      clientCount: isPublic ? group?.members.size : undefined,
    }
    return { status: 200, body: JSON.parse(writeMessage(body)) }
  } catch (error) {
    if (error instanceof Refusal) return { status: 404 }
    return { status: error instanceof BadGroupFile ? error.status : 500 }
  }
}

const round = (value: number): number => Math.round(value * 1_000) / 1_000

/** The counters, for tests, the benchmark and whoever looks after the machine. Times in milliseconds, sizes in bytes. */
const statistics = ({ context, clients, pressure }: HttpNeeds): Record<string, unknown> => {
  const { forwarding, ...counters } = context.counters
  const { rss, heapUsed, external } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  return {
    clients: clients.size,
    groups: context.groups.size(),
    ...counters,
    streams: counters.downs,
    udpPort: context.engine.udpPort,
    forwardingP50Ms: round(forwarding.percentile(50) / 1e6),
    forwardingP99Ms: round(forwarding.percentile(99) / 1e6),
    loopDelayP99Ms: round(pressure.delayMs()),
    cpuMs: round((user + system) / 1_000),
    rss,
    heapUsed,
    external,
  }
}
