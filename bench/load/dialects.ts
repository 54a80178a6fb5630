import type { WebSocket } from 'ws'

/** How to speak to one kind of chat server. */
export type Dialect = {
  path(room: string): string
  /** Called with what arrives before the connection is ready; true when it is. */
  greet(socket: WebSocket, data: Buffer): boolean
  post(id: number, room: string, text: string): string
  isDelivery(data: Buffer): boolean
  /** The number of the post that this frame acknowledges; NaN where it is none. */
  acknowledges(data: Buffer): number
  /** Answers what must be answered to stay connected. */
  keepUp(socket: WebSocket, data: Buffer): void
}

/** A message is longer than every other push. */
const SHORTEST_DELIVERY = 200
const T = 0x74
const FOUR = 0x34
const TWO = 0x32
const THREE = 0x33

const bodyOf = (id: number, room: string, text: string) => ({
  channelSlug: room,
  clientId: `bench-${Date.now()}-${id}`,
  text,
})

/** Pyrite's own envelopes; the bare server speaks them too. */
const envelopes: Dialect = {
  path: (room) => `/ws?room=${room}`,
  greet: (_socket, data) => data.includes('"hello"'),
  post: (id, room, text) => JSON.stringify({ id, type: 'chat.post', body: bodyOf(id, room, text) }),
  isDelivery: (data) => data[2] === T && data.length > SHORTEST_DELIVERY,
  acknowledges: (data) =>
    data[2] === T ? Number.NaN : Number.parseInt(data.toString('latin1', 6, 24), 10),
  keepUp: () => undefined,
}

/** Socket.IO 4 over Engine.IO 4, as its own client speaks it on a WebSocket. */
const socketIo: Dialect = {
  path: (room) => `/socket.io/?EIO=4&transport=websocket&room=${room}`,
  greet(socket, data) {
    if (data.toString('latin1', 0, 1) === '0') socket.send('40')
    return data.toString('latin1', 0, 2) === '40'
  },
  post: (id, room, text) => `42${id}${JSON.stringify(['chat.post', bodyOf(id, room, text)])}`,
  isDelivery: (data) => data[0] === FOUR && data[1] === TWO,
  acknowledges: (data) =>
    data[0] === FOUR && data[1] === THREE
      ? Number.parseInt(data.toString('latin1', 2, 20), 10)
      : Number.NaN,
  keepUp(socket, data) {
    if (data.length === 1 && data[0] === TWO) socket.send('3')
  },
}

export const DIALECTS = { envelopes, socketIo }
export type DialectName = keyof typeof DIALECTS
