import { afterEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { eventually } from '../support/eventually.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'

let pyrite: Pyrite
afterEach(() => pyrite.stop())

it('a reader too slow for what waits for it is cut off, and the others notice nothing [WS-13]', async () => {
  pyrite = await startPyrite({
    people: ['alice', 'bob', 'carol'],
    settings: {
      chat: { posts_burst: 5_000 },
      socket: { max_buffered_bytes: 262_144, messages_burst: 5_000 },
    },
  })
  const alice = await pyrite.signIn('alice')
  const bob = await pyrite.signIn('bob')
  const carol = await pyrite.signIn('carol')
  const [reader, writer, slow] = await Promise.all([alice.socket(), bob.socket(), carol.socket()])
  slow.ws.pause()
  const text = '€'.repeat(10_000)
  for (let n = 0; n < 600; n += 1) {
    await writer.ask('chat.post', { channelSlug: 'general', clientId: `client-${n}`, text })
  }
  await reader.hear('chat.message', ({ seq }) => seq === 600)
  expect(reader.of('chat.message')).toHaveLength(600)
  const gone = ({ userId, online }: { userId: string; online: boolean }) =>
    userId === carol.user.id && !online
  await reader.hear('presence.changed', gone, 20_000)
  slow.ws.resume()
  expect([1006, 1013]).toContain((await slow.closed).code)
  expect(slow.of('chat.message').length).toBeLessThan(600)
  for (const socket of [reader, writer]) socket.close()
}, 60_000)

it('a connection that answers no heartbeat is dropped; one that does stays [WS-14]', async () => {
  pyrite = await startPyrite({
    people: ['alice', 'bob'],
    settings: { socket: { heartbeat_seconds: 0.3 } },
  })
  const alive = await (await pyrite.signIn('alice')).socket()
  const bob = await pyrite.signIn('bob')
  const dead = new WebSocket(`${pyrite.url.replace('http', 'ws')}/ws`, {
    headers: { cookie: bob.cookie, origin: pyrite.url },
    autoPong: false,
  })
  let pings = 0
  dead.on('ping', () => {
    pings += 1
  })
  await eventually(() => expect(dead.readyState).toBe(WebSocket.CLOSED))
  expect(pings).toBeGreaterThanOrEqual(2)
  expect(pings).toBeLessThanOrEqual(3)
  expect(await alive.ask('ping')).toEqual({})
  alive.close()
})

it('a reader who keeps up is not cut off by much news at once [WS-13]', async () => {
  pyrite = await startPyrite({
    people: ['alice', 'bob'],
    settings: {
      chat: { posts_burst: 5_000 },
      socket: { max_buffered_bytes: 65_536, messages_burst: 5_000 },
    },
  })
  const reader = await (await pyrite.signIn('alice')).socket()
  const writer = await (await pyrite.signIn('bob')).socket()
  const text = 'x'.repeat(9_000)
  await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      writer.ask('chat.post', { channelSlug: 'general', clientId: `client-${n}`, text }),
    ),
  )
  await reader.hear('chat.message', ({ seq }) => seq === 100)
  expect(reader.of('chat.message')).toHaveLength(100)
  for (const socket of [reader, writer]) socket.close()
}, 60_000)
