import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { CLOSE } from '../../protocol/close-codes.ts'
import { WORKSPACE_PROTOCOL } from '../../protocol/envelope.ts'
import { PyriteError } from '../errors.ts'
import { LiveConnection } from './connection.ts'
import type { Caller } from './dispatcher.ts'
import { createHub } from './hub.ts'
import { createReceiver, type ReceiveNeeds } from './receive.ts'
import { textFrame } from './text-frame.ts'
import { createTopics } from './topics.ts'
import { listening, WorkspaceSocket } from './workspace-socket.ts'

export type ConnectionsNeeds = ReceiveNeeds & {
  version: string
  now: () => Date
  newId: () => string
  /** The topics a person hears from the first frame on. */
  topicsOf: (userId: string) => Promise<string[]>
  /** The first connection of a person opened, or the last one closed. */
  presence: { opened(userId: string): void; closed(userId: string): void }
}

/** Gathers who wrote in one turn. When its promises are settled too each makes one system call of what it wrote. */
const turnEnd = () => {
  const waiting: { flush(): void }[] = []
  const flushAll = () => {
    for (const each of waiting.splice(0)) each.flush()
  }
  return (connection: { flush(): void }) => {
    if (waiting.push(connection) === 1) process.nextTick(flushAll)
  }
}

const hello = ({ limits, now, version }: ConnectionsNeeds, { connectionId, userId }: Caller) =>
  textFrame(
    JSON.stringify({
      type: 'hello',
      body: {
        protocol: WORKSPACE_PROTOCOL,
        connectionId,
        userId,
        heartbeatSeconds: limits.heartbeat_seconds,
        serverTime: now().toISOString(),
        serverVersion: version,
      },
    }),
  )

/** Every workspace connection of this server, and the hub that speaks to them. */
export const createConnections = (needs: ConnectionsNeeds) => {
  const { limits, presence } = needs
  const server = new WebSocketServer({
    WebSocket: WorkspaceSocket,
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.max_frame_bytes,
    clientTracking: false,
    handleProtocols: () => false,
  })
  const topics = createTopics()
  const shared = { maxBufferedBytes: limits.max_buffered_bytes, flushSoon: turnEnd() }

  const listen = listening({
    receiverOf: (connection) => createReceiver(connection, needs),
    closed(connection) {
      if (topics.remove(connection)) presence.closed(connection.caller.userId)
    },
  })

  const open = async (ws: WorkspaceSocket, socket: Duplex, caller: Caller) => {
    const connection = new LiveConnection(caller, ws, socket, shared)
    listen(ws, connection)
    ws.pause()
    if (topics.add(connection)) presence.opened(caller.userId)
    await topics.fill(connection, needs.topicsOf)
    connection.greet(hello(needs, caller))
    ws.resume()
  }

  const mustHaveRoom = (userId: string) => {
    const isFull =
      topics.count() >= limits.connections ||
      topics.ofUser(userId).length >= limits.connections_per_person
    if (!isFull) return
    throw new PyriteError('too-many-requests', 'too many connections are open', { retryAfter: 30 })
  }

  const heartbeat = setInterval(() => {
    for (const connection of topics.all()) connection.beat()
  }, limits.heartbeat_seconds * 1_000)
  heartbeat.unref()

  return {
    hub: createHub(topics, needs.onFrame),
    /** Takes over an upgrade of a caller already known. Throws `too-many-requests` past the limits. */
    accept(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      who: Omit<Caller, 'connectionId'>,
    ) {
      mustHaveRoom(who.userId)
      server.handleUpgrade(request, socket, head, (ws) => {
        open(ws, socket, { ...who, connectionId: needs.newId() }).catch((error: unknown) => {
          needs.onBug(error)
          ws.close(CLOSE.internal, 'something went wrong on our side')
        })
      })
    },
    count: topics.count,
    /** Sessions with a live connection, each once. */
    sessions: () => [...new Set(topics.all().map((c) => c.caller.sessionId))],
    /** Tells everybody to come back, and waits until they are gone or `withinMs` is over. */
    async close(withinMs: number) {
      clearInterval(heartbeat)
      for (const c of topics.all()) c.close(CLOSE.restart, 'the server restarts')
      const until = performance.now() + withinMs
      while (topics.count() > 0 && performance.now() < until) {
        await new Promise((done) => setTimeout(done, 20))
      }
      for (const c of topics.all()) c.end()
    },
  }
}
export type Connections = ReturnType<typeof createConnections>
