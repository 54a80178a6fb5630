import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NewWhipKey, WhipKeyList } from '../../lib/protocol/recordings.ts'
import { openChromium } from '../support/call-page.ts'
import type { Client } from '../support/client.ts'
import { galenes } from '../support/sfu.ts'
import { createWorld, type Person, soon, type World } from './media-support.ts'

const START = 40_000
const KEYS = '/api/channels/general/whip-keys'

/** Runs in the page: the least WHIP client, as RFC 9725 describes one. Candidates are sent as they are found. */
const installWhip = () => {
  const pcs: RTCPeerConnection[] = []
  const send = (method: string, url: string, secret: string, type?: string, body?: string) =>
    fetch(url, {
      method,
      headers: { Authorization: `Bearer ${secret}`, ...(type && { 'Content-Type': type }) },
      ...(body !== undefined && { body }),
    })
  const fragment = (pc: RTCPeerConnection, candidates: readonly string[]) => {
    const sdp = pc.localDescription?.sdp ?? ''
    const line = (pattern: RegExp) => pattern.exec(sdp)?.[0] ?? ''
    const head = [line(/a=ice-ufrag:.*/), line(/a=ice-pwd:.*/), line(/m=audio.*/), 'a=mid:0']
    return [...head, ...candidates.map((text) => `a=${text}`), ''].join('\r\n')
  }
  Object.assign(window, {
    async whip(url: string, secret: string) {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true })
      const pc = new RTCPeerConnection()
      pcs.push(pc)
      const found: string[] = []
      pc.onicecandidate = ({ candidate }) => candidate && found.push(candidate.candidate)
      for (const track of stream.getTracks()) {
        pc.addTransceiver(track, { direction: 'sendonly', streams: [stream] })
      }
      await pc.setLocalDescription()
      const answer = await send('POST', url, secret, 'application/sdp', pc.localDescription?.sdp)
      if (answer.status !== 201) return { status: answer.status, text: await answer.text() }
      await pc.setRemoteDescription({ type: 'answer', sdp: await answer.text() })
      const location = new URL(answer.headers.get('Location') ?? '', url).href
      const etag = answer.headers.get('ETag') ?? ''
      const type = 'application/trickle-ice-sdpfrag'
      const trickled = await send('PATCH', location, secret, type, fragment(pc, found))
      return { status: 201, location, etag, trickled: trickled.status, number: pcs.length - 1 }
    },
    /** New credentials for the same stream; answers how that went, and the new entity tag. */
    async restart(number: number, location: string, secret: string, etag: string) {
      const pc = pcs[number]
      if (!pc) throw new Error('there is no such stream')
      await pc.setLocalDescription(await pc.createOffer({ iceRestart: true }))
      const answer = await fetch(location, {
        method: 'PATCH',
        headers: {
          Authorization: `Bearer ${secret}`,
          'Content-Type': 'application/trickle-ice-sdpfrag',
          'If-Match': etag,
        },
        body: fragment(pc, []),
      })
      return { status: answer.status, etag: answer.headers.get('ETag'), text: await answer.text() }
    },
    whipState: (number: number) => pcs[number]?.connectionState,
  })
}

const CREDENTIALS = `a=ice-ufrag:abcd\r\na=ice-pwd:${'x'.repeat(24)}\r\n`

type Whipped = {
  status: number
  text?: string
  location: string
  etag: string
  trickled: number
  number: number
}
type WhipWindow = {
  whip(url: string, secret: string): Promise<Whipped>
  restart(
    number: number,
    location: string,
    secret: string,
    etag: string,
  ): Promise<{ status: number; etag: string | null; text: string }>
  whipState(number: number): string | undefined
}

describe.each(galenes())('a device publishes by WHIP on %s', (galene) => {
  let browser: Browser
  let world: World
  let alice: Client
  let bob: Client
  let mallory: Client
  let viewer: Person
  let device: Page
  let made: NewWhipKey

  const door = () => `${world.pyrite.url}/whip/general`
  const newKey = async (name: string) =>
    (await alice.send('POST', KEYS, { name })).body as NewWhipKey
  const keys = async () => ((await alice.send('GET', KEYS)).body as WhipKeyList).keys
  const publish = (secret: string): Promise<Whipped> =>
    device.evaluate(([url, key]) => (window as unknown as WhipWindow).whip(url, key), [
      door(),
      secret,
    ] as const)
  const sees = async (name: string) => {
    const first = await soon(() => viewer.run('stream', name, 'camera'))
    return soon(async () => {
      const shown = await viewer.run('stream', name, 'camera')
      expect(shown.frames).toBeGreaterThan(first.frames + 5)
      return shown
    })
  }
  const seesNothing = () => soon(async () => expect(await viewer.run('streamCount')).toBe(0))
  const ask = (method: string, url: string, headers: Record<string, string>, body?: string) =>
    fetch(url, { method, headers, ...(body !== undefined && { body }) })
  const withKey = (secret: string, more: Record<string, string> = {}) => ({
    authorization: `Bearer ${secret}`,
    ...more,
  })

  beforeAll(async () => {
    browser = await openChromium()
    world = await createWorld(browser, { galene })
    ;[alice, bob, mallory] = (await Promise.all(
      (['alice', 'bob', 'mallory'] as const).map(world.pyrite.signIn),
    )) as [Client, Client, Client]
    viewer = await world.join('bob', null)
    // A page of another origin, with no cookie of ours, and with other rules than our pages have.
    const context = await browser.newContext({ bypassCSP: true })
    device = await context.newPage()
    await device.goto(`${world.pyrite.url.replace('127.0.0.1', 'localhost')}/healthz`)
    await device.evaluate(installWhip)
    made = await newKey('Roof camera')
  }, START)
  afterAll(async () => {
    await browser.close()
    await world.stop()
  })

  it('moderators make keys; each is shown once, and only its hash is stored [WHIP-1]', async () => {
    expect(made).toEqual({
      key: {
        id: expect.any(String),
        name: 'Roof camera',
        createdBy: alice.user.id,
        createdAt: expect.any(String),
        publishing: null,
      },
      secret: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      path: '/whip/general',
    })
    expect(await keys()).toEqual([made.key])
    const stored = await world.pyrite.database.db.selectFrom('whipKeys').selectAll().execute()
    expect(JSON.stringify(stored)).not.toContain(made.secret)
    for (const [who, status] of [
      [bob, 403],
      [mallory, 404],
    ] as const) {
      expect((await who.send('GET', KEYS)).status).toBe(status)
      expect((await who.send('POST', KEYS, { name: 'Mine' })).status).toBe(status)
      expect((await who.send('DELETE', `${KEYS}/${made.key.id}`)).status).toBe(status)
    }
    for (const name of ['', ' ', 'a/b', '<b>', 'x'.repeat(41)]) {
      expect((await alice.send('POST', KEYS, { name })).status).toBe(400)
    }
  })

  it('opens for a good key of this channel only [WHIP-2]', async () => {
    await alice.send('POST', '/api/channels', { name: 'Attic', slug: 'attic' })
    const offer = { 'content-type': 'application/sdp' }
    const statusOf = async (headers: Record<string, string>, url = door()) =>
      (await ask('POST', url, { ...headers, ...offer }, 'v=0')).status
    expect(await statusOf({})).toBe(401)
    expect(await statusOf({ authorization: 'Basic YTpi' })).toBe(401)
    expect(await statusOf(withKey('A'.repeat(43)))).toBe(401)
    expect(await statusOf({ cookie: alice.cookie })).toBe(401)
    const attic = `${world.pyrite.url}/whip/attic`
    expect(await statusOf(withKey(made.secret), attic)).toBe(401)
    expect(await statusOf(withKey(made.secret), `${world.pyrite.url}/whip/nowhere`)).toBe(401)
  })

  it('takes offers and fragments of the right type and size only [WHIP-3]', async () => {
    const { secret } = made
    const type = (name: string) => withKey(secret, { 'content-type': name })
    expect((await ask('POST', door(), type('application/json'), '{}')).status).toBe(415)
    const large = await ask('POST', door(), type('application/sdp'), 'x'.repeat(200_000))
    expect(large.status).toBe(413)
    expect((await ask('POST', door(), type('application/sdp'), 'v=nonsense')).status).toBe(400)
    expect((await ask('GET', door(), withKey(secret))).status).toBe(405)
    const preflight = await ask('OPTIONS', door(), { origin: 'https://studio.example' })
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([
      204,
      '*',
    ])
    expect((await ask('OPTIONS', door(), withKey(secret))).status).toBe(204)
    expect((await ask('OPTIONS', door(), withKey('A'.repeat(43)))).status).toBe(401)
  })

  /** Another state than the one that is meant is refused; new credentials are taken, and make a new state. */
  const restarts = async (published: Whipped) => {
    const stale = await ask(
      'PATCH',
      published.location,
      withKey(made.secret, {
        'content-type': 'application/trickle-ice-sdpfrag',
        'if-match': '"stale"',
      }),
      CREDENTIALS,
    )
    expect(stale.status).toBe(412)
    const type = { 'content-type': 'application/trickle-ice-sdpfrag' }
    const half = 'a=ice-ufrag:x\r\na=ice-pwd:y\r\n'
    for (const text of ['', 'junk', 'a=candidate:junk\r\n', half, '\0'.repeat(1_000)]) {
      const answer = await ask('PATCH', published.location, withKey(made.secret, type), text)
      expect([text, answer.status, answer.headers.get('etag')]).toEqual([text, 400, null])
      expect(await answer.json()).toMatchObject({ error: { code: 'malformed' } })
    }
    const restarted = await device.evaluate(
      ([number, location, key, etag]) =>
        (window as unknown as WhipWindow).restart(number, location, key, etag),
      [published.number, published.location, made.secret, published.etag] as const,
    )
    expect(restarted).toMatchObject({ status: 200, text: expect.stringContaining('a=ice-ufrag') })
    expect(restarted.etag).not.toBe(published.etag)
  }

  it('shows the device to the others in the call, under its own name [WHIP-4]', {
    timeout: 30_000,
  }, async () => {
    const published = await publish(made.secret)
    expect(published).toMatchObject({ status: 201, trickled: 204 })
    expect(published.location).toMatch(/\/whip\/general\/[A-Za-z0-9_-]+$/)
    const shown = await sees('Roof camera (stream)')
    expect(shown.kinds.sort()).toEqual(['audio', 'video'])
    expect((await keys())[0]?.publishing).toMatch(/^\d{4}-/)

    // Before 1.0 Galene gives no entity tag, and restarts nothing.
    if (published.etag !== '') await restarts(published)
    const other = await newKey('Other')
    expect((await ask('DELETE', published.location, withKey(other.secret))).status).toBe(404)
    expect((await ask('DELETE', published.location, {})).status).toBe(401)
    expect((await ask('DELETE', published.location, withKey(made.secret))).status).toBe(200)
    await seesNothing()
    expect((await ask('DELETE', published.location, withKey(made.secret))).status).toBe(404)
    expect((await keys())[0]?.publishing).toBeNull()
  })

  it('publishes once for each key: the newest stream takes the place of the one before [WHIP-5]', {
    timeout: 30_000,
  }, async () => {
    const first = await publish(made.secret)
    await sees('Roof camera (stream)')
    const second = await publish(made.secret)
    expect(second.status).toBe(201)
    await soon(async () => expect(await viewer.run('streamCount')).toBe(1))
    await sees('Roof camera (stream)')
    expect((await ask('DELETE', first.location, withKey(made.secret))).status).toBe(404)
    expect((await ask('DELETE', second.location, withKey(made.secret))).status).toBe(200)
    await seesNothing()
  })

  it('ends within a second when its key is revoked, and comes back by no old token [WHIP-6]', {
    timeout: 30_000,
  }, async () => {
    const key = await newKey('Stage')
    const published = await publish(key.secret)
    await sees('Stage (stream)')
    const before = performance.now()
    expect((await alice.send('DELETE', `${KEYS}/${key.key.id}`)).status).toBe(200)
    await seesNothing()
    expect(performance.now() - before).toBeLessThan(1_000)
    expect((await publish(key.secret)).status).toBe(401)
    expect((await ask('DELETE', published.location, withKey(key.secret))).status).toBe(401)
  })

  it('stands for the person who made the key: it ends with their place in the channel [WHIP-7]', {
    timeout: 30_000,
  }, async () => {
    await alice.send('PUT', `/api/channels/general/members/${bob.user.id}`, { role: 'moderator' })
    const bobs = (await bob.send('POST', KEYS, { name: 'Bobs' })).body as NewWhipKey
    const alicesEye = await world.join('alice', null)
    viewer = alicesEye
    expect((await publish(bobs.secret)).status).toBe(201)
    await sees('Bobs (stream)')
    const before = performance.now()
    await alice.send('PUT', `/api/channels/general/members/${bob.user.id}`, { role: 'listener' })
    await seesNothing()
    expect(performance.now() - before).toBeLessThan(1_000)
    const refused = await publish(bobs.secret)
    expect(refused.status).toBe(403)
    expect(refused.text).toContain('whip.refused')
    await alice.send('PUT', `/api/channels/general/members/${bob.user.id}`, { role: 'member' })
    expect((await publish(bobs.secret)).status).toBe(201)
    await sees('Bobs (stream)')
    const moderate = async (kind: string) => {
      const act = { kind, userId: bob.user.id, seconds: 600, reason: 'Enough' }
      const answer = await alice.send('POST', '/api/channels/general/moderation', act)
      expect(answer.status).toBe(201)
      await seesNothing()
      expect((await publish(bobs.secret)).status).toBe(403)
      return (answer.body as { id: string }).id
    }
    const timeout = await moderate('timeout')
    await alice.send('DELETE', `/api/channels/general/moderation/${timeout}`)
    expect((await publish(bobs.secret)).status).toBe(201)
    await sees('Bobs (stream)')
    await moderate('ban')
  })
})
