import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

/** A server like Galene as far as the bridge can tell: it greets, lets in whoever joins, and sends everything else back. */
const HANDSHAKE = '{"type":"handshake","version":["2"]}'

const answerTo = (text: string): string => {
  if (text.startsWith('{"type":"handshake"')) return HANDSHAKE
  if (!text.startsWith('{"type":"join"')) return text
  const { group, username } = JSON.parse(text) as { group: string; username: string }
  return JSON.stringify({
    type: 'joined',
    kind: 'join',
    group,
    username,
    permissions: ['present', 'message'],
    status: { name: group },
  })
}

const server = createServer((_request, response) => response.end('{}'))
const sockets = new WebSocketServer({ server, perMessageDeflate: false, skipUTF8Validation: true })
sockets.on('connection', (socket) => {
  socket.on('message', (data) => socket.send(answerTo(data.toString())))
})
server.listen({ port: Number(process.env.PORT), host: '127.0.0.1', backlog: 4_096 })
