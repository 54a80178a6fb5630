import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ModerationAct } from '../../lib/protocol/moderation.ts'
import type { NewWhipKey } from '../../lib/protocol/recordings.ts'
import type { Client } from '../support/client.ts'
import { PASSWORD, type Pyrite, startPyrite } from '../support/pyrite.ts'

const PAGES = 'https://galene.example.org'
const freePort = (): Promise<number> =>
  new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })

let pyrite: Pyrite
let recordings: string
let alice: Client, bob: Client
beforeAll(async () => {
  recordings = await mkdtemp(join(tmpdir(), 'pyrite-rates-'))
  const port = await freePort()
  pyrite = await startPyrite({
    settings: {
      server: { port, public_url: `http://127.0.0.1:${port}` },
      galene: { recordings_dir: recordings, stock_client: true, stock_client_url: PAGES },
      moderation: { acts_per_second: 0.01, acts_burst: 6 },
      channels: { changes_per_second: 0.01, changes_burst: 6 },
    },
  })
  alice = await pyrite.signIn('alice')
  bob = await pyrite.signIn('bob')
})
afterAll(async () => {
  await pyrite.stop()
  await rm(recordings, { recursive: true, force: true })
})

type Answer = { status: number; headers: Headers; text: string }
const ask = async (
  { url, cookie }: Pick<Client, 'url' | 'cookie'>,
  method: string,
  path: string,
  body?: object,
): Promise<Answer> => {
  const headers = { cookie, origin: url, 'content-type': 'application/json' }
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const answer = await fetch(`${url}${path}`, { method, headers, redirect: 'manual', ...sent })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}
/** How often it was answered before 429; which says when to come back. */
const until429 = async (one: () => Promise<Answer>, most: number): Promise<number> => {
  for (let n = 0; n < most; n += 1) {
    const { status, headers, text } = await one()
    if (status !== 429) continue
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    expect(text).toContain('too-many-requests')
    return n
  }
  throw new Error(`never told to slow down in ${most} requests`)
}

describe('who asks too fast is told when to come back:', () => {
  it('moderating, by every door together, lifting and refused attempts too, and nothing is stored [MOD-20]', async () => {
    const socket = await alice.socket()
    const at = '/api/channels/general/moderation'
    const wish = { kind: 'timeout', userId: bob.user.id, seconds: 60 }
    const made = (await alice.send('POST', at, wish)).body as ModerationAct
    await socket.ask('moderation.act', { ...wish, channelSlug: 'general' })
    await socket.ask('moderation.end', { channelSlug: 'general', actId: made.id })
    await socket.ask('moderation.unlock', { channelSlug: 'general' })
    expect((await ask(alice, 'DELETE', `${at}/none`)).status).toBe(404)
    const more = () => ask(alice, 'POST', at, { ...wish, reason: 'more' })
    expect(await until429(more, 5)).toBe(1)
    const refused = await socket.reply('moderation.act', { ...wish, channelSlug: 'general' })
    expect(refused.error).toMatchObject({ code: 'too-many-requests', retryAfter: 100 })
    const { acts } = (await alice.send('GET', at)).body as { acts: ModerationAct[] }
    expect(acts).toHaveLength(3)
    expect((await bob.send('POST', at, wish)).status).toBe(403)
    socket.close()
  })

  it('changing channels and who is in them [CH-17]', async () => {
    const topics = () => ask(alice, 'PATCH', '/api/channels/general', { topic: 'again' })
    const nobody = () => ask(alice, 'DELETE', '/api/channels/general/members/nobody')
    expect([(await topics()).status, (await nobody()).status]).toEqual([200, 404])
    expect(await until429(topics, 10)).toBe(4)
    expect((await ask(alice, 'PUT', '/api/channels/general/members/nobody', {})).status).toBe(429)
  })

  it('looking at recordings, of which each may cost a Galene elsewhere a password check [REC-8]', async () => {
    const all = '/api/channels/general/recordings'
    const one = async () => {
      const list = await ask(bob, 'GET', all)
      return list.status === 429 ? list : ask(bob, 'GET', `${all}/none.webm`)
    }
    const pairs = await until429(one, 60)
    expect(pairs).toBeGreaterThanOrEqual(20)
    expect(pairs).toBeLessThan(30)
    expect((await ask(alice, 'GET', all)).status).toBe(200)
  })

  it('devices with bad keys, by their network, whatever key they make up [WHIP-9]', async () => {
    const made = await alice.send('POST', '/api/channels/general/whip-keys', { name: 'OBS' })
    const { secret } = made.body as NewWhipKey
    let made_up = 0
    const knock = async (key: string, method = 'POST'): Promise<Answer> => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/sdp' }
      const body = method === 'POST' ? { body: 'v=0' } : {}
      const answer = await fetch(`${pyrite.url}/whip/general`, { method, headers, ...body })
      return { status: answer.status, headers: answer.headers, text: await answer.text() }
    }
    expect(await until429(() => knock(secret, 'OPTIONS'), 20)).toBe(10)
    expect((await knock(secret)).status).toBe(502)
    const guess = () => knock(`a-key-that-somebody-made-up-${++made_up}`)
    expect(await until429(guess, 80)).toBe(60)
    // Whoever guesses shuts nobody out who is behind the same address.
    expect((await knock(secret)).status).toBe(502)
    const bare = await fetch(`${pyrite.url}/whip/general`, { method: 'OPTIONS' })
    expect(bare.status).toBe(204)
  })

  it("looking at the admins' page of calls [ADM-5]", async () => {
    const looks = await until429(() => ask(alice, 'GET', '/api/admin/calls'), 40)
    expect(looks).toBeGreaterThanOrEqual(20)
    expect((await ask(bob, 'GET', '/api/admin/calls')).status).toBe(403)
  })

  it("tokens for Galene's own page, by name, by address, and through the portal [STOCK-1]", async () => {
    const location = `${PAGES}/group/general/`
    const sign = async (username: string, origin = PAGES): Promise<Answer> => {
      const headers = { origin, 'content-type': 'application/json' }
      const body = JSON.stringify({ location, username, password: PASSWORD })
      const answer = await fetch(`${pyrite.url}/galene/auth`, { method: 'POST', headers, body })
      return { status: answer.status, headers: answer.headers, text: await answer.text() }
    }
    const dora = {
      username: 'dora',
      displayName: 'Dora',
      role: 'member',
      password: PASSWORD,
    } as const
    await pyrite.app.users.create(dora)
    for (const name of ['alice', 'Bob', 'carol', 'mallory']) {
      expect([name, await until429(() => sign(name), 20)]).toEqual([name, 12])
    }
    expect(await until429(() => sign('dora'), 20)).toBe(8)
    expect((await sign('dora', 'https://evil.example')).status).toBe(403)
    const portal = () => ask(alice, 'GET', '/galene/portal?group=general')
    expect((await portal()).status).toBe(303)
    expect(await until429(portal, 20)).toBe(11)
  })
})
