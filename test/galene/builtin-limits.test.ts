import { request as httpRequest } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import {
  connect,
  type Json,
  MODERATOR,
  startBuiltinSfu,
  type TestSfu,
} from '../support/builtin-sfu.ts'
import { eventually } from '../support/eventually.ts'

let sfu: TestSfu

afterEach(() => sfu.stop())

const start = async (options: Parameters<typeof startBuiltinSfu>[1] = {}) => {
  sfu = await startBuiltinSfu({ general: {} }, options)
}

const line = (...lines: string[]) => `${lines.join('\r\n')}\r\n`

/** An offer that passes every check, and to which nobody will ever connect. */
const OFFER = line(
  'v=0',
  'o=- 1 1 IN IP4 0.0.0.0',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'c=IN IP4 0.0.0.0',
  'a=mid:0',
  'a=sendonly',
  'a=rtcp-mux',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
  'a=setup:actpass',
  'a=rtpmap:111 opus/48000/2',
  'a=ssrc:1234 cname:x',
)

test.each<[string, Json, number]>([
  ['an unknown type', { type: 'dance' }, 1002],
  ['no type', {}, 1002],
  ['a property of every object as a type', { type: 'constructor' }, 1002],
  ['a type that is no word', { type: 7 }, 1011],
  ['an id that is no word', { type: 'close', id: 7 }, 1011],
  ['a list', [] as unknown as Json, 1011],
  ['an offer without an id', { type: 'offer', sdp: OFFER }, 1002],
  ['a null candidate', { type: 'ice', id: 'x', candidate: null }, 1002],
  ['no candidate', { type: 'ice', id: 'x' }, 1002],
  [
    'an endless candidate',
    { type: 'ice', id: 'x', candidate: { candidate: 'x'.repeat(2_000) } },
    1011,
  ],
  ['a request that is no table', { type: 'request', request: ['audio'] }, 1011],
  ['a request of numbers', { type: 'request', request: { '': [1] } }, 1011],
  ['a request for a stream that is not there', { type: 'requestStream', id: 'x' }, 1011],
])('%s is closed', async (_what, message, code) => {
  await start()
  const bob = await sfu.join('bob')
  bob.raw(JSON.stringify(message))
  expect(await bob.isClosed()).toMatchObject({ code })
})

test('what is no JSON, and a request before joining, are closed with 1011', async () => {
  await start()
  const bob = await sfu.join('bob')
  bob.raw('{"type":')
  expect(await bob.isClosed()).toMatchObject({ code: 1011 })
  const carol = await sfu.handshaken()
  carol.send({ type: 'request', request: { '': ['audio'] } })
  expect(await carol.isClosed()).toMatchObject({ code: 1011 })
})

test('keys count in any case, and unknown ones do not count', async () => {
  await start()
  const bob = await sfu.handshaken()
  bob.raw('{"TYPE":"ping","colour":"red"}')
  await bob.hears({ type: 'pong' })
})

test('what speaks of streams that have ended is no offence', async () => {
  await start()
  const bob = await sfu.join('bob')
  bob.send({ type: 'ice', id: 'gone', candidate: { candidate: 'candidate:1' } })
  bob.send({ type: 'close', id: 'gone' })
  bob.send({ type: 'renegotiate', id: 'gone' })
  bob.send({ type: 'answer', id: 'gone-1', sdp: 'x' })
  await bob.hears({ type: 'close', id: 'gone-1' })
  bob.send({ type: 'abort', id: 'gone-2' })
  await bob.hears({ type: 'close', id: 'gone-2' })
})

test('a frame of one byte too many is closed with 1009', async () => {
  await start({ maxFrameBytes: 65_536 })
  const bob = await sfu.join('bob')
  bob.raw(JSON.stringify({ type: 'ping', id: 'x'.repeat(65_536) }))
  expect(await bob.isClosed()).toMatchObject({ code: 1009 })
})

test('a flood is told so and closed with 1008, and the others notice nothing', async () => {
  await start({ messagesPerSecond: 10, messagesBurst: 50 })
  const bob = await sfu.join('bob')
  const mallory = await sfu.join('mallory')
  for (let count = 0; count < 200; count++) mallory.send({ type: 'ping' })
  expect(await mallory.isClosed()).toMatchObject({ code: 1008 })
  expect(mallory.heard.filter(({ type }) => type === 'pong').length).toBeLessThanOrEqual(50)
  await bob.hears({ type: 'user', kind: 'delete', username: 'mallory' })
  bob.send({ type: 'ping' })
  await bob.hears({ type: 'pong' })
})

test('messages of one person are done in order, though some take time', async () => {
  await start()
  const bob = await sfu.handshaken()
  bob.send({ type: 'join', kind: 'join', group: 'general', token: 'nonsense' })
  for (let count = 0; count < 200; count++) bob.send({ type: 'ping' })
  await eventually(() => expect(bob.heard.filter(({ type }) => type === 'pong')).toHaveLength(200))
  expect(bob.heard.map(({ type }) => type).slice(0, 3)).toEqual(['handshake', 'joined', 'pong'])
})

test('somebody who does not read is cut off, and the others get everything', async () => {
  await start({ messagesPerSecond: 1_000 })
  const alice = await sfu.join('alice', MODERATOR)
  const bob = await sfu.join('bob')
  const mallory = await sfu.join('mallory')
  mallory.socket.pause()
  const value = 'x'.repeat(500_000)
  for (let count = 0; count < 40; count++) {
    alice.send({ type: 'chat', noecho: true, id: `m${count}`, value })
    await bob.hears({ type: 'chat', id: `m${count}` })
  }
  await bob.hears({ type: 'user', kind: 'delete', username: 'mallory' })
  await eventually(async () => expect(await sfu.stats()).toMatchObject({ clients: 2 }))
})

test('silence is asked after, and ended with 1011', async () => {
  await start({ patience: { pingMs: 1_000, deadMs: 2_500 } })
  const bob = await sfu.join('bob')
  await bob.hears({ type: 'ping' })
  expect(await bob.isClosed()).toMatchObject({ code: 1011 })
})

test('a connection without a handshake is cut', async () => {
  await start({ patience: { handshakeMs: 200 } })
  const nobody = await connect(sfu.url)
  expect(await nobody.isClosed()).toMatchObject({ code: 1006 })
})

const upgrade = (path: string, headers: Record<string, string>) =>
  new Promise<number>((resolve, reject) => {
    const asked = httpRequest(`${sfu.url}${path}`, {
      headers: {
        connection: 'upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
        ...headers,
      },
    })
    asked.on('upgrade', (_answer, socket) => {
      socket.destroy()
      resolve(101)
    })
    asked.on('response', (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    asked.on('error', reject)
    asked.end()
  })

test('a page of another place may not connect', async () => {
  await start()
  const { host } = new URL(sfu.url)
  expect(await upgrade('/ws', {})).toBe(101)
  expect(await upgrade('/ws', { origin: `https://${host}` })).toBe(101)
  expect(await upgrade('/ws', { origin: 'https://evil.example' })).toBe(403)
  expect(await upgrade('/ws', { origin: 'null' })).toBe(403)
  expect(await upgrade('/other', {})).toBe(404)
})

test('someone who may not present gets no stream, and loses the one it wanted to replace', async () => {
  await start()
  const dave = await sfu.join('dave', ['message'])
  dave.send({ type: 'offer', id: 's1', label: 'camera', sdp: OFFER })
  await dave.hears({ type: 'abort', id: 's1' })
  expect(await dave.hears({ type: 'usermessage' })).toMatchObject({ value: 'not authorised' })
  const outside = await sfu.handshaken()
  outside.send({ type: 'offer', id: 's1', label: 'camera', sdp: OFFER })
  await outside.hears({ type: 'abort', id: 's1' })
  expect(await sfu.stats()).toMatchObject({ ups: 0, links: 0 })
})

test('the fifth stream of one person is refused with a sentence', async () => {
  await start()
  const bob = await sfu.join('bob')
  for (let count = 1; count <= 5; count++)
    bob.send({ type: 'offer', id: `s${count}`, label: 'camera', sdp: OFFER })
  await bob.hears({ type: 'abort', id: 's5' })
  expect(await bob.hears({ type: 'usermessage', kind: 'error' })).toHaveProperty('value')
  await eventually(async () => expect(await sfu.stats()).toMatchObject({ ups: 4, links: 4 }))
})

test('past the number of streams the server carries, new ones are refused and the old go on', async () => {
  await start({ maxStreams: 1 })
  const alice = await sfu.join('alice')
  const bob = await sfu.join('bob')
  bob.send({ type: 'request', request: { '': ['audio'] } })
  alice.send({ type: 'offer', id: 'a1', label: 'camera', sdp: OFFER })
  await bob.hears({ type: 'offer', id: 'a1', source: alice.id, username: 'alice', label: 'camera' })
  bob.send({ type: 'offer', id: 'b1', label: 'camera', sdp: OFFER })
  await bob.hears({ type: 'abort', id: 'b1' })
  const carol = await sfu.join('carol')
  carol.send({ type: 'request', request: { '': ['audio'] } })
  expect(await carol.hears({ type: 'usermessage', kind: 'error' })).toHaveProperty('value')
  expect(await sfu.stats()).toMatchObject({ ups: 1, downs: 1, links: 2, refusedStreams: 2 })
})

test('while the server cannot keep up, new streams are refused and the old go on', async () => {
  await start({ maxLoopDelayMs: -1 })
  const bob = await sfu.join('bob')
  bob.send({ type: 'offer', id: 's1', label: 'camera', sdp: OFFER })
  await bob.hears({ type: 'abort', id: 's1' })
  expect(await sfu.stats()).toMatchObject({ ups: 0, refusedStreams: 1 })
})

test('nobody takes the id of another’s stream', async () => {
  await start()
  const alice = await sfu.join('alice')
  const mallory = await sfu.join('mallory')
  alice.send({ type: 'offer', id: 's1', label: 'camera', sdp: OFFER })
  await alice.hears({ type: 'answer', id: 's1' })
  mallory.send({ type: 'offer', id: 's1', label: 'camera', sdp: OFFER })
  await mallory.hears({ type: 'abort', id: 's1' })
  expect(await sfu.stats()).toMatchObject({ ups: 1, links: 1 })
})

test.each([
  ['without anything in it', ''],
  ['without an end', 'a=x\r\n'.repeat(20_000)],
  ['without a fingerprint', OFFER.replace(/a=fingerprint.*\r\n/, '')],
  ['with a codec nobody knows', OFFER.replace('opus/48000/2', 'mystery/48000')],
  ['with nine m-lines', OFFER + line('m=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:9').repeat(8)],
])('an offer %s is refused with a sentence, and leaves nothing', async (_what, sdp) => {
  await start()
  const bob = await sfu.join('bob')
  bob.send({ type: 'offer', id: 's1', label: 'camera', sdp })
  await bob.hears({ type: 'abort', id: 's1' })
  expect(await bob.hears({ type: 'usermessage', kind: 'error' })).toHaveProperty('value')
  expect(await sfu.stats()).toMatchObject({ ups: 0, links: 0, clients: 1 })
})

test('a bad answer ends that stream for its subscriber only', async () => {
  await start()
  const alice = await sfu.join('alice')
  const bob = await sfu.join('bob')
  bob.send({ type: 'request', request: { '': ['audio'] } })
  alice.send({ type: 'offer', id: 's1', label: 'camera', sdp: OFFER })
  await bob.hears({ type: 'offer', id: 's1' })
  bob.send({ type: 'answer', id: 's1', sdp: 'nonsense' })
  await bob.hears({ type: 'close', id: 's1' })
  expect(await sfu.stats()).toMatchObject({ ups: 1, downs: 0, links: 1, clients: 2 })
})

test('a stream with too many candidates is complained about', async () => {
  await start()
  const bob = await sfu.join('bob')
  bob.send({ type: 'offer', id: 's1', label: 'camera', sdp: OFFER })
  for (let count = 0; count < 65; count++)
    bob.send({ type: 'ice', id: 's1', candidate: { candidate: `candidate:${count}` } })
  expect(await bob.hears({ type: 'usermessage', kind: 'error' })).toHaveProperty('value')
})

test('whoever subscribes by label gets those, the empty label stands for the others, and a new table replaces the old', async () => {
  await start()
  const alice = await sfu.join('alice')
  const bob = await sfu.join('bob')
  bob.send({ type: 'request', request: { camera: ['audio'] } })
  alice.send({ type: 'offer', id: 'cam', label: 'camera', sdp: OFFER })
  alice.send({ type: 'offer', id: 'scr', label: 'screenshare', sdp: OFFER })
  await bob.hears({ type: 'offer', id: 'cam' })
  await alice.hears({ type: 'answer', id: 'scr' })
  expect(bob.heard).not.toContainEqual(expect.objectContaining({ id: 'scr' }))
  bob.send({ type: 'request', request: { camera: [], '': ['audio'] } })
  await bob.hears({ type: 'close', id: 'cam' })
  await bob.hears({ type: 'offer', id: 'scr' })
  bob.send({ type: 'requestStream', id: 'scr', request: [] })
  await bob.hears({ type: 'close', id: 'scr' })
  bob.send({ type: 'requestStream', id: 'scr' })
  expect(await bob.isClosed()).toMatchObject({ code: 1011 })
})

test('a stream that was turned away stays away until the next request', async () => {
  await start()
  const alice = await sfu.join('alice')
  const bob = await sfu.join('bob')
  bob.send({ type: 'request', request: { '': ['audio'] } })
  alice.send({ type: 'offer', id: 's1', label: 'camera', sdp: OFFER })
  await bob.hears({ type: 'offer', id: 's1' })
  bob.send({ type: 'abort', id: 's1' })
  await bob.hears({ type: 'close', id: 's1' })
  bob.heard.length = 0
  alice.send({ type: 'offer', id: 's1', label: 'camera', sdp: OFFER })
  await eventually(() =>
    expect(alice.heard.filter(({ type }) => type === 'answer')).toHaveLength(2),
  )
  expect(bob.heard).toEqual([])
  bob.send({ type: 'request', request: { '': ['audio'] } })
  await bob.hears({ type: 'offer', id: 's1' })
})

test('an operator who forbids presenting ends the streams for all', async () => {
  await start()
  const alice = await sfu.join('alice', MODERATOR)
  const bob = await sfu.join('bob')
  alice.send({ type: 'request', request: { '': ['audio'] } })
  bob.send({ type: 'offer', id: 's1', label: 'camera', sdp: OFFER })
  await alice.hears({ type: 'offer', id: 's1' })
  alice.send({ type: 'useraction', kind: 'unpresent', dest: bob.id })
  await bob.hears({ type: 'abort', id: 's1' })
  await alice.hears({ type: 'close', id: 's1' })
  expect(await sfu.stats()).toMatchObject({ ups: 0, downs: 0, links: 0 })
})

test('500 people who come, publish and go leave nothing behind', async () => {
  await start()
  const bob = await sfu.join('bob')
  bob.send({ type: 'request', request: { '': ['audio'] } })
  const comeAndGo = async (count: number) => {
    const carol = await sfu.join('carol')
    carol.send({ type: 'offer', id: `s${count}`, label: 'camera', sdp: OFFER })
    await carol.hears({ type: 'answer' })
    await bob.hears({ type: 'offer', id: `s${count}` })
    if (count % 2) carol.socket.terminate()
    else carol.close()
    await bob.hears({ type: 'close', id: `s${count}` })
    bob.heard.length = 0
  }
  for (let count = 0; count < 100; count++) await comeAndGo(count)
  const { rss: before = 0 } = await sfu.stats()
  for (let count = 100; count < 500; count++) await comeAndGo(count)
  const { rss: after = 0 } = await sfu.stats()
  expect(after - before).toBeLessThan(40_000_000)
  bob.close()
  await eventually(async () =>
    expect(await sfu.stats()).toMatchObject({ clients: 0, links: 0, ups: 0, downs: 0, groups: 0 }),
  )
  expect((await sfu.stats()).linksMade).toBe(1_000)
}, 60_000)

test('a stream that restarts again and again without ever connecting is ended', async () => {
  await start()
  const bob = await sfu.join('bob')
  for (let count = 0; count < 6; count++) {
    const sdp = OFFER.replace('ufrag:abcd', `ufrag:abc${count}`)
    bob.send({ type: 'offer', id: 's1', label: 'camera', sdp })
  }
  await bob.hears({ type: 'abort', id: 's1' })
  expect(bob.heard.filter(({ type }) => type === 'answer')).toHaveLength(5)
})
