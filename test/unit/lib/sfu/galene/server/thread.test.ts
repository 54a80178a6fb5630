import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createThread } from '../../../../../../lib/sfu/galene/server/server-watch.ts'
import { eventually } from '../../../../../support/eventually.ts'

let server: WebSocketServer
let broken: number
let time: number
let thread: ReturnType<typeof createThread>
beforeEach(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  broken = 0
  time = 0
  const isBroken = () => {
    broken += 1
  }
  thread = createThread(isBroken, () => time)
})
afterEach(async () => {
  thread.letGo()
  for (const client of server.clients) client.terminate()
  await new Promise((done) => server.close(done))
})

const connect = async () => {
  const { port } = server.address() as AddressInfo
  const socket = new WebSocket(`ws://127.0.0.1:${port}`)
  await once(socket, 'open')
  return socket
}
const isCut = async (livedMs: number) => {
  const socket = await connect()
  thread.hold(socket)
  time += livedMs
  const closed = once(socket, 'close')
  for (const client of server.clients) client.terminate()
  await closed
}

it('tells of each end of a connection that has lived', async () => {
  for (let n = 0; n < 5; n += 1) await isCut(5_000)
  expect(broken).toBe(5)
})

it('tells no more where every connection is cut at once, until one has lived', async () => {
  for (let n = 0; n < 5; n += 1) await isCut(10)
  expect(broken).toBe(2)
  await isCut(5_000)
  expect(broken).toBe(3)
})

it('gives back the one before, and tells nothing of it', async () => {
  thread.hold(await connect())
  thread.hold(await connect())
  await eventually(() => expect(server.clients.size).toBe(1))
  expect(broken).toBe(0)
})

it('holds nothing any more once it has let go, not what a late look brings either', async () => {
  thread.letGo()
  thread.hold(await connect())
  await eventually(() => expect(server.clients.size).toBe(0))
  expect(broken).toBe(0)
})
