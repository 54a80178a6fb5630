import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { SessionInfo, SessionSummary } from '../../lib/protocol/users.ts'
import { type Client, openSocket, signIn } from '../support/client.ts'
import { PASSWORD, type Pyrite, startPyrite } from '../support/pyrite.ts'

let pyrite: Pyrite
beforeAll(async () => {
  pyrite = await startPyrite({ settings: { auth: { sign_in_attempts: 1_000 } } })
})
afterAll(() => pyrite.stop())
afterEach(async () => {
  for (const user of await pyrite.app.users.list()) await pyrite.app.auth.endAllOf(user.id)
})

const post = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${pyrite.url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: pyrite.url, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
const codeOf = async (response: Response) =>
  ((await response.json()) as { error: { code: string } }).error.code
const whoAmI = async (client: Client) => (await client.send('GET', '/api/session')).status

describe('POST /api/session', () => {
  it('answers who I am and sets an HttpOnly, SameSite=Lax cookie for the whole site', async () => {
    const response = await post({ username: 'bob', password: PASSWORD })
    expect(response.status).toBe(200)
    const info = (await response.json()) as SessionInfo
    expect(info.user).toMatchObject({ username: 'bob', role: 'member', disabled: false })
    expect(Date.parse(info.expiresAt)).toBeGreaterThan(Date.now() + 29 * 86_400_000)
    const [cookie = ''] = response.headers.getSetCookie()
    expect(cookie).toMatch(/^pyrite_session=[\w-]{43}; /)
    expect(cookie.split('; ').slice(1).sort()).toEqual([
      'HttpOnly',
      'Max-Age=34560000',
      'Path=/',
      'SameSite=Lax',
    ])
    expect(response.headers.get('cache-control')).toBe('no-store')
  })
  it('gives a new token each time, and the one before is worth nothing', async () => {
    const first = await pyrite.signIn('bob')
    const response = await post({ username: 'bob', password: PASSWORD }, { cookie: first.cookie })
    const [second = ''] = response.headers.getSetCookie()
    expect(second.split(';')[0]).not.toBe(first.cookie)
    expect(await whoAmI(first)).toBe(204)
  })
  it('does not take over a token that was planted', async () => {
    const planted = `pyrite_session=${'A'.repeat(43)}`
    const response = await post({ username: 'bob', password: PASSWORD }, { cookie: planted })
    expect(response.headers.getSetCookie()[0]?.startsWith(planted)).toBe(false)
    const asked = await fetch(`${pyrite.url}/api/session`, { headers: { cookie: planted } })
    expect(asked.status).toBe(204)
  })
  it.each([
    ['an unknown name', { username: 'nobody', password: PASSWORD }],
    ['a wrong password', { username: 'bob', password: 'wrong horse battery' }],
  ])('answers %s with the same words and no cookie', async (_what, body) => {
    const response = await post(body)
    expect(response.status).toBe(401)
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await response.json()).toEqual({
      error: { code: 'auth.bad-credentials', message: 'the name or the password is wrong' },
    })
  })
  it.each([
    ['no body', ''],
    ['no object', '[]'],
    ['broken JSON', '{"username":'],
    ['a missing password', '{"username":"bob"}'],
    ['a password that is no text', '{"username":"bob","password":{"$ne":""}}'],
    ['a password that is too long', JSON.stringify({ username: 'bob', password: 'x'.repeat(257) })],
  ])('calls %s malformed', async (_what, body) => {
    const response = await post(body)
    expect([response.status, await codeOf(response)]).toEqual([400, 'malformed'])
  })
  it('refuses a page of another origin, and opens nothing', async () => {
    const response = await post(
      { username: 'bob', password: PASSWORD },
      { origin: 'https://evil.example' },
    )
    expect([response.status, await codeOf(response)]).toEqual([403, 'auth.foreign-origin'])
    expect(response.headers.getSetCookie()).toEqual([])
  })
})

describe('without a session', () => {
  it('every route answers 401, but signing in and who I am', async () => {
    const anonymous = (method: string, path: string) =>
      fetch(`${pyrite.url}${path.replaceAll(/\{\w+\}/g, 'general')}`, {
        method,
        headers: { origin: pyrite.url },
      })
    const document = await (await fetch(`${pyrite.url}/api/openapi.json`)).json()
    const routes = Object.entries((document as { paths: Record<string, object> }).paths).flatMap(
      ([path, item]) => Object.keys(item).map((method) => [method.toUpperCase(), path] as const),
    )
    expect(routes.length).toBeGreaterThan(15)
    for (const [method, path] of routes) {
      if (path === '/api/session' && ['POST', 'GET'].includes(method)) continue
      const response = await anonymous(method, path)
      expect([method, path, response.status]).toEqual([method, path, 401])
      // Devices that publish have no session, but a key of their channel.
      const code = path.startsWith('/whip/') ? 'whip.bad-key' : 'auth.signed-out'
      expect(await codeOf(response)).toBe(code)
    }
    expect((await anonymous('GET', '/api/nothing-here')).status).toBe(401)
  })
})

describe('GET /api/session', () => {
  it('answers nobody with nothing, which is no error', async () => {
    for (const headers of [{}, { authorization: 'Bearer nothing' }]) {
      const response = await fetch(`${pyrite.url}/api/session`, { headers })
      expect([response.status, await response.text()]).toEqual([204, ''])
      expect(response.headers.getSetCookie()).toEqual([])
    }
  })
  it('says who I am, and lets the cookie live on', async () => {
    const bob = await pyrite.signIn('bob')
    const response = await fetch(`${pyrite.url}/api/session`, { headers: { cookie: bob.cookie } })
    expect(((await response.json()) as SessionInfo).user).toEqual(bob.user)
    expect(response.headers.getSetCookie()[0]).toContain(`${bob.cookie}; Max-Age=`)
  })
  it('takes a bearer token, and sets no cookie then', async () => {
    const bob = await pyrite.signIn('bob')
    const authorization = `Bearer ${bob.cookie.split('=')[1]}`
    const response = await fetch(`${pyrite.url}/api/session`, { headers: { authorization } })
    expect(((await response.json()) as SessionInfo).user).toEqual(bob.user)
    expect(response.headers.getSetCookie()).toEqual([])
  })
})

describe('signing out', () => {
  it('DELETE /api/session ends this session, its live connections and its cookie, and no other', async () => {
    const here = await pyrite.signIn('bob')
    const there = await pyrite.signIn('bob')
    const [mine, other] = [await here.socket(), await there.socket()]
    const response = await fetch(`${pyrite.url}/api/session`, {
      method: 'DELETE',
      headers: { cookie: here.cookie, origin: pyrite.url },
    })
    expect(response.status).toBe(204)
    expect(response.headers.getSetCookie()[0]).toMatch(/^pyrite_session=; Max-Age=0; Path=\//)
    expect((await mine.closed).code).toBe(4401)
    expect(await whoAmI(here)).toBe(204)
    await expect(here.socket()).rejects.toThrow('401')
    expect(await whoAmI(there)).toBe(200)
    expect(await other.ask('ping')).toEqual({})
    other.close()
  })
  it('DELETE /api/sessions ends all of mine, and nobody else’s', async () => {
    const mine = [await pyrite.signIn('bob'), await pyrite.signIn('bob')]
    const carol = await pyrite.signIn('carol')
    const sockets = await Promise.all(mine.map((client) => client.socket()))
    expect((await mine[0]?.send('DELETE', '/api/sessions'))?.status).toBe(204)
    for (const socket of sockets) expect((await socket.closed).code).toBe(4401)
    for (const client of mine) expect(await whoAmI(client)).toBe(204)
    expect(await whoAmI(carol)).toBe(200)
  })
})

describe('my devices', () => {
  it('are listed, with the one that asks marked', async () => {
    await pyrite.signIn('bob')
    const here = await pyrite.signIn('bob')
    const { body } = await here.send('GET', '/api/sessions')
    const list = body as SessionSummary[]
    expect(list).toHaveLength(2)
    expect(list.filter(({ current }) => current)).toHaveLength(1)
    expect(Object.keys(list[0] ?? {}).sort()).toEqual([
      'createdAt',
      'current',
      'id',
      'lastSeenAt',
      'userAgent',
    ])
  })
  it('DELETE /api/sessions/:id ends one, with its connections; another person’s is not found', async () => {
    const here = await pyrite.signIn('bob')
    const there = await pyrite.signIn('bob')
    const socket = await there.socket()
    const list = (await here.send('GET', '/api/sessions')).body as SessionSummary[]
    const id = list.find(({ current }) => !current)?.id
    const carol = await pyrite.signIn('carol')
    expect((await carol.send('DELETE', `/api/sessions/${id}`)).status).toBe(404)
    expect(await whoAmI(there)).toBe(200)
    expect((await here.send('DELETE', `/api/sessions/${id}`)).status).toBe(204)
    expect((await socket.closed).code).toBe(4401)
    expect(await whoAmI(there)).toBe(204)
    expect(await whoAmI(here)).toBe(200)
  })
})

describe('PUT /api/session/password', () => {
  const next = 'a much better horse'
  it('changes it, ends my other sessions with their connections, and keeps this one', async () => {
    const here = await pyrite.signIn('mallory')
    const there = await pyrite.signIn('mallory')
    const socket = await there.socket()
    const answer = await here.send('PUT', '/api/session/password', { current: PASSWORD, next })
    expect(answer.status).toBe(204)
    expect((await socket.closed).code).toBe(4401)
    expect([await whoAmI(here), await whoAmI(there)]).toEqual([200, 204])
    await expect(pyrite.signIn('mallory')).rejects.toThrow('401')
    await signIn(pyrite.url, 'mallory', next)
  })
  it.each([
    ['a wrong current password', 'wrong', next, 401, 'auth.bad-credentials'],
    ['a weak new one', PASSWORD, 'bob', 422, 'users.weak-password'],
  ])('refuses %s, and the old one stays', async (_what, current, wanted, status, code) => {
    const bob = await pyrite.signIn('bob')
    const answer = await bob.send('PUT', '/api/session/password', { current, next: wanted })
    expect(answer).toMatchObject({ status, body: { error: { code } } })
    await pyrite.signIn('bob')
  })
})

describe('a page of another origin', () => {
  const foreign = 'https://evil.example'
  it('opens no socket with a cookie, not even when it makes the browser send a Basic Authorization too', async () => {
    const { cookie } = await pyrite.signIn('bob')
    for (const authorization of ['Basic Ym9iOmJvYg==', 'Bearer', 'Bearer a b']) {
      const headers = { cookie, origin: foreign, authorization }
      await expect(openSocket(pyrite.url, headers)).rejects.toThrow('403')
    }
    await expect(openSocket(pyrite.url, { cookie, origin: foreign })).rejects.toThrow('403')
  })
  it('is not asked about where a bearer token speaks', async () => {
    const { cookie } = await pyrite.signIn('bob')
    const authorization = `Bearer ${cookie.split('=')[1]}`
    const socket = await openSocket(pyrite.url, { authorization, origin: foreign })
    socket.close()
  })
})

describe('secrets', () => {
  it('no password and no token reaches the log or the database', async () => {
    const bob = await pyrite.signIn('bob')
    await post({ username: 'bob', password: 'a telling mistake' })
    const socket = await openSocket(pyrite.url, { cookie: bob.cookie, origin: pyrite.url })
    socket.close()
    const token = bob.cookie.split('=')[1] ?? 'missing'
    const { readFile } = await import('node:fs/promises')
    const files = await Promise.all(
      ['', '-wal'].map((suffix) => readFile(pyrite.config.database.path + suffix, 'latin1')),
    )
    const everything = files.concat(pyrite.logLines).join('\n')
    for (const secret of [token, PASSWORD, 'a telling mistake']) {
      expect(everything.includes(secret)).toBe(false)
    }
  })
})
