import { createServer } from 'node:http'
import { Server } from 'socket.io'

/** The same chat as chat.ts on Socket.IO with its defaults, over its WebSocket transport. */
type Body = { channelSlug: string; clientId: string; text: string }

const server = createServer()
const io = new Server(server, { transports: ['websocket'] })
let seq = 0

io.on('connection', (socket) => {
  const room = String(socket.handshake.query.room)
  void socket.join(room)
  socket.on(
    'chat.post',
    ({ channelSlug, clientId, text }: Body, ack: (message: object) => void) => {
      seq += 1
      const message = {
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
      io.to(room).emit('chat.message', message)
      ack(message)
    },
  )
})
server.listen({ port: Number(process.env.PORT), host: '127.0.0.1', backlog: 4_096 })
