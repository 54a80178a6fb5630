import { createServer } from 'node:net'
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTokens } from '../../lib/sfu/galene/wire/tokens.ts'
import { joinAsStock } from '../support/adopting.ts'
import { eventually } from '../support/eventually.ts'
import { ADMIN, startGalene, type TestGalene, WITH_ADMIN } from '../support/galene.ts'
import { type Name, PASSWORD, type Pyrite, startPyrite } from '../support/pyrite.ts'
import { galenes, type Json } from '../support/sfu.ts'

type Way = 'files' | 'api'
const WAYS: readonly Way[] = ['files', 'api']
const RUNS = galenes().flatMap((binary) => WAYS.map((way) => ({ binary, way })))
const PAGES = 'https://galene.example.org'

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })

describe.each(RUNS)("Galene's own page, by $way, with $binary", ({ binary, way }) => {
  let galene: TestGalene
  let pyrite: Pyrite | undefined

  const settings = async (stock_client: boolean) => {
    const port = await freePort()
    return {
      server: { port, public_url: `http://127.0.0.1:${port}` },
      sfu: { url: galene.url, ...(way === 'files' && { groups_dir: galene.groups }) },
      galene: {
        ...{ stock_client, stock_client_url: PAGES, sync: way },
        ...{ api_user: ADMIN.user, api_password: ADMIN.password },
      },
    }
  }
  const start = async (stock_client = true, folder?: string, trusted_proxies: string[] = []) => {
    const where = folder === undefined ? {} : { folder }
    const { server, ...others } = await settings(stock_client)
    pyrite = await startPyrite({
      ...where,
      settings: { ...others, server: { ...server, trusted_proxies } },
    })
    const { sfu } = pyrite.app
    await eventually(() => expect(sfu.syncState('general').state).toBe('in-step'))
    return pyrite
  }
  /** As Galene's page asks; answers the status, the token, and whether the page may read it. */
  const ask = async (
    username: string,
    fields: Json = {},
    origin: string | null = PAGES,
    address = '127.0.0.1',
  ) => {
    const location = `${PAGES}/group/general/`
    const from = { 'x-forwarded-for': address, ...(origin !== null && { origin }) }
    const response = await fetch(`${pyrite?.url}/galene/auth`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...from },
      body: JSON.stringify({ location, username, password: PASSWORD, ...fields }),
    })
    const { status, headers } = response
    return {
      status,
      text: await response.text(),
      type: headers.get('content-type'),
      mayRead: headers.get('access-control-allow-origin'),
      stored: headers.get('cache-control'),
    }
  }
  const portal = async (query: string, cookie = '') => {
    const response = await fetch(`${pyrite?.url}/galene/portal${query}`, {
      redirect: 'manual',
      headers: { cookie },
    })
    return { status: response.status, to: response.headers.get('location') }
  }
  const join = (token: string, group = 'general') => joinAsStock(galene.url, group, { token })
  const moderate = async (fields: Json) => {
    const alice = await (pyrite as Pyrite).signIn('alice')
    const answer = await alice.send('POST', '/api/channels/general/moderation', fields)
    expect(answer.status).toBeLessThan(300)
  }
  const idOf = async (name: Name) => (await (pyrite as Pyrite).signIn(name)).user.id

  beforeEach(async () => {
    galene = await startGalene({ binary, config: WITH_ADMIN })
  })
  afterEach(async () => {
    await pyrite?.stop()
    await galene.end()
  })

  it('is told where to ask and where to send people, and no more once it is off', async () => {
    const { config, url, stop, folder } = await start()
    const status = async () =>
      (await (await fetch(`${galene.url}/group/general/.status`)).json()) as Json
    expect(await status()).toMatchObject({
      authServer: `${config.server.public_url}/galene/auth`,
      authPortal: `${config.server.public_url}/galene/portal?group=general`,
    })
    expect(url).toBe(config.server.public_url)
    await stop({ keep: true })
    await start(false, folder)
    await eventually(async () => expect(await status()).not.toHaveProperty('authServer'))
    expect(await status()).not.toHaveProperty('authPortal')
    expect((await ask('bob')).status).toBe(404)
    expect((await portal('?group=general')).status).toBe(404)
  })

  it('gets members a token with which they join this one group, as what they are', async () => {
    await start()
    const bob = await ask('Bob ')
    expect(bob).toMatchObject({ status: 200, type: 'application/jwt', mayRead: PAGES })
    expect(bob.stored).toBe('no-store')
    const joined = await join(bob.text)
    expect(joined).toMatchObject({ kind: 'join', username: 'bob' })
    expect(joined.permissions).toEqual(['present', 'message'])
    const alice = await join((await ask('alice')).text)
    expect(alice.permissions).toEqual(['op', 'present', 'message', 'caption'])
    const mine = await (pyrite as Pyrite).signIn('alice')
    await mine.send('POST', '/api/channels', { name: 'shed', private: true })
    await eventually(async () => expect(await galene.names()).toContain('shed'))
    expect(await join(bob.text, 'shed')).toMatchObject({ kind: 'fail' })
  })

  it('is refused for a wrong password, and for whoever is not in the channel', async () => {
    await start()
    expect(await ask('bob', { password: 'something else' })).toMatchObject({ status: 401 })
    expect(await ask('nobody')).toMatchObject({ status: 401 })
    const mallory = await ask('mallory')
    expect([mallory.status, mallory.text]).toEqual([
      403,
      expect.stringContaining('stock-client.refused'),
    ])
    const elsewhere = await ask('bob', { location: `${PAGES}/group/nowhere/` })
    expect([elsewhere.status, elsewhere.text]).toEqual([403, expect.stringContaining('no such')])
    await pyrite?.app.users.disable(await idOf('carol'))
    expect((await ask('carol')).status).toBe(401)
  })

  it('obeys the moderation ledger', async () => {
    await start()
    const carol = await idOf('carol')
    await moderate({ kind: 'timeout', userId: carol, seconds: 600, reason: 'calm down' })
    const listening = await join((await ask('carol')).text)
    expect([listening.kind, listening.permissions]).toEqual(['join', ['message']])
    const bob = await (pyrite as Pyrite).signIn('bob')
    await moderate({ kind: 'ban', userId: bob.user.id, reason: '' })
    const banned = await ask('bob')
    expect([banned.status, banned.text]).toEqual([403, expect.stringContaining('banned')])
    expect(await portal('?group=general', bob.cookie)).toEqual({
      status: 303,
      to: '/channels/general',
    })
  })

  it('holds nothing against a ban but a token of before, for as long as it lives and clocks may differ [STOCK-2]', async () => {
    const { config } = await start()
    const bob = await (pyrite as Pyrite).signIn('bob')
    const before = [(await ask('bob')).text, (await portal('?group=general', bob.cookie)).to ?? '']
    await moderate({ kind: 'ban', userId: bob.user.id, reason: '' })
    const tokens = before.map((text) => text.split('?token=').at(-1) ?? '')
    for (const token of tokens) expect(await join(token)).toMatchObject({ kind: 'join' })
    const { iat = 0, exp = 0, permissions } = decodeJwt(tokens[1] ?? '')
    expect([exp - iat, permissions]).toEqual([60, ['present', 'message']])
    /** As Pyrite would have signed it so many seconds ago. */
    const old = (seconds: number, livesFor: number) => {
      const now = () => new Date(Date.now() - seconds * 1_000)
      const ticket = {
        username: 'bob',
        group: 'general',
        role: 'member',
        recording: false,
      } as const
      return createTokens({ config: config.sfu, now }).sign(ticket, { seconds: livesFor })
    }
    const ages = [
      ...[
        [32, 30],
        [36, 30],
        [62, 60],
        [66, 60],
      ],
    ] as const
    const kinds = await Promise.all(
      ages.map(async ([age, livesFor]) => (await join(await old(age, livesFor))).kind),
    )
    expect(kinds).toEqual(['join', 'fail', 'join', 'fail'])
    for (const token of tokens) {
      const forged = `${token.slice(0, -8)}AAAAAAAA`
      expect(await join(forged)).toMatchObject({ kind: 'fail' })
    }
    expect((await ask('bob')).status).toBe(403)
    expect((await portal('?group=general', bob.cookie)).to).toBe('/channels/general')
    const again = await (pyrite as Pyrite).signIn('bob')
    expect((await portal('?group=general', again.cookie)).to).toBe('/channels/general')
  })

  it('asks for groups of its own pages only, whatever the address claims', async () => {
    await start()
    const locations = [
      ...['https://evil.example/group/general/', 'http://galene.example.org/group/general/'],
      ...[`${PAGES}:8443/group/general/`, `${PAGES}.evil.example/group/general/`],
      ...[`${PAGES}/group/general`, `${PAGES}/x/group/general/`, `${PAGES}/group/general/x/`],
      ...[`${PAGES}/group//general/`, `${PAGES}/group/GENERAL/`, `${PAGES}/group/general%2f/`],
      ...[`https://galene.example.org@evil.example/group/general/`, '/group/general/', '', 'x'],
    ]
    for (const location of locations) {
      const { status, text } = await ask('bob', { location })
      expect([location, status, text]).toEqual([location, 403, expect.stringContaining('foreign')])
    }
    const withMore = { location: `${PAGES}/group/general/?x=1#y` }
    expect((await ask('bob', withMore)).status).toBe(200)
    for (const origin of ['https://evil.example', 'null', `${PAGES}.evil.example`]) {
      const { status, mayRead } = await ask('bob', {}, origin)
      expect([origin, status, mayRead]).toEqual([origin, 403, PAGES])
    }
    expect((await ask('bob', {}, null)).status).toBe(200)
    expect((await ask('bob', { password: 'x'.repeat(20_000) })).status).toBe(413)
    expect((await ask('bob', { password: 7 })).status).toBe(400)
  })

  it('lets its page ask first, and no other', async () => {
    await start()
    const preflight = async (origin: string) => {
      const headers = { origin, 'access-control-request-method': 'POST' }
      const response = await fetch(`${pyrite?.url}/galene/auth`, { method: 'OPTIONS', headers })
      return [response.status, response.headers.get('access-control-allow-origin')]
    }
    expect(await preflight(PAGES)).toEqual([204, PAGES])
    expect(await preflight('https://evil.example')).toEqual([403, PAGES])
  })

  it('slows down who guesses, together with the sign-in', async () => {
    await start()
    const wrong = { password: 'not the password' }
    for (let tries = 0; tries < 10; tries += 1) expect((await ask('bob', wrong)).status).toBe(401)
    expect((await ask('bob')).status).toBe(429)
    await expect((pyrite as Pyrite).signIn('bob')).rejects.toThrow('429')
  })

  it('lets nobody lock out by one address whom they know by name', async () => {
    await start(true, undefined, ['127.0.0.1'])
    const wrong = { password: 'not the password' }
    const there = '198.51.100.1'
    for (let n = 0; n < 14; n += 1) await ask('bob', wrong, PAGES, there)
    expect((await ask('bob', {}, PAGES, there)).status).toBe(429)
    expect((await ask('bob', {}, PAGES, '203.0.113.7')).status).toBe(200)
    await (pyrite as Pyrite).signIn('bob')
  })

  it('sends people from its portal to the sign-in and to the page of the call, and nowhere else', async () => {
    await start()
    const { cookie } = await (pyrite as Pyrite).signIn('bob')
    expect(await portal('?group=general')).toEqual({ status: 303, to: '/in-galene/general' })
    const { status, to } = await portal('?group=general', cookie)
    const [page, token = ''] = (to ?? '').split('?token=')
    expect([status, page]).toEqual([303, `${PAGES}/group/general/`])
    expect(await join(token)).toMatchObject({ kind: 'join', username: 'bob' })
    const mallory = await (pyrite as Pyrite).signIn('mallory')
    expect((await portal('?group=general', mallory.cookie)).to).toBe('/channels/general')
    for (const query of [
      ...['', '?group=', '?group=//evil.example', '?group=https://evil.example', '?group=a/b'],
      ...['?group=general&group=evil', '?group=..', '?group=%0d%0aX:1', '?group=\\evil'],
    ]) {
      expect(await portal(query, cookie)).toEqual({ status: 404, to: null })
    }
    const { to: withMore } = await portal('?group=general&url=https://evil.example', cookie)
    expect(withMore).toContain(`${PAGES}/group/general/?token=`)
  })
})

describe("settings of Galene's own page", () => {
  it.each([
    [{ galene: { stock_client: true } }, /needs server.public_url/],
    [
      {
        galene: { stock_client: true },
        server: { public_url: 'https://chat.example.org' },
        sfu: { url: '', galene_binary: 'none' },
      },
      /needs a Galene of your own/,
    ],
  ])('that cannot work are said at the start', async (settings, why) => {
    await expect(startPyrite({ settings })).rejects.toThrow(why)
  })
})
