import { createServer, request as httpRequest, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { addressFindings } from '../../lib/app/doctor-address.ts'
import { hostCandidates, isOnlyInside, isPrivateAddress } from '../../lib/app/doctor-network.ts'
import type { Config } from '../../lib/platform/config/schema.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'

describe('the doctor and our own address', () => {
  let pyrite: Pyrite
  const servers: ReturnType<typeof createServer>[] = []
  beforeAll(async () => {
    pyrite = await startPyrite()
  })
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections()
  })
  afterAll(() => pyrite.stop())
  const codes = async (server: Partial<Config['server']>, origin?: string) => {
    const config = { ...pyrite.config, server: { ...pyrite.config.server, ...server } }
    return (await addressFindings(config, origin)).map(({ code }) => code)
  }
  const listening = async (listener: RequestListener) => {
    const server = createServer(listener)
    servers.push(server)
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  it('is well where Pyrite answers there, WebSockets too', async () => {
    expect(await codes({ public_url: pyrite.url })).toEqual(['public-url'])
  })

  it('says that a proxy carries no WebSockets', async () => {
    const proxy = await listening((request, response) => {
      httpRequest(`${pyrite.url}${request.url}`, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers)
        answer.pipe(response)
      }).end()
    })
    expect(await codes({ public_url: proxy })).toEqual(['proxy-no-websocket'])
  })

  it('says that something else answers, or nothing', async () => {
    const other = await listening((_request, response) => response.end('hello'))
    expect(await codes({ public_url: other })).toEqual(['public-url-elsewhere'])
    expect(await codes({ public_url: 'http://127.0.0.1:9' })).toEqual(['public-url-unreachable'])
  })

  it('says that browsers allow no calls without TLS, and that an open server needs its address', async () => {
    expect(await codes({ public_url: 'http://nobody.invalid' })).toContain('public-url-plain')
    expect(await codes({ host: '0.0.0.0' })).toEqual(['public-url-empty'])
    expect(await codes({ host: '0.0.0.0' }, 'http://192.0.2.1:8080')).toEqual([
      ...['public-url-empty', 'public-url-plain'],
    ])
  })

  it('says that the page came from elsewhere', async () => {
    const there = { public_url: pyrite.url, allowed_origins: ['https://intranet.example.org'] }
    expect(await codes(there, 'https://elsewhere.example.org')).toContain('origin-differs')
    expect(await codes(there, 'https://intranet.example.org')).toEqual(['public-url'])
  })
})

describe('addresses', () => {
  it.each([
    ['10.1.2.3', true],
    ['172.31.255.255', true],
    ['172.32.0.1', false],
    ['100.64.0.1', true],
    ['192.0.2.1', false],
    ['fd12::1', true],
    ['fe80::1', true],
    ['2001:db8::1', false],
    ['turn.example.org', false],
  ])('%s is private: %s', (address, isPrivate) => {
    expect(isPrivateAddress(address)).toBe(isPrivate)
  })

  it('of a relay are of use where its server is in the same network', () => {
    expect(isOnlyInside('10.0.0.9', '192.0.2.1')).toBe(true)
    expect(isOnlyInside('10.0.0.9', '10.0.0.1')).toBe(false)
    expect(isOnlyInside('192.0.2.9', '192.0.2.1')).toBe(false)
  })

  it('of this machine are told without those that nobody else can use', () => {
    const entry = (address: string, internal = false) =>
      ({ address, internal }) as NonNullable<
        ReturnType<typeof import('node:os').networkInterfaces>['x']
      >[0]
    const own = hostCandidates({
      lo: [entry('127.0.0.1', true)],
      eth0: [entry('192.168.1.2'), entry('fe80::2'), entry('2001:db8::2')],
    })
    expect(own).toEqual([
      { type: 'host', address: '192.168.1.2', isPrivate: true },
      { type: 'host', address: '2001:db8::2', isPrivate: false },
    ])
  })
})
