import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, openSocket, type Socket } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'
import { tryUpgrade } from '../support/upgrade.ts'

const FRIEND = 'https://intranet.example.org'
let pyrite: Pyrite, alice: Client, bob: Client
beforeAll(async () => {
  pyrite = await startPyrite({
    people: ['alice', 'bob'],
    settings: {
      server: { allowed_origins: [FRIEND] },
      metrics: { token: 'scrape-me' },
      socket: { connections_per_person: 2, connections: 3, heartbeat_seconds: 7 },
    },
  })
  alice = await pyrite.signIn('alice')
  bob = await pyrite.signIn('bob')
})
afterAll(() => pyrite.stop())

/** Places are free again: the server counts what is open. */
const noneOpen = () =>
  eventually(async () => {
    const metrics = await fetch(`${pyrite.url}/metrics`, {
      headers: { authorization: 'Bearer scrape-me' },
    })
    expect(await metrics.text()).toMatch(/^pyrite_ws_connections 0$/m)
  })

describe('the Origin', () => {
  it('must be our own or a listed one [WS-1]', async () => {
    for (const origin of [pyrite.url, FRIEND]) {
      expect(await tryUpgrade(pyrite.url, { cookie: bob.cookie, origin })).toMatchObject({
        status: 101,
      })
    }
    await noneOpen()
  })

  it.each(['https://evil.example', 'null', 'http://127.0.0.1', `${FRIEND}.evil.example`, ''])(
    'refuses %j before the upgrade [WS-1]',
    async (origin) => {
      const { status, error } = await tryUpgrade(pyrite.url, { cookie: bob.cookie, origin })
      expect([status, error?.code]).toEqual([403, 'auth.foreign-origin'])
    },
  )

  it('must be there [WS-1]', async () => {
    const { status, error } = await tryUpgrade(pyrite.url, { cookie: bob.cookie })
    expect([status, error?.code]).toEqual([403, 'auth.foreign-origin'])
  })

  it('is not asked of a bearer token, which no page sends by accident [WS-1] [WS-2]', async () => {
    const token = bob.cookie.split('=')[1] ?? ''
    expect(await tryUpgrade(pyrite.url, { authorization: `Bearer ${token}` })).toMatchObject({
      status: 101,
    })
    expect(await tryUpgrade(pyrite.url, { authorization: 'Bearer nonsense' })).toMatchObject({
      status: 401,
      error: { code: 'auth.signed-out' },
    })
    await noneOpen()
  })
})

describe('the session', () => {
  it.each([
    ['no cookie', undefined],
    ['somebody else’s invention', 'pyrite_session=nonsense'],
    ['an empty one', 'pyrite_session='],
  ])('must be live: %s [WS-2]', async (_, cookie) => {
    const { status, error } = await tryUpgrade(pyrite.url, {
      origin: pyrite.url,
      ...(cookie === undefined ? {} : { cookie }),
    })
    expect([status, error?.code]).toEqual([401, 'auth.signed-out'])
  })

  it('no longer counts once it is signed out [WS-2]', async () => {
    const other = await pyrite.signIn('bob')
    await other.send('DELETE', '/api/session')
    await expect(other.socket()).rejects.toThrow('401')
  })
})

describe('how many', () => {
  const refused = (client: Client) =>
    tryUpgrade(pyrite.url, { cookie: client.cookie, origin: pyrite.url })

  it('one person, and all of them, may hold; a place is free at once when one closes [WS-3]', async () => {
    const sockets: Socket[] = [await bob.socket(), await bob.socket()]
    const tooMany = { status: 429, error: { code: 'too-many-requests' } }
    expect(await refused(bob)).toMatchObject(tooMany)
    sockets.push(await alice.socket())
    expect(await refused(alice)).toMatchObject(tooMany)
    sockets[0]?.close()
    await sockets[0]?.closed
    await eventually(async () => sockets.push(await bob.socket()))
    for (const socket of sockets) socket.close()
    await noneOpen()
  })
})

describe('an open connection', () => {
  it('has no subprotocol and no compression, though both were offered [WS-4]', async () => {
    const { status, headers } = await tryUpgrade(pyrite.url, {
      cookie: bob.cookie,
      origin: pyrite.url,
      'sec-websocket-protocol': 'chat',
      'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits',
    })
    expect(status).toBe(101)
    expect(headers['sec-websocket-protocol']).toBeUndefined()
    expect(headers['sec-websocket-extensions']).toBeUndefined()
    await noneOpen()
  })

  it('begins with hello, whatever else happens meanwhile [WS-5]', async () => {
    const first = await alice.socket()
    const second = await bob.socket()
    for (const [client, { heard, connectionId }] of [
      [alice, first],
      [bob, second],
    ] as const) {
      expect(heard[0]).toEqual({
        type: 'hello',
        body: {
          protocol: 1,
          connectionId: expect.stringMatching(/^[0-9a-z]{20}$/),
          userId: client.user.id,
          heartbeatSeconds: 7,
          serverTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
          serverVersion: '0.0.0-test',
        },
      })
      expect(heard.filter(({ type }) => type === 'hello')).toHaveLength(1)
      expect(connectionId).not.toBe('')
    }
    for (const socket of [first, second]) socket.close()
    await noneOpen()
  })
})

it('no other path upgrades', async () => {
  await expect(
    openSocket(`${pyrite.url}/elsewhere`, { cookie: bob.cookie, origin: pyrite.url }),
  ).rejects.toThrow('404')
})
