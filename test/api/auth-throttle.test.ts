import { afterEach, describe, expect, it } from 'vitest'
import { PASSWORD, type Pyrite, type PyriteOptions, startPyrite } from '../support/pyrite.ts'

let pyrite: Pyrite
afterEach(() => pyrite.stop())
const start = async (server: NonNullable<PyriteOptions['settings']>['server'] = {}) => {
  pyrite = await startPyrite({
    settings: { auth: { sign_in_attempts: 3, sign_in_window_seconds: 60 }, server },
    people: ['alice', 'bob'],
  })
}
const attempt = (username: string, password: string, forwardedFor?: string) =>
  fetch(`${pyrite.url}/api/session`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      origin: pyrite.url,
      ...(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }),
    },
    body: JSON.stringify({ username, password }),
  })

describe('too many failed sign-ins', () => {
  it('are answered 429 with Retry-After, for the right password too, and for a name nobody has', async () => {
    await start()
    for (let n = 0; n < 3; n += 1) expect((await attempt(`nobody-${n}`, 'wrong')).status).toBe(401)
    for (const name of ['bob', 'nobody-9']) {
      const response = await attempt(name, PASSWORD)
      expect(response.status).toBe(429)
      const seconds = Number(response.headers.get('retry-after'))
      expect(seconds).toBeGreaterThan(0)
      expect(seconds).toBeLessThanOrEqual(60)
      expect(await response.json()).toMatchObject({ error: { code: 'too-many-requests' } })
      expect(response.headers.getSetCookie()).toEqual([])
    }
  })
  it('are not escaped by an X-Forwarded-For that nobody trusts', async () => {
    await start()
    for (let n = 0; n < 3; n += 1) await attempt(`nobody-${n}`, 'wrong', `198.51.100.${n}`)
    expect((await attempt('bob', PASSWORD, '198.51.100.99')).status).toBe(429)
  })
  it('behind a trusted proxy count for the address it names', async () => {
    await start({ trusted_proxies: ['127.0.0.1'] })
    for (let n = 0; n < 4; n += 1) await attempt(`nobody-${n}`, 'wrong', '198.51.100.1')
    expect((await attempt('bob', PASSWORD, '198.51.100.1')).status).toBe(429)
    expect((await attempt('bob', PASSWORD, '203.0.113.7')).status).toBe(200)
  })
  it('from one address keep nobody out elsewhere, whose name was tried', async () => {
    await start({ trusted_proxies: ['127.0.0.1'] })
    for (let n = 0; n < 6; n += 1) await attempt('bob', 'wrong', '198.51.100.1')
    expect((await attempt('bob', PASSWORD, '198.51.100.1')).status).toBe(429)
    expect((await attempt('bob', PASSWORD, '203.0.113.7')).status).toBe(200)
  })
  it('from many addresses make a name wait everywhere but where its person is signed in', async () => {
    await start({ trusted_proxies: ['127.0.0.1'] })
    expect((await attempt('bob', PASSWORD, '203.0.113.7')).status).toBe(200)
    for (const name of ['bob', 'nobody']) {
      const tries = Array.from({ length: 31 }, (_, n) => attempt(name, 'wrong', `198.51.100.${n}`))
      const statuses = (await Promise.all(tries)).map(({ status }) => status)
      expect(statuses.filter((status) => status === 429)).toHaveLength(1)
      expect((await attempt(name, PASSWORD, '198.51.100.99')).status).toBe(429)
      expect((await attempt(name, 'wrong', '203.0.113.7')).status).toBe(429)
    }
    expect((await attempt('bob', PASSWORD, '203.0.113.7')).status).toBe(200)
  })
  it('many sign-ins at once leave the rest of the server answering', async () => {
    await start()
    const flood = Promise.all(Array.from({ length: 200 }, () => attempt('bob', 'wrong')))
    expect((await fetch(`${pyrite.url}/healthz`)).status).toBe(200)
    const statuses = (await flood).map(({ status }) => status)
    expect(statuses.filter((status) => status === 401)).toHaveLength(3)
    expect(statuses.filter((status) => status === 429)).toHaveLength(197)
  })
})
