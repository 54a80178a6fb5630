import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Json } from './sfu.ts'

/** How the ear answers a join; `undefined`: not at all. */
type Answer = (join: Json) => Json | undefined

const welcome: Answer = ({ group, username }) => ({
  type: 'joined',
  kind: 'join',
  group,
  username,
  permissions: ['present', 'message'],
})

/**
 * Stands where Galene stands and writes down, byte for byte, what the bridge sends. Answers handshakes and joins, and says
 * to the clients what a test tells it to say.
 */
export const startEar = async (answerJoin: Answer = welcome) => {
  const heard: string[] = []
  const legs = new Set<WebSocket>()
  const requests: { url: string; headers: NodeJS.Dict<string | string[]> }[] = []
  const closes: { code: number; reason: string }[] = []
  const server = createServer((_request, response) => response.writeHead(200).end('{}'))
  const sockets = new WebSocketServer({ server, perMessageDeflate: true })
  sockets.on('connection', (leg, request) => {
    let isHealthCheck = false
    let id: unknown
    requests.push({ url: request.url ?? '', headers: request.headers })
    legs.add(leg)
    leg.on('error', () => undefined)
    leg.on('close', (code, reason) => {
      legs.delete(leg)
      if (!isHealthCheck) closes.push({ code, reason: reason.toString() })
    })
    leg.on('message', (frame) => {
      const message = JSON.parse(String(frame)) as Json
      isHealthCheck ||= message.id === 'pyrite-health'
      if (!isHealthCheck) heard.push(String(frame))
      if (message.type === 'handshake') {
        id = message.id
        leg.send(JSON.stringify({ type: 'handshake', version: ['2'] }))
      }
      if (message.type === 'join') admit(leg, message, id)
    })
  })
  const admit = (leg: WebSocket, join: Json, id: unknown) => {
    const answer = answerJoin(join)
    if (!answer) return
    leg.send(JSON.stringify(answer))
    const { username, data } = join
    if (answer.kind === 'join') {
      leg.send(JSON.stringify({ type: 'user', kind: 'add', id, username, data }))
    }
  }
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    requests,
    closes,
    legs,
    /** What came after the join, as messages. */
    messages: (): Json[] =>
      heard
        .map((frame) => JSON.parse(frame) as Json)
        .filter(({ type }) => type !== 'handshake' && type !== 'join'),
    say: (frame: string) => {
      for (const leg of legs) leg.send(frame)
    },
    closeAll: (code?: number, reason?: string) => {
      for (const leg of legs) leg.close(code, reason)
    },
    /** As a crash looks: no goodbye, and nobody listens. */
    crash: () => {
      server.close()
      for (const leg of legs) leg.terminate()
    },
    stop: async () => {
      for (const leg of legs) leg.terminate()
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
export type Ear = Awaited<ReturnType<typeof startEar>>
