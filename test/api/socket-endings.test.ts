import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../lib/protocol/chat.ts'
import type { Client } from '../support/client.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'

let pyrite: Pyrite, alice: Client, bob: Client
beforeEach(async () => {
  pyrite = await startPyrite({ people: ['alice', 'bob'] })
  alice = await pyrite.signIn('alice')
  bob = await pyrite.signIn('bob')
})
afterEach(() => pyrite.stop())

const general = { channelSlug: 'general' }
const message = (text: string) => ({ ...general, clientId: `client-${text}`, text })
const within = async <T>(ms: number, promise: Promise<T>): Promise<T> => {
  const from = performance.now()
  const result = await promise
  expect(performance.now() - from).toBeLessThan(ms)
  return result
}

describe('when a session ends', () => {
  it('its connections close with 4401, and the person’s other sessions stay [WS-17]', async () => {
    const elsewhere = await pyrite.signIn('bob')
    const [one, two, other] = await Promise.all([bob.socket(), bob.socket(), elsewhere.socket()])
    await bob.send('DELETE', '/api/session')
    expect(await within(1_000, one.closed)).toMatchObject({ code: 4401 })
    expect(await within(1_000, two.closed)).toMatchObject({ code: 4401 })
    expect(await other.ask('ping')).toEqual({})
  })

  it('everywhere, all of them close [WS-17]', async () => {
    const elsewhere = await pyrite.signIn('bob')
    const sockets = await Promise.all([bob.socket(), elsewhere.socket()])
    await bob.send('DELETE', '/api/sessions')
    for (const { closed } of sockets)
      expect(await within(1_000, closed)).toMatchObject({ code: 4401 })
  })

  it('because the person was disabled, they hear nothing more and cannot come back [WS-17]', async () => {
    const [mine, admins] = [await bob.socket(), await alice.socket()]
    await alice.send('PATCH', `/api/users/${bob.user.id}`, { disabled: true })
    expect(await within(1_000, mine.closed)).toMatchObject({ code: 4401 })
    await admins.ask('chat.post', message('without-bob'))
    expect(mine.of('chat.message')).toEqual([])
    await expect(bob.socket()).rejects.toThrow('401')
  })
})

describe('when the server stops', () => {
  it('every connection closes with 1012 [WS-18]', async () => {
    const sockets = await Promise.all([alice.socket(), bob.socket()])
    await pyrite.stop()
    for (const { closed } of sockets) expect(await closed).toMatchObject({ code: 1012 })
  })

  it('who knocks meanwhile is told that it is shutting down [WS-3] [WS-18]', async () => {
    const socket = connect(pyrite.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(`GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${pyrite.port}\r\nOrigin: ${pyrite.url}\r\n`)
    await bob.send('GET', '/healthz')
    const stopped = pyrite.stop()
    socket.write('Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n')
    socket.write(`Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: ${bob.cookie}\r\n\r\n`)
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 503 /)
    expect(String(answer)).toContain('"shutting-down"')
    await stopped
  })

  it('those who come back miss nothing, and a retried post is there once [WS-19] [CHAT-5] [CHAT-1]', async () => {
    const before = await bob.socket()
    const posted: Message = await before.ask('chat.post', message('before'))
    await pyrite.stop({ keep: true })
    const { folder } = pyrite
    pyrite = await startPyrite({ folder, people: ['alice', 'bob'] })
    const again = await pyrite.signIn('bob')
    const after = await again.socket()
    expect(await after.ask('chat.post', message('before'))).toEqual(posted)
    expect(await after.ask('chat.since', { ...general, since: 0 })).toMatchObject({
      messages: [posted],
      rev: 1,
    })
    expect(await after.ask('chat.post', message('after'))).toMatchObject({ seq: 2, rev: 2 })
  })
})

describe('after a lost connection', () => {
  it('a client asks since its newest revision, and hears everything after hello [WS-19]', async () => {
    const [lost, other] = [await bob.socket(), await alice.socket()]
    const first: Message = await other.ask('chat.post', message('first'))
    await lost.hear('chat.message')
    lost.ws.terminate()
    await other.ask('chat.edit', { ...general, messageId: first.id, text: 'edited' })
    await other.ask('chat.post', message('second'))
    const back = await bob.socket()
    await other.ask('chat.post', message('third'))
    const { messages, rev } = await back.ask<{ messages: Message[]; rev: number }>('chat.since', {
      ...general,
      since: first.rev,
    })
    expect(messages.map(({ text }) => text)).toEqual(['edited', 'second', 'third'])
    expect(rev).toBe(4)
    expect((await back.hear('chat.message')).text).toBe('third')
  })
})
