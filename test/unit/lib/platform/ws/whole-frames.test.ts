import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { maskedTextFrame, textFrame } from '../../../../../lib/platform/ws/text-frame.ts'
import { openClientLane, openServerLane } from '../../../../../lib/platform/ws/whole-frames.ts'
import { eventually } from '../../../../support/eventually.ts'

const MAX_PAYLOAD = 300

/** One end of a socket in the hands of ws, what it hears, and a way to let bytes arrive chunk by chunk. */
type End = { ws: WebSocket; socket: Duplex; heard: string[] }
type Setup = (end: End) => void

let server: Server
const accepted: { ws: WebSocket; socket: Duplex }[] = []

beforeAll(async () => {
  server = createServer()
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD })
  server.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (ws) => accepted.push({ ws, socket })),
  )
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
})
afterAll(() => server.closeAllConnections())

const listen = (end: End) => {
  const { ws, heard } = end
  ws.on('message', (data, isBinary) => heard.push(`${isBinary ? 'binary' : 'text'} ${data}`))
  ws.on('ping', (data) => heard.push(`ping ${data}`))
  ws.on('close', (code) => heard.push(`close ${code}`))
  ws.on('error', (error: Error & { code?: string }) => heard.push(`error ${error.code}`))
}

/** Opens a socket and hands out the end that is a server's or a client's. */
const open = async (side: 'server' | 'client', setup: Setup): Promise<End> => {
  const { port } = server.address() as AddressInfo
  // As the bridge has it: Galene's text is checked by the browser that it is for.
  const options = { maxPayload: MAX_PAYLOAD, skipUTF8Validation: true }
  const client = new WebSocket(`ws://127.0.0.1:${port}`, options)
  let socket: Duplex | undefined
  client.on('upgrade', (response) => {
    socket = response.socket
  })
  client.on('error', () => undefined)
  await new Promise((done) => client.once('open', done))
  await eventually(() => expect(accepted).toHaveLength(1))
  const peer = accepted.pop()
  if (!peer || !socket) throw new Error('there is no socket')
  peer.ws.on('error', () => undefined)
  const end: End = side === 'server' ? { ...peer, heard: [] } : { ws: client, socket, heard: [] }
  listen(end)
  setup(end)
  return end
}

const besideWs: Record<'server' | 'client', Setup> = {
  server({ ws, socket, heard }) {
    const take = (text: string) => heard.push(`text ${text}`)
    const lane = openClientLane(socket, MAX_PAYLOAD, take, () => undefined)
    ws.on('error', lane.stop)
  },
  client({ ws, socket, heard }) {
    const lane = openServerLane(socket, MAX_PAYLOAD, (payload, frame) => {
      expect(frame.equals(textFrame(payload))).toBe(true)
      heard.push(`text ${payload}`)
    })
    ws.on('error', lane.stop)
  },
}

const FIN = 0x80
const frame = (first: number, payload: Buffer, isMasked: boolean): Buffer => {
  const { length } = payload
  const head =
    length < 126
      ? Buffer.from([first, length])
      : Buffer.from([first, 126, length >> 8, length & 255])
  if (!isMasked) return Buffer.concat([head, payload])
  head[1] = (head[1] ?? 0) | 0x80
  const mask = Buffer.from([1, 0, 250, 77])
  const masked = Buffer.from(payload.map((byte, at) => byte ^ (mask[at & 3] ?? 0)))
  return Buffer.concat([head, mask, masked])
}

const bytes = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => Buffer.from(text)),
  fc.integer({ min: 100, max: 280 }).map((length) => Buffer.alloc(length, 'long \u00e9 ')),
)
const whole = bytes.map((payload) => [{ first: FIN | 1, payload }])
const notText = fc.uint8Array({ maxLength: 8 }).map((raw) => Buffer.from(raw))
const other = fc.oneof(
  notText.map((payload) => [{ first: FIN | 2, payload }]),
  notText.map((payload) => [{ first: FIN | 9, payload }]),
  fc.tuple(bytes, notText, bytes).map(([one, ping, two]) => [
    { first: 1, payload: one },
    { first: FIN | 9, payload: ping },
    { first: FIN | 0, payload: two },
  ]),
)
const violation = fc.oneof(
  notText.map((payload) => [{ first: FIN | 1, payload }]),
  fc.constantFrom(
    [{ first: FIN | 0, payload: Buffer.from('nothing to continue') }],
    [{ first: FIN | 0x41, payload: Buffer.from('a reserved bit') }],
    [{ first: FIN | 1, payload: Buffer.alloc(MAX_PAYLOAD + 1, 'x') }],
    [{ first: FIN | 8, payload: Buffer.from([3, 232]) }],
  ),
)
const stream = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: whole },
    { weight: 3, arbitrary: other },
    { weight: 1, arbitrary: violation },
  ),
  { maxLength: 12 },
)

const pause = () => new Promise((done) => setImmediate(done))

const feed = async ({ ws, socket, heard }: End, data: Buffer, cuts: number[]) => {
  const places = [...new Set(cuts.map((cut) => cut % (data.length + 1)))].sort((a, b) => a - b)
  for (const [index, from] of [0, ...places].entries()) {
    // A copy, as every read has memory of its own.
    socket.emit('data', Buffer.from(data.subarray(from, places[index] ?? data.length)))
    await pause()
  }
  ws.terminate()
  await eventually(() => expect(heard.at(-1)).toMatch(/^close/))
  return heard
}

it.each(['server', 'client'] as const)(
  'at the end of a %s the lane hears what ws alone hears, however the bytes are cut',
  async (side) => {
    await fc.assert(
      fc.asyncProperty(stream, fc.array(fc.nat(), { maxLength: 8 }), async (messages, cuts) => {
        const frames = messages.flat().map((m) => frame(m.first, m.payload, side === 'server'))
        const data = Buffer.concat(frames)
        const alone = await feed(await open(side, () => undefined), data, cuts)
        const beside = await feed(await open(side, besideWs[side]), data, cuts)
        expect(beside).toEqual(alone)
      }),
      { numRuns: 200 },
    )
  },
  60_000,
)

it('what we mask, ws reads', async () => {
  const end = await open('server', () => undefined)
  for (const text of ['', 'a', 'x'.repeat(125), 'y'.repeat(126), '\u{1f600}'.repeat(70)]) {
    end.socket.emit('data', maskedTextFrame(text).data)
    expect(end.heard.at(-1)).toBe(`text ${text}`)
  }
  end.ws.terminate()
})
