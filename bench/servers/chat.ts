import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import SQLite from 'better-sqlite3'
import { WebSocketServer } from 'ws'
import { textFrame } from '../../lib/platform/ws/text-frame.ts'

/**
 * The least chat there is: no sign-in, no membership, no storage; a frame is built once and written to every socket of the room.
 * With STORE each message is committed by itself to that SQLite file. With SLOW_MICROS each delivery wastes so much time:
 * the negative control.
 */
type Request = { id: number; body: { channelSlug: string; clientId: string; text: string } }
const slowMicros = Number(process.env.SLOW_MICROS ?? 0)

const openStore = (path: string) => {
  const sqlite = new SQLite(path)
  sqlite.pragma('journal_mode = WAL')
  sqlite.pragma('synchronous = FULL')
  sqlite.exec('create table messages (seq integer primary key, clientId text, text text)')
  const insert = sqlite.prepare('insert into messages (clientId, text) values (?, ?)')
  return ({ clientId, text }: Request['body']) => insert.run(clientId, text)
}
const store = process.env.STORE === undefined ? undefined : openStore(process.env.STORE)

const rooms = new Map<string, Set<Duplex>>()
let seq = 0

const waste = () => {
  const until = performance.now() + slowMicros / 1_000
  while (performance.now() < until);
}

/** As large on the wire as what Pyrite delivers. */
const messageOf = ({ channelSlug, clientId, text }: Request['body']) => {
  seq += 1
  return {
    id: 'abcdefghjkmnpqrstvwx',
    channelSlug,
    seq,
    rev: seq,
    authorId: 'user-0',
    clientId,
    kind: 'text',
    text,
    postedAt: new Date().toISOString(),
    editedAt: null,
    deletedAt: null,
  }
}

const server = createServer()
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
server.on('upgrade', (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (ws) => {
    const slug = new URL(request.url ?? '', 'http://x').searchParams.get('room') ?? ''
    const room = rooms.get(slug) ?? new Set()
    rooms.set(slug, room.add(socket))
    ws.on('close', () => room.delete(socket))
    ws.on('message', (data) => {
      const { id, body } = JSON.parse(data.toString()) as Request
      const message = messageOf(body)
      store?.(body)
      const frame = textFrame(JSON.stringify({ type: 'chat.message', body: message }))
      for (const each of room) {
        each.write(frame)
        if (slowMicros > 0) waste()
      }
      ws.send(JSON.stringify({ id, body: message }))
    })
    ws.send('{"type":"hello","body":{}}')
  })
})
server.listen({ port: Number(process.env.PORT), host: '127.0.0.1', backlog: 4_096 })
