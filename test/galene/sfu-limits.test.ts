import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { eventually } from '../support/eventually.ts'
import { eachSfu, startBridge, type TestBridge } from '../support/sfu.ts'
import { type Ear, startEar } from '../support/sfu-ear.ts'

/** How an upgrade is answered: its status, and the headers. */
const upgrade = async (url: string, headers: Record<string, string> = {}) => {
  const key = Buffer.alloc(16).toString('base64')
  const asked = request(url, {
    headers: {
      ...{ connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
      ...{ 'sec-websocket-key': key, 'x-user': 'bob', ...headers },
    },
  }).end()
  const answer = await Promise.race([once(asked, 'upgrade'), once(asked, 'response')])
  const { statusCode, headers: answered, socket } = answer[0]
  return { status: statusCode as number, headers: answered, socket }
}

describe('the limits of a connection', () => {
  let ear: Ear
  let bridge: TestBridge
  const start = async (settings: Parameters<typeof startBridge>[0] = {}) => {
    ear = await startEar()
    bridge = await startBridge({ url: ear.url, ...settings })
  }
  afterEach(async () => {
    await bridge.stop()
    await ear.stop()
  })

  it('no subprotocol and no compression on either leg, to exactly /ws [SFU-1] [SFU-2]', async () => {
    await start()
    const { status, headers, socket } = await upgrade(bridge.url, {
      'sec-websocket-protocol': 'galene',
      'sec-websocket-extensions': 'permessage-deflate',
    })
    expect(status).toBe(101)
    expect(headers['sec-websocket-protocol']).toBeUndefined()
    expect(headers['sec-websocket-extensions']).toBeUndefined()
    await eventually(() => expect(ear.requests.length).toBeGreaterThanOrEqual(2))
    for (const asked of ear.requests) {
      expect(asked.url).toBe('/ws')
      for (const name of [
        'sec-websocket-extensions',
        'sec-websocket-protocol',
        'origin',
        'cookie',
      ]) {
        expect(asked.headers[name]).toBeUndefined()
      }
    }
    socket.destroy()
  })

  it('one upstream connection for each, opened at once [SFU-2]', async () => {
    await start()
    // Of Pyrite's own, which tells of a restart.
    await eventually(() => expect(ear.legs.size).toBe(1))
    const people = [bridge.open('bob'), bridge.open('bob'), bridge.open('carol')]
    await eventually(() => expect(ear.legs.size).toBe(1 + people.length))
    for (const person of people) person.socket.close()
    await eventually(() => expect(ear.legs.size).toBe(1))
  })

  it('frames sent before the call server is there wait in order [SFU-2]', async () => {
    await start()
    const bob = bridge.open('bob')
    bob.socket.on('open', () => {
      bob.send({ type: 'handshake', version: ['2'], id: 'b' })
      bob.send({ type: 'join', kind: 'join', group: 'garden' })
      for (let n = 0; n < 60; n += 1) bob.send({ type: 'usermessage', kind: `${n}` })
    })
    await eventually(() => expect(ear.messages()).toHaveLength(60))
    expect(ear.messages().map(({ kind }) => Number(kind))).toEqual([...Array(60).keys()])
    bob.socket.close()
  })

  it.each([
    ['more than 64 frames', 70, 10],
    ['more than 256 KiB', 3, 100_000],
  ])('%s that wait close with 1009 [SFU-2]', async (_what, count, size) => {
    ear = await startEar(() => undefined)
    bridge = await startBridge({ url: ear.url })
    const bob = await bridge.greeted('bob')
    bob.send({ type: 'join', kind: 'join', group: 'garden' })
    for (let n = 0; n < count; n += 1) {
      bob.send({ type: 'usermessage', kind: 'x', value: 'x'.repeat(size) })
    }
    expect((await bob.isClosed()).code).toBe(1009)
    // Nothing comes behind the end.
    await eventually(() => expect(ear.closes).toHaveLength(1))
    expect(ear.messages()).toEqual([])
  })

  it('a frame over the limit closes with 1009, one at the limit passes [SFU-3]', async () => {
    await start()
    const bob = await bridge.join('bob')
    const frame = (bytes: number) => {
      const empty = '{"type":"usermessage","value":""}'
      return empty.replace('""}', `"${'x'.repeat(bytes - empty.length)}"}`)
    }
    bob.raw(frame(1_048_576))
    await eventually(() => expect(ear.messages()).toHaveLength(1))
    expect(bob.isOpen()).toBe(true)
    bob.raw(frame(1_048_577))
    expect((await bob.isClosed()).code).toBe(1009)
    await eventually(() => expect(bridge.told.records).toMatchObject([{ reason: 'frame-too-big' }]))
    await eventually(() => expect(ear.closes).toHaveLength(1))
    expect(ear.messages()).toHaveLength(1)
  })

  it.each([
    ['an unmasked frame', Buffer.from([0x81, 0x02, 0x68, 0x69])],
    ['a reserved bit', Buffer.from([0xc1, 0x82, 0, 0, 0, 0, 0x68, 0x69])],
    ['an unknown opcode', Buffer.from([0x83, 0x80, 0, 0, 0, 0])],
    ['broken UTF-8', Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff])],
    ['a long ping', Buffer.from([0x89, 0xfe, 0xff, 0xff, 0, 0, 0, 0])],
  ])('%s ends the connection and nothing else [SFU-3]', async (_what, bytes) => {
    await start()
    const alice = await bridge.join('alice')
    const { socket } = await upgrade(bridge.url)
    const gone = once(socket.resume(), 'close')
    socket.write(bytes)
    await gone
    alice.send({ type: 'ping' })
    await eventually(() => expect(ear.messages()).toEqual([{ type: 'ping' }]))
    expect(bridge.bugs).toEqual([])
    alice.socket.close()
  })

  it('too many messages a second: an error in words, then 1008 [SFU-3]', async () => {
    await start({ settings: { messages_per_second: 10, messages_burst: 20 } })
    const bob = await bridge.join('bob')
    for (let n = 0; n < 40; n += 1) bob.send({ type: 'ping' })
    expect((await bob.isClosed()).code).toBe(1008)
    expect(String(bob.all({ kind: 'error' })[0]?.value)).toMatch(/too much/i)
    expect(ear.messages().length).toBeLessThanOrEqual(20)
    expect(bridge.told.records).toMatchObject([{ reason: 'too-many-messages' }])
  })

  it.each<[string, (socket: WebSocket) => void]>([
    ['pings', (socket) => socket.ping()],
    ['pongs', (socket) => socket.pong()],
    ['pieces of a message', (socket) => socket.send('x', { fin: false })],
  ])(
    '%s count as messages, though the call server sees none of them [SFU-3]',
    async (_what, say) => {
      await start({ settings: { messages_per_second: 10, messages_burst: 20 } })
      const bob = await bridge.join('bob')
      for (let n = 0; n < 40; n += 1) say(bob.socket)
      expect((await bob.isClosed()).code).toBe(1008)
      expect(bridge.told.records).toMatchObject([{ reason: 'too-many-messages' }])
    },
  )

  it('too many bytes a second: the same, but two of the largest frames pass at once [SFU-3]', async () => {
    await start({ settings: { max_frame_bytes: 10_000, bytes_per_second: 1_000 } })
    const bob = await bridge.join('bob')
    const value = 'x'.repeat(9_000)
    for (let n = 0; n < 4; n += 1) bob.send({ type: 'usermessage', kind: 'x', value })
    expect((await bob.isClosed()).code).toBe(1008)
    expect(String(bob.all({ kind: 'error' })[0]?.value)).toMatch(/too much/i)
    expect(ear.messages()).toHaveLength(2)
    expect(bridge.told.records).toMatchObject([{ reason: 'too-many-messages' }])
  })

  it('connections per person and in all: 503 before the upgrade, and room again after one left [SFU-3]', async () => {
    await start({ settings: { connections_per_person: 2, connections: 3 } })
    const bobs = [await bridge.greeted('bob'), await bridge.greeted('bob')]
    expect((await upgrade(bridge.url)).status).toBe(503)
    const carol = await bridge.greeted('carol')
    expect((await upgrade(bridge.url, { 'x-user': 'dave' })).status).toBe(503)
    bobs[0]?.socket.close()
    await bobs[0]?.isClosed()
    const again = await bridge.greeted('bob')
    for (const person of [...bobs, carol, again]) person.socket.close()
  })

  it('no handshake in time closes with 1008 [SFU-3]', async () => {
    await start({ settings: { handshake_seconds: 0.2 } })
    const bob = bridge.open('bob')
    await bob.opens()
    const carol = await bridge.greeted('carol')
    expect((await bob.isClosed(2_000)).code).toBe(1008)
    expect(carol.isOpen()).toBe(true)
    carol.socket.close()
  })

  it('a call server that accepts a join and never answers is noticed within 10 s and said [SFU-14]', async () => {
    ear = await startEar(() => undefined)
    bridge = await startBridge({ url: ear.url })
    const bob = await bridge.greeted('bob')
    for (const leg of ear.legs) leg.pause()
    const since = performance.now()
    bob.send({ type: 'ping' })
    await bob.hears({ type: 'usermessage', kind: 'error' }, 11_000)
    expect((await bob.isClosed()).code).toBe(1013)
    expect(performance.now() - since).toBeLessThan(10_500)
  }, 15_000)
})

eachSfu('a client that reads too slowly', (under) => {
  it('is closed, and the others of the call notice nothing [SFU-14]', async () => {
    const settings = {
      ...{ max_buffered_bytes: 100_000, messages_burst: 5_000 },
      bytes_per_second: 1_000_000_000,
    }
    const bridge = await startBridge({ sfu: under, settings })
    const alice = await bridge.join('alice')
    const carol = await bridge.join('carol')
    const slow = await bridge.join('bob')
    slow.socket.pause()
    const value = 'x'.repeat(200_000)
    let sent = 0
    await eventually(async () => {
      alice.send({ type: 'usermessage', kind: 'flood', value, dest: slow.id })
      sent += 1
      alice.send({ type: 'usermessage', kind: 'note', value: sent, dest: carol.id })
      await carol.hears({ kind: 'note', value: sent })
      expect(bridge.told.records).toMatchObject([{ userId: 'id-bob', reason: 'slow-reader' }])
    }, 15_000)
    expect(carol.all({ kind: 'note' })).toHaveLength(sent)
    expect([alice.isOpen(), carol.isOpen()]).toEqual([true, true])
    await bridge.stop()
  }, 20_000)
})

it('a socket that resets during the upgrade hurts nobody [SFU-2]', async () => {
  const bridge = await startBridge()
  const { hostname, port } = new URL(bridge.url)
  for (let n = 0; n < 50; n += 1) {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.write('GET /sfu HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n')
    socket.write('Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n')
    socket.resetAndDestroy()
  }
  const bob = bridge.open('bob')
  await bob.hears({ kind: 'error' })
  expect(bridge.bugs).toEqual([])
  expect(bob.socket.readyState).not.toBe(WebSocket.CONNECTING)
  await bridge.stop()
})
