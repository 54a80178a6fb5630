import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { eachSfu, group, startBridge, type TestBridge } from '../support/sfu.ts'
import { type Ear, startEar } from '../support/sfu-ear.ts'

describe('either leg closing', () => {
  let ear: Ear
  let bridge: TestBridge
  beforeEach(async () => {
    ear = await startEar()
    bridge = await startBridge({ url: ear.url })
  })
  afterEach(async () => {
    await bridge.stop()
    await ear.stop()
  })

  it.each<[number | undefined, number]>([
    [1000, 1000],
    [1002, 1002],
    [1009, 1009],
    [1011, 1011],
    [4000, 4000],
    [undefined, 1001],
  ])('is passed on at once, code %s as %i, with the same reason [SFU-15]', async (sent, code) => {
    const bob = await bridge.join('bob')
    const since = performance.now()
    ear.closeAll(sent, sent ? 'kicked out (bye) by alice' : undefined)
    const closed = await bob.isClosed()
    expect(closed).toMatchObject({ code, reason: sent ? 'kicked out (bye) by alice' : '' })
    expect(closed.at - since).toBeLessThan(1_000)
    expect(bridge.told.records).toMatchObject([{ userId: 'id-bob', reason: 'closed-by-sfu' }])
  })

  it.each<[number | undefined, number]>([
    [1000, 1000],
    [4001, 4001],
    [undefined, 1001],
  ])('of the browser with %s closes the other leg with %i [SFU-15]', async (sent, code) => {
    const bob = await bridge.join('bob')
    if (sent === undefined) bob.socket.close()
    else bob.socket.close(sent, 'enough')
    await eventually(() =>
      expect(ear.closes).toEqual([{ code, reason: sent === undefined ? '' : 'enough' }]),
    )
    expect(bridge.sfu.participants()).toEqual([])
    expect(bridge.told.records).toMatchObject([{ reason: 'left' }])
  })

  it('of a browser that vanishes closes the other leg with 1001 [SFU-15]', async () => {
    const bob = await bridge.join('bob')
    bob.socket.terminate()
    await eventually(() => expect(ear.closes).toEqual([{ code: 1001, reason: '' }]))
    expect(bridge.told.records).toMatchObject([{ reason: 'lost' }])
  })

  it('without a word while the call server lives is 1011; when it is gone, 1012 for all [SFU-15] [SFU-16]', async () => {
    const bob = await bridge.join('bob')
    for (const leg of ear.legs) leg.terminate()
    expect((await bob.isClosed()).code).toBe(1011)
    const again = [
      await bridge.join('bob'),
      await bridge.join('carol'),
      await bridge.greeted('dave'),
    ]
    ear.crash()
    for (const person of again) {
      expect(await person.isClosed()).toMatchObject({ code: 1012, reason: 'service restart' })
    }
    expect(bridge.sfu.participants()).toEqual([])
  })

  it('of Pyrite itself tells every browser to come back [SFU-16]', async () => {
    const bob = await bridge.join('bob')
    await bridge.sfu.stop()
    expect((await bob.isClosed()).code).toBe(1012)
  })

  it('leaves one record with what was counted, and no content anywhere [SFU-18]', async () => {
    const bob = await bridge.join('bob')
    const secret = 'v=0 a=ice-pwd:TOPSECRET'
    bob.send({ type: 'offer', id: 'u1', label: 'camera', sdp: secret })
    bob.send({ type: 'ice', id: 'u1', candidate: { candidate: 'candidate:TOPSECRET' } })
    bob.send({ type: 'usermessage', kind: 'filetransfer', value: 'TOPSECRET' })
    await eventually(() => expect(ear.messages()).toHaveLength(3))
    const [participant] = bridge.sfu.participants('garden')
    expect(participant?.caller.userId).toBe('id-bob')
    bob.socket.close(1000)
    await eventually(() => expect(bridge.told.records).toHaveLength(1))
    const [record] = bridge.told.records
    expect(record).toMatchObject({
      connectionId: participant?.connectionId,
      userId: 'id-bob',
      group: 'garden',
      joinedAt: participant?.joinedAt,
      reason: 'left',
      peerAddress: '127.0.0.1',
      messagesUp: ear.heard.length,
      bytesUp: Buffer.byteLength(ear.heard.join('')),
      messagesDown: bob.frames.length,
      bytesDown: Buffer.byteLength(bob.frames.join('')),
    })
    expect(record?.leftAt.getTime()).toBeGreaterThanOrEqual(record?.joinedAt.getTime() ?? 0)
    expect(JSON.stringify(record) + bridge.lines.join('')).not.toContain('TOPSECRET')
  })

  it('of somebody who never joined leaves no record [SFU-18]', async () => {
    const bob = await bridge.greeted('bob')
    bob.socket.close()
    await eventually(() => expect(ear.closes).toHaveLength(1))
    expect(bridge.told).toMatchObject({ records: [], participants: [] })
  })
})

eachSfu('moderation of a live call', (under) => {
  let bridge: TestBridge
  beforeEach(async () => {
    bridge = await startBridge({ sfu: under })
  })
  afterEach(() => bridge.stop())

  it('ends exactly the connections that are meant, after saying why [SFU-17]', async () => {
    const alice = await bridge.join('alice')
    const bob = await bridge.join('bob')
    const elsewhere = await bridge.join('bob', 'attic')
    expect(bridge.sfu.end({ userId: 'id-bob', group: 'garden' }, 'You were removed.')).toBe(1)
    const kicked = await bob.hears({ type: 'usermessage', kind: 'kicked' }, 1_000)
    expect(kicked).toMatchObject({ value: 'You were removed.', privileged: true, dest: bob.id })
    expect((await bob.isClosed(1_000)).code).toBe(1000)
    await alice.hears({ type: 'user', kind: 'delete', id: bob.id })
    expect([alice.isOpen(), elsewhere.isOpen()]).toEqual([true, true])
    expect(
      bridge.sfu
        .participants()
        .map(({ group }) => group)
        .sort(),
    ).toEqual(['attic', 'garden'])
  })

  it('of a signed-out session ends all its connections with 4401, joined or not [SFU-17]', async () => {
    const alice = await bridge.join('alice')
    const all = [await bridge.join('bob'), await bridge.greeted('bob')]
    expect(bridge.sfu.end({ sessionId: 'session-bob' }, 'You signed out.')).toBe(2)
    for (const bob of all) {
      await bob.hears({ type: 'usermessage', kind: 'kicked', value: 'You signed out.' })
      expect((await bob.isClosed()).code).toBe(4401)
    }
    expect(bridge.sfu.end({ sessionId: 'session-bob' }, 'again')).toBe(0)
    expect(alice.isOpen()).toBe(true)
  })

  it('by a changed role announces a rejoin, which has the new permissions [SFU-17]', async () => {
    const bob = await bridge.join('bob')
    bridge.groups[0] = group('garden', { members: new Map([['bob', 'listener']]) })
    bridge.sfu.groupsChanged('garden')
    bridge.sfu.accessChanged('garden', 'id-bob')
    await bob.hears({ type: 'usermessage', kind: 'info' })
    expect((await bob.isClosed()).code).toBe(1012)
    const again = await bridge.join('bob')
    expect(again.joined.permissions).toEqual(['message'])
  })
})

describe('a call server that misbehaves', () => {
  let server: Server
  let bridge: TestBridge | undefined
  const sockets = new Set<Socket>()
  const serve = async (run: (socket: Socket) => void, seconds = 0.3) => {
    server = createServer((socket) => {
      sockets.add(socket)
      socket.resume()
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
      run(socket)
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    bridge = await startBridge({ url, settings: { connect_seconds: seconds } })
    return bridge
  }
  afterEach(async () => {
    await bridge?.stop()
    for (const socket of sockets) socket.destroy()
    await new Promise((done) => server.close(done))
  })

  const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
  it.each<[string, (socket: Socket) => void]>([
    ['accepts and never answers', () => undefined],
    ['sends half a header', (socket) => socket.write('HTTP/1.1 101 Switch')],
    [
      'trickles',
      (socket) => {
        const timer = setInterval(() => socket.write('HTTP/1.1 101 Switch'.slice(0, 1)), 20)
        socket.on('close', () => clearInterval(timer))
      },
    ],
    ['answers 200', (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')],
    ['answers 503', (socket) => socket.end('HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n')],
    ['resets', (socket) => socket.resetAndDestroy()],
    ['closes at once', (socket) => socket.end()],
    [
      'switches with a wrong key',
      (socket) => socket.write(`${SWITCH}Sec-WebSocket-Accept: eA==\r\n\r\n`),
    ],
    ['speaks rubbish', (socket) => socket.write('\x00\x01\x02 hello\r\n\r\n')],
  ])('%s: the person is told, then 1013; nothing leaks [SFU-2]', async (_how, run) => {
    const { open, sfu, bugs } = await serve(run)
    const since = performance.now()
    const bob = open('bob')
    await bob.hears({ type: 'usermessage', kind: 'error', privileged: true }, 2_000)
    expect((await bob.isClosed()).code).toBe(1013)
    expect(performance.now() - since).toBeLessThan(1_500)
    await eventually(() => expect(sockets.size).toBeLessThanOrEqual(1))
    expect([sfu.participants(), bugs, sfu.health().reachable]).toEqual([[], [], false])
  })

  it('hangs up on everybody: who joins at once is told so as well, and may come back [SFU-2]', async () => {
    const { open, bugs } = await serve((socket) => socket.resetAndDestroy())
    const bob = open('bob')
    bob.socket.on('open', () => {
      bob.send({ type: 'handshake', version: ['2'], id: 'b' })
      bob.send({ type: 'join', kind: 'join', group: 'garden' })
    })
    expect((await bob.isClosed()).code).toBe(1013)
    expect(bob.all({ type: 'usermessage', kind: 'error' })).toHaveLength(1)
    expect([bob.all({ type: 'joined' }), bugs]).toEqual([[], []])
  })

  it('accepts and never answers: what waits for it is bounded, and a join that is refused is refused at once [SFU-2] [SFU-4]', async () => {
    const { open, told } = await serve(() => undefined, 30)
    const enter = async (group: string) => {
      const person = open('bob')
      await person.opens()
      person.send({ type: 'handshake', version: ['2'], id: 'b' })
      person.send({ type: 'join', kind: 'join', group })
      return person
    }
    const outside = await enter('nowhere')
    await outside.hears({ type: 'joined', kind: 'fail', error: 'not-found' })
    expect((await outside.isClosed()).code).toBe(1000)
    const full = await enter('garden')
    for (let n = 0; n < 64; n += 1) full.send({ type: 'ping' })
    expect((await full.isClosed()).code).toBe(1009)
    expect(told.records).toEqual([])
  })

  it('with twenty browsers that reset meanwhile: the process lives and no socket is left [SFU-2]', async () => {
    const { open, bugs } = await serve(() => undefined)
    const people = Array.from({ length: 9 }, () => open('bob')).concat(
      Array.from({ length: 9 }, () => open('carol')),
    )
    await Promise.all(people.map((person) => person.opens()))
    for (const person of people) person.socket.terminate()
    await eventually(() => expect(sockets.size).toBeLessThanOrEqual(1))
    expect(bugs).toEqual([])
  })
})
