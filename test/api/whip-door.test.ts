import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NewWhipKey } from '../../lib/protocol/recordings.ts'
import type { Client } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'

const OFFER = { 'content-type': 'application/sdp' }

describe('the door for devices, while the call server is away', () => {
  let pyrite: Pyrite
  let alice: Client
  let secret: string
  beforeAll(async () => {
    pyrite = await startPyrite()
    alice = await pyrite.signIn('alice')
    const made = await alice.send('POST', '/api/channels/general/whip-keys', { name: 'OBS' })
    ;({ secret } = made.body as NewWhipKey)
  })
  afterAll(() => pyrite.stop())

  const bearer = () => ({ authorization: `Bearer ${secret}` })
  const publish = () =>
    fetch(`${pyrite.url}/whip/general`, {
      method: 'POST',
      headers: { ...bearer(), ...OFFER },
      body: 'v=0',
    })
  const isUp = async () => expect((await fetch(`${pyrite.url}/healthz`)).status).toBe(200)

  it('says that nobody answers [WHIP-3]', async () => {
    const answer = await publish()
    expect(answer.status).toBe(502)
    expect(await answer.json()).toMatchObject({ error: { code: 'calls.no-answer' } })
    // An entity tag would be one of the stream that was asked for.
    expect(answer.headers.get('etag')).toBeNull()
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  })

  it('tells a device without a good key what it lacks, and reads nothing of it [WHIP-2] [WHIP-3]', async () => {
    const answer = await fetch(`${pyrite.url}/whip/general`, {
      method: 'POST',
      headers: OFFER,
      body: 'x'.repeat(1_000_000),
    })
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    const good = await publish()
    expect(good.headers.get('www-authenticate')).toBeNull()
  })

  it.each([
    ['/whip/general', ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH'], 'OPTIONS, POST'],
    ['/whip/general/x', ['GET', 'HEAD', 'PUT', 'POST'], 'OPTIONS, PATCH, DELETE'],
  ])(
    '%s refuses the methods that WHIP keeps for later [WHIP-3]',
    async (path, methods, allowed) => {
      for (const method of methods) {
        const answer = await fetch(`${pyrite.url}${path}`, { method, headers: bearer() })
        expect([method, answer.status, answer.headers.get('allow')]).toEqual([method, 405, allowed])
      }
    },
  )

  it('lets no signed-in page act for its person, and sets no cookie', async () => {
    const { cookie } = alice
    const headers = { ...OFFER, cookie, origin: 'https://evil.example' }
    const answer = await fetch(`${pyrite.url}/whip/general`, {
      method: 'POST',
      headers,
      body: 'v=0',
    })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('set-cookie')).toBeNull()
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
  })

  it('outlives devices that hang up at any point', async () => {
    const { port } = new URL(pyrite.url)
    const head = `POST /whip/general HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${secret}\r\ncontent-type: application/sdp\r\ncontent-length: 100\r\n`
    const texts = [
      head.slice(0, 40),
      head,
      `${head}\r\n`,
      `${head}\r\nv=0`,
      `${head}\r\n${'x'.repeat(100)}`,
    ]
    await Promise.all(
      texts.flatMap((text) =>
        Array.from({ length: 4 }, () => {
          const socket = connect(Number(port), '127.0.0.1')
          socket.on('error', () => undefined)
          return new Promise<void>((done) => {
            socket.write(text, () => {
              socket.resetAndDestroy()
              done()
            })
          })
        }),
      ),
    )
    await isUp()
    await eventually(async () => expect([429, 502]).toContain((await publish()).status))
    expect(pyrite.logLines.join('')).not.toContain('a bug was met')
  })

  it('writes no key into the log', () => {
    expect(pyrite.logLines.join('')).not.toContain(secret)
  })
})
