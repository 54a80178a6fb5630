import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SfuStatus } from '../../lib/protocol/workspace.ts'
import type { Client } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'
import { connectTo, galenes, startBridge } from '../support/sfu.ts'
import { startEar } from '../support/sfu-ear.ts'

describe.each(galenes())('a whole Pyrite with %s', (galene) => {
  let pyrite: Pyrite
  let alice: Client
  let bob: Client
  beforeAll(async () => {
    pyrite = await startPyrite({ sfu: { galene } })
    alice = await pyrite.signIn('alice')
    bob = await pyrite.signIn('bob')
  })
  afterAll(() => pyrite.stop())

  const open = (headers: Record<string, string>) => connectTo(`${pyrite.url}/sfu`, headers)
  const refusal = (headers: Record<string, string>) =>
    new Promise((done) => {
      open(headers)
        .socket.once('unexpected-response', (_request, response) => done(response.statusCode))
        .once('open', () => done(101))
    })
  let clients = 0
  const join = async ({ cookie }: Client, group = 'general') => {
    const id = `whole-${++clients}`
    const connection = open({ cookie, origin: pyrite.url })
    await connection.opens()
    connection.send({ type: 'handshake', version: ['2'], id })
    connection.send({ type: 'join', kind: 'join', group })
    const joined = await connection.hears({ type: 'joined' })
    return { ...connection, id, joined }
  }
  const status = async (who: Client, slug = 'general') => {
    const answer = await who.send('GET', `/api/channels/${slug}/sfu_status`)
    return { status: answer.status, body: answer.body as SfuStatus }
  }

  it('refuses before the upgrade: no session, a foreign origin, no origin, a made-up cookie [SFU-1]', async () => {
    const { cookie } = bob
    expect(await refusal({ origin: pyrite.url })).toBe(401)
    expect(await refusal({ cookie, origin: 'https://evil.example' })).toBe(403)
    expect(await refusal({ cookie, origin: 'null' })).toBe(403)
    expect(await refusal({ cookie })).toBe(403)
    expect(await refusal({ cookie: cookie.replace(/=.*/, '=AAAA'), origin: pyrite.url })).toBe(401)
    expect(await refusal({ authorization: 'Bearer nonsense' })).toBe(401)
  })

  it('opens for a session from our own page, without subprotocol and compression [SFU-1]', async () => {
    const { socket } = await join(bob)
    expect([socket.protocol, socket.extensions]).toEqual(['', ''])
    socket.close()
  })

  it('keeps somebody out of a private channel as out of one that does not exist [SFU-4]', async () => {
    await alice.send('POST', '/api/channels', { name: 'Secret', slug: 'secret', private: true })
    const there = await join(bob, 'secret')
    const nowhere = await join(bob, 'nowhere')
    const fail = { kind: 'fail', username: 'bob' }
    expect(there.joined).toMatchObject({ ...fail, error: nowhere.joined.error })
    expect(there.joined.value).toBe(nowhere.joined.value)
    expect((await there.isClosed()).code).toBe(1000)
    expect((await status(bob, 'secret')).status).toBe(404)
  })

  it('says how a call stands, to members, and pushes each change [SFU-19]', async () => {
    const socket = await bob.socket()
    const before = await status(bob)
    expect(before.body).toMatchObject({
      ...{ reachable: true, endpoint: '/sfu', group: 'general', locked: false, recording: false },
      sync: { state: 'in-step' },
      participants: [],
      checkedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    })
    const call = await join(alice)
    await socket.hear('calls.participants', ({ participants }) => participants.length === 1)
    const { body } = await status(bob)
    expect(body.participants).toEqual([
      { userId: alice.user.id, connectionId: expect.any(String), joinedAt: expect.any(String) },
    ])
    expect(body.participants[0]?.connectionId).not.toBe(call.id)
    call.send({ type: 'groupaction', kind: 'lock', value: 'later' })
    await eventually(async () =>
      expect((await status(bob)).body.locked).toBe(alice.user.role === 'admin'),
    )
    call.send({ type: 'groupaction', kind: 'unlock' })
    call.socket.close()
    await socket.hear('calls.participants', ({ participants }) => participants.length === 0)
    socket.close()
  })

  it('ends a call with the sign-out that belongs to it [SFU-17]', async () => {
    const carol = await pyrite.signIn('carol')
    const call = await join(carol)
    const other = await join(bob)
    await carol.send('DELETE', '/api/session')
    await call.hears({ type: 'usermessage', kind: 'kicked' }, 1_000)
    expect((await call.isClosed(1_000)).code).toBe(4401)
    expect(other.isOpen()).toBe(true)
    other.socket.close()
  })
})

describe('the metrics', () => {
  it('count connections, joins by outcome, messages and bytes, latency and failures [SFU-20]', async () => {
    const ear = await startEar()
    const bridge = await startBridge({ url: ear.url })
    const bob = await bridge.join('bob')
    await bridge.join('mallory')
    for (let n = 0; n < 100; n += 1) bob.send({ type: 'ping' })
    await eventually(() => expect(ear.messages()).toHaveLength(100))
    bob.send({ type: 'sudo' })
    await bob.hears({ kind: 'error' })
    const text = await bridge.metrics.metrics()
    for (const line of [
      'pyrite_sfu_connections 1',
      'pyrite_sfu_joins_total{outcome="joined"} 1',
      'pyrite_sfu_joins_total{outcome="refused"} 1',
      'pyrite_sfu_messages_total{direction="up",type="ping"} 100',
      'pyrite_sfu_bytes_total{direction="up",type="ping"} 1500',
      'pyrite_sfu_messages_total{direction="down",type="joined"} 1',
      'pyrite_sfu_refused_total{why="message"} 1',
    ]) {
      expect(text).toContain(`${line}\n`)
    }
    expect(text).toMatch(/pyrite_sfu_added_seconds_count\{direction="up"\} [1-9]/)
    ear.crash()
    await bob.isClosed()
    expect(await bridge.metrics.metrics()).toContain(
      'pyrite_sfu_upstream_failures_total{kind="lost"} 1\n',
    )
    await bridge.stop()
  })
})
