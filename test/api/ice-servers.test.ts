import { createSocket } from 'node:dgram'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expiringCredentials } from '../../lib/sfu/ice/credentials.ts'
import { parseIceUrl } from '../../lib/sfu/ice/ice-url.ts'
import { type IceCredentials, tryIceServer } from '../../lib/sfu/ice/stun-client.ts'
import { type Coturn, startCoturn, TURN_SECRET, turnserver } from '../support/coturn.ts'
import { eventually } from '../support/eventually.ts'

const inAnHour = () => new Date(Date.now() + 3_600_000)

const tryUrl = (url: string, credentials?: IceCredentials, ca?: string) => {
  const target = parseIceUrl(url)
  if (!target) throw new Error(`${url} is no address of an ICE server`)
  return tryIceServer(target, credentials, { timeoutMs: 2_000, ...(ca ? { ca } : {}) })
}

describe.runIf(turnserver)('a real coturn', () => {
  let coturn: Coturn
  beforeAll(async () => {
    coturn = await startCoturn()
  }, 20_000)
  afterAll(() => coturn.stop())
  const urls = (): [string, string][] => [
    ['UDP', `turn:127.0.0.1:${coturn.port}`],
    ['TCP', `turn:127.0.0.1:${coturn.port}?transport=tcp`],
    ['TLS', `turns:127.0.0.1:${coturn.tlsPort}`],
  ]

  it('answers a STUN binding with the address it sees', async () => {
    const answer = await tryUrl(`stun:127.0.0.1:${coturn.port}`)
    expect(answer).toMatchObject({ is: 'answered', address: '127.0.0.1' })
  })

  it('relays over UDP, TCP and TLS for credentials made from the shared secret', async () => {
    for (const [name, url] of urls()) {
      const answer = await tryUrl(url, expiringCredentials(TURN_SECRET, inAnHour()), coturn.ca)
      expect([name, answer]).toMatchObject([name, { is: 'answered', relayed: '127.0.0.1' }])
    }
  })

  it('gives back what it was lent', async () => {
    coturn.lines.length = 0
    for (const [, url] of urls()) {
      await tryUrl(url, expiringCredentials(TURN_SECRET, inAnHour()), coturn.ca)
    }
    await eventually(() => {
      const log = coturn.lines.join('')
      // A line about the test before may come late.
      for (const what of [/ALLOCATE processed, success/g, /REFRESH processed, success/g]) {
        expect(log.match(what)?.length).toBeGreaterThanOrEqual(3)
      }
    })
  })

  it('refuses a wrong secret, credentials that ran out, and none at all', async () => {
    const past = new Date(Date.now() - 60_000)
    for (const wrong of [
      expiringCredentials('another secret', inAnHour()),
      expiringCredentials(TURN_SECRET, past),
      undefined,
    ]) {
      for (const [name, url] of urls()) {
        const answer = await tryUrl(url, wrong, coturn.ca)
        expect([name, answer.is]).toEqual([name, 'refused-credentials'])
      }
    }
  })

  it('is not trusted with a certificate that nobody signed', async () => {
    const answer = await tryUrl(`turns:localhost:${coturn.tlsPort}`)
    expect(answer.is).toBe('untrusted')
  })
})

describe('a server that is none', () => {
  it('is unreachable where nobody listens, over UDP, TCP and TLS', async () => {
    for (const url of ['turn:127.0.0.1:9', 'turn:127.0.0.1:9?transport=tcp', 'turns:127.0.0.1:9']) {
      expect([url, (await tryUrl(url)).is]).toEqual([url, 'unreachable'])
    }
    expect((await tryUrl('stun:nobody.invalid')).is).toBe('unreachable')
  })

  it('is silent where what listens answers nothing', async () => {
    const socket = createSocket('udp4')
    await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done))
    const answer = await tryUrl(`stun:127.0.0.1:${socket.address().port}`)
    socket.close()
    expect(answer.is).toBe('silent')
  })

  it('is told apart where it speaks something else', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const answer = await tryUrl(`turn:127.0.0.1:${port}?transport=tcp`)
    server.close()
    expect(answer).toMatchObject({ is: 'unreachable', why: expect.stringContaining('no STUN') })
  })
})
