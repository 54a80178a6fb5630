import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { CLOSE } from '../../protocol/close-codes.ts'
import { WORKSPACE_PROTOCOL } from '../../protocol/envelope.ts'
import { PyriteError } from '../errors.ts'
import { createConnection } from './connection.ts'
import type { Caller } from './dispatcher.ts'
import { createHub } from './hub.ts'
import { createReceiver, type ReceiveNeeds } from './receive.ts'
import { textFrame } from './text-frame.ts'
import { createTopics } from './topics.ts'

export type ConnectionsNeeds = ReceiveNeeds & {
  version: string
  now: () => Date
  newId: () => string
  /** The topics a person hears from the first frame on. */
  topicsOf: (userId: string) => Promise<string[]>
  /** The first connection of a person opened, or the last one closed. */
  presence: { opened(userId: string): void; closed(userId: string): void }
}

/** Runs what is written in one turn of the loop as one system call per socket. */
const turnEnd = () => {
  const flushes: (() => void)[] = []
  const runAll = () => {
    for (const flush of flushes.splice(0)) flush()
  }
  return (flush: () => void) => {
    if (flushes.push(flush) === 1) setImmediate(runAll)
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
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.max_frame_bytes,
    clientTracking: false,
    handleProtocols: () => false,
  })
  const topics = createTopics()
  const flushLater = turnEnd()

  const open = async (ws: WebSocket, socket: Duplex, who: Omit<Caller, 'connectionId'>) => {
    const caller = { ...who, connectionId: needs.newId() }
    const maxBufferedBytes = limits.max_buffered_bytes
    const connection = createConnection({
      caller,
      ws,
      socket,
      maxBufferedBytes,
      flushLater,
    })
    // ws has already sent the close code that fits (1009 for a frame too large).
    ws.on('error', () => setTimeout(connection.end, 2_000).unref())
    ws.on('close', () => {
      if (topics.remove(connection)) presence.closed(caller.userId)
    })
    ws.pause()
    if (topics.add(connection)) presence.opened(caller.userId)
    await topics.fill(connection, needs.topicsOf)
    connection.greet(hello(needs, caller))
    const receive = createReceiver(connection, needs)
    // Until it answers our close, a client can still send: whose session has ended is not heard any more.
    ws.on('message', (data: Buffer, isBinary) => {
      if (ws.readyState === ws.OPEN) receive(data, isBinary)
    })
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
        open(ws, socket, who).catch((error: unknown) => {
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
