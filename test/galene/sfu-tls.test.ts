import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Config } from '../../lib/platform/config/schema.ts'
import { type Authority, createAuthority, fingerprintAt } from '../support/certificates.ts'
import { eventually } from '../support/eventually.ts'
import { ADMIN, startGalene, type TestGalene, WITH_ADMIN } from '../support/galene.ts'
import { galenes, startBridge, type TestBridge } from '../support/sfu.ts'

const LOCAL = 'IP:127.0.0.1'

describe.each(galenes())('TLS to %s', (binary) => {
  let authority: Authority
  let foreign: Authority
  let galene: TestGalene
  let bridge: TestBridge | undefined
  beforeAll(async () => {
    authority = await createAuthority()
    foreign = await createAuthority()
  })
  afterEach(async () => {
    await bridge?.stop()
    bridge = undefined
    await galene.end()
  })
  afterAll(() => Promise.all([authority.remove(), foreign.remove()]))

  const start = async (pairing: Partial<Config['galene']>) => {
    bridge = await startBridge({
      url: galene.url,
      settings: { groups_dir: galene.groups },
      galene: pairing,
    })
    return bridge
  }
  const isRefused = async (pairing: Partial<Config['galene']>, problem: RegExp) => {
    const { health, stop, open } = await start(pairing)
    bridge = undefined
    expect(health()).toMatchObject({
      reachable: false,
      problem: expect.stringMatching(problem),
    })
    expect(await open('bob').isClosed()).toMatchObject({ code: 1013 })
    await stop()
  }
  const talks = async () => {
    const { join } = bridge as TestBridge
    const bob = await join('bob')
    const carol = await join('carol')
    expect([bob.joined.kind, carol.joined.kind]).toEqual(['join', 'join'])
    for (const length of [1, 700_000]) {
      const value = 'x'.repeat(length)
      bob.send({ type: 'usermessage', kind: 'info', dest: carol.id, value })
      await carol.hears({ type: 'usermessage', value })
    }
  }

  it('asked by plain HTTP, the admin API says what is wrong', async () => {
    galene = await startGalene({ binary, config: WITH_ADMIN, tls: 'own' })
    const plain = galene.url.replace('https:', 'http:')
    bridge = await startBridge({
      url: plain,
      galene: { sync: 'api', api_user: ADMIN.user, api_password: ADMIN.password },
    })
    await eventually(() =>
      expect(bridge?.sfu.syncState('garden').reason).toContain('write https in sfu.url'),
    )
  })

  it('a certificate that Galene made for itself is taken where it is pinned, and carries a call', async () => {
    galene = await startGalene({ binary, tls: 'own' })
    await start({ certificate_sha256: await fingerprintAt(galene.url) })
    expect(bridge?.health()).toMatchObject({ reachable: true })
    await eventually(() =>
      expect(bridge?.sfu.syncState('garden')).toMatchObject({ state: 'in-step' }),
    )
    await talks()
  })

  it('a certificate that is named for an address without TLS keeps Pyrite from starting', async () => {
    galene = await startGalene({ binary })
    const named = { certificate_sha256: 'ab'.repeat(32) }
    await expect(start(named)).rejects.toThrow(/for an https sfu.url/)
    await expect(start({ ca_file: '/etc/hosts' })).rejects.toThrow(/for an https sfu.url/)
  })

  it('one that is not pinned, is pinned wrongly, or is another after a restart is refused, and said', async () => {
    galene = await startGalene({ binary, tls: 'own' })
    const first = await fingerprintAt(galene.url)
    const shown = first.replaceAll(':', '').toLowerCase()
    await isRefused({}, /signed its certificate itself/)
    await isRefused({ certificate_sha256: 'ab'.repeat(32) }, new RegExp(`another.*${shown}$`))
    await galene.stop()
    await galene.start()
    await isRefused({ certificate_sha256: first }, /shows another certificate/)
  })

  it('one of a named authority is taken, for the API as well', async () => {
    const tls = await authority.sign(LOCAL)
    galene = await startGalene({ binary, tls, config: WITH_ADMIN })
    const { user: api_user, password: api_password } = ADMIN
    await start({ sync: 'api', api_user, api_password, ca_file: authority.file })
    expect(bridge?.sfu.syncState('garden')).toMatchObject({
      state: expect.not.stringMatching('failed'),
    })
    await talks()
    expect(await galene.names()).toEqual(['attic', 'garden'])
  })

  it('one of a foreign authority, of none that is known, or for another host is refused, and said', async () => {
    galene = await startGalene({ binary, tls: await authority.sign(LOCAL) })
    await isRefused(
      { ca_file: foreign.file },
      /from an authority that galene.ca_file does not hold/,
    )
    await isRefused({}, /from an authority/)
    await galene.end()
    galene = await startGalene({ binary, tls: await authority.sign('DNS:elsewhere.example') })
    await isRefused({ ca_file: authority.file }, /for another host name/)
  })

  it('one that has expired is refused, pinned or signed', async () => {
    galene = await startGalene({ binary, tls: await authority.sign(LOCAL, -1) })
    const certificate_sha256 = await fingerprintAt(galene.url)
    await isRefused({ ca_file: authority.file }, /has expired/)
    await isRefused({ certificate_sha256 }, /has expired/)
    await isRefused({ certificate_sha256, ca_file: authority.file }, /has expired/)
  })

  it('a pin and an authority must both be right where both are named', async () => {
    galene = await startGalene({ binary, tls: await authority.sign('DNS:elsewhere.example') })
    const certificate_sha256 = await fingerprintAt(galene.url)
    await isRefused({ certificate_sha256, ca_file: foreign.file }, /from an authority/)
    await start({ certificate_sha256, ca_file: authority.file })
    await talks()
  })
})

describe('before a certificate is known to be right', () => {
  it('not a byte is sent, and no password', async () => {
    const authority = await createAuthority()
    const { certificate: cert, key } = await authority.sign(LOCAL)
    const heard: string[] = []
    let connections = 0
    const server = createServer({ cert, key }, (socket) => {
      socket.on('data', (data) => heard.push(String(data)))
      socket.on('error', () => undefined)
    })
    server.on('connection', () => {
      connections += 1
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const bridge = await startBridge({
      url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      galene: { sync: 'api', api_user: 'pyrite', certificate_sha256: 'ab'.repeat(32) },
    })
    await eventually(() => expect(connections).toBeGreaterThan(3))
    expect(bridge.sfu.syncState('garden')).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/shows another certificate/),
    })
    await bridge.stop()
    server.close()
    await authority.remove()
    expect(heard).toEqual([])
  })

  it('a file of authorities that cannot be read, or holds none, stops the start with a sentence', async () => {
    const url = 'https://127.0.0.1:9'
    for (const ca_file of ['/nowhere/ca.pem', import.meta.filename]) {
      const bridge = startBridge({ url, galene: { ca_file } })
      await expect(bridge).rejects.toThrow(/galene.ca_file cannot be read: .*(ENOENT|no certif)/)
    }
  })
})
