import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Client } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'

let pyrite: Pyrite, alice: Client, bob: Client
const sockets: Socket[] = []
beforeEach(async () => {
  pyrite = await startPyrite({ people: ['alice', 'bob'] })
  alice = await pyrite.signIn('alice')
  bob = await pyrite.signIn('bob')
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await pyrite.stop()
})

/** A client that never closes its own half, and asks for an upgrade to /ws. */
const knock = async (cookie = '') => {
  const socket = connect({ port: pyrite.port, host: '127.0.0.1', allowHalfOpen: true })
  sockets.push(socket)
  await once(socket, 'connect')
  socket.write(`GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${pyrite.port}\r\nOrigin: ${pyrite.url}\r\n`)
  socket.write('Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n')
  socket.write(`Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: ${cookie}\r\n\r\n`)
  const [answer] = await once(socket, 'data')
  return { socket, answer: String(answer) }
}

/** A text frame as a browser sends it: masked, here with a mask of zeros. */
const frameOf = (text: string): Buffer => {
  const payload = Buffer.from(text)
  return Buffer.concat([
    Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 255, 0, 0, 0, 0]),
    payload,
  ])
}

describe('a refused client that never closes its half', () => {
  it('holds no socket of the server', async () => {
    const { answer } = await knock()
    expect(answer).toMatch(/^HTTP\/1\.1 401 /)
    sockets[0]?.on('error', () => undefined)
    await eventually(async () => {
      sockets[0]?.write('x')
      expect(sockets[0]?.destroyed).toBe(true)
    })
  })

  it('does not hold up a stop', async () => {
    await knock()
    const from = performance.now()
    await pyrite.stop()
    expect(performance.now() - from).toBeLessThan(3_000)
  })
})

describe('a client whose session has ended, and that goes on talking', () => {
  it('is not heard any more [WS-17]', async () => {
    const { socket, answer } = await knock(bob.cookie)
    expect(answer).toMatch(/^HTTP\/1\.1 101 /)
    const listener = await alice.socket()
    await alice.send('PATCH', `/api/users/${bob.user.id}`, { disabled: true })
    const post = { channelSlug: 'general', clientId: 'after-the-end', text: 'still here' }
    socket.write(frameOf(JSON.stringify({ id: 1, type: 'chat.post', body: post })))
    await once(socket, 'end')
    await listener.ask('ping')
    expect(listener.of('chat.message')).toEqual([])
    const { body } = await alice.send('GET', '/api/channels/general/messages')
    expect(body).toMatchObject({ messages: [] })
  })
})
