import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { createDoctor, type DoctorNeeds } from '../../lib/app/doctor.ts'
import { newSigningKey } from '../../lib/app/secrets.ts'
import { loadConfig } from '../../lib/platform/config/load.ts'
import type { Config } from '../../lib/platform/config/schema.ts'
import type { CallsReport, Examination } from '../../lib/protocol/admin.ts'
import { createTokens } from '../../lib/sfu/galene/wire/tokens.ts'
import { type Authority, createAuthority, fingerprintAt } from '../support/certificates.ts'
import { eventually } from '../support/eventually.ts'
import { ADMIN, type GaleneOptions, startGalene, WITH_ADMIN } from '../support/galene.ts'
import { startGate } from '../support/gate.ts'
import { startPyrite } from '../support/pyrite.ts'
import { galenes } from '../support/sfu.ts'

/** People wait for it; so do scripts. */
const LONGEST_MS = 15_000
const ADMIN_WAY = { sync: 'api', api_user: ADMIN.user, api_password: ADMIN.password } as const

type Settings = { sfu?: Partial<Config['sfu']>; galene?: Partial<Config['galene']> }

const configFor = (url: string, { sfu, galene }: Settings): Config => {
  const config = loadConfig('nowhere.toml')
  return {
    ...config,
    sfu: { ...config.sfu, url, signing_key: newSigningKey(), ...sfu },
    galene: { ...config.galene, ...galene },
  }
}
const examine = (url: string, settings: Settings = {}, more: Partial<DoctorNeeds> = {}) =>
  createDoctor({
    config: configFor(url, settings),
    ...{ now: () => new Date(), sfuUrl: () => url, isSfuHere: false, isBuiltin: false },
    ...{ groups: async () => [], iceFileProblem: () => undefined },
    ...more,
  }).examine()
const problems = ({ findings }: Examination) =>
  findings.filter(({ level }) => level === 'problem').map(({ code }) => code)
const codes = ({ findings }: Examination) => findings.map(({ code }) => code)
const said = ({ findings }: Examination, code: string) =>
  findings.find((finding) => finding.code === code)?.what

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

describe.each(galenes())('what goes wrong with %s, and what the doctor says', (binary) => {
  const start = async (options: Omit<GaleneOptions, 'binary'> = {}) => {
    const galene = await startGalene({ binary, ...options })
    ends.push(galene.end)
    return galene
  }
  const byFiles = ({ groups }: { groups: string }) => ({ sfu: { groups_dir: groups } })

  it('a Galene that hangs: it does not answer, and nobody waits long for that', async () => {
    const galene = await start({ config: WITH_ADMIN })
    galene.signal('SIGSTOP')
    for (const settings of [byFiles(galene), { galene: ADMIN_WAY }]) {
      const examination = await examine(galene.url, settings)
      expect(problems(examination)).toEqual(['sfu-unreachable'])
      expect(said(examination, 'sfu-unreachable')).toMatch(/no answer within|longer than/)
      expect(examination.tookMs).toBeLessThan(LONGEST_MS)
    }
  }, 40_000)

  it('a Galene that hangs at the join', async () => {
    const galene = await start()
    const gate = await startGate(galene.url)
    ends.push(gate.stop)
    ends.push(() => galene.signal('SIGCONT'))
    gate.before(async (_request, response) => {
      response.once('finish', () => galene.signal('SIGSTOP'))
    })
    const examination = await examine(gate.url, byFiles(galene))
    expect(problems(examination)).toEqual(['join-silent'])
    expect(examination.tookMs).toBeLessThan(LONGEST_MS)
  }, 40_000)

  it('a Galene that answers everything slowly: nobody waits long', async () => {
    const galene = await start({ config: WITH_ADMIN })
    const gate = await startGate(galene.url)
    ends.push(gate.stop)
    gate.before(() => new Promise((done) => setTimeout(done, 2_900)))
    const examination = await examine(gate.url, { galene: ADMIN_WAY })
    expect(problems(examination)).toEqual(['sfu-unreachable'])
    expect(said(examination, 'sfu-unreachable')).toContain('longer than')
    expect(examination.tookMs).toBeLessThan(LONGEST_MS)
  }, 40_000)

  it('a token with a key that the group does not know', async () => {
    const galene = await start()
    const { jwk } = createTokens({
      config: { ...configFor('', {}).sfu, signing_key: newSigningKey() },
      now: () => new Date(),
    })
    await galene.write('garden', JSON.stringify({ authKeys: [jwk] }))
    const idleGroup = async () => 'garden'
    const examination = await examine(galene.url, { galene: { sync: 'off' } }, { idleGroup })
    expect(problems(examination)).toEqual(['token-refused'])
  })

  it('a slip in its config.json', async () => {
    const galene = await start()
    await galene.setConfigText('{ "users": ')
    const examination = await examine(galene.url, byFiles(galene))
    const isOld = !(await readFile(binary)).includes('allowOrigin')
    expect(problems(examination)).toEqual([isOld ? 'sfu-no-websocket' : 'group-unreadable'])
    expect(examination.findings[0]).toMatchObject({
      what: expect.stringContaining('500'),
      fix: expect.stringContaining("Galene's log"),
    })
  })

  it('a version that Pyrite is not tested with', async () => {
    const galene = await start()
    const isSupported = (await readFile(binary)).includes('allowOrigin')
    const examination = await examine(galene.url, byFiles(galene))
    expect(codes(examination).includes('sfu-unsupported')).toBe(!isSupported)
  })

  it('another address than loopback, without TLS', async () => {
    const galene = await start({ within: { there: '127.0.0.2', through: [] } })
    const examination = await examine(galene.url, byFiles(galene))
    expect(codes(examination)).toContain('sfu-plain-http')
    expect(problems(examination)).toEqual([])
  })

  it('http where it speaks https, and https where it speaks http', async () => {
    const [plain, secure] = [await start(), await start({ tls: 'own' })]
    const first = await examine(plain.url.replace('http:', 'https:'), byFiles(plain))
    expect(problems(first)).toEqual(['sfu-unreachable'])
    expect(said(first, 'sfu-unreachable')).toContain('write http in sfu.url')
    const second = await examine(secure.url.replace('https:', 'http:'), byFiles(secure))
    expect(problems(second)).toEqual(['sfu-no-websocket'])
    expect(said(second, 'sfu-no-websocket')).toContain('400')
    const third = await examine(secure.url.replace('https:', 'http:'), { galene: ADMIN_WAY })
    expect(problems(third)).toEqual(['sfu-no-websocket'])
  })

  describe('by TLS', () => {
    let authority: Authority
    beforeEach(async () => {
      authority = await createAuthority()
      ends.push(authority.remove)
    })
    const why = async (url: string, galene: Partial<Config['galene']>) => {
      const examination = await examine(url, { galene: { ...ADMIN_WAY, ...galene } })
      expect(problems(examination)).toEqual(['sfu-certificate'])
      return said(examination, 'sfu-certificate')
    }

    it('a certificate that nobody known signed, a wrong pin, another authority, another name', async () => {
      const { url } = await start({ tls: 'own', config: WITH_ADMIN })
      expect(await why(url, {})).toContain('galene.certificate_sha256')
      const shown = (await fingerprintAt(url)).replaceAll(':', '').toLowerCase()
      expect(await why(url, { certificate_sha256: '00'.repeat(32) })).toContain(shown)
      expect(await why(url, { ca_file: authority.file })).toContain('certificate')
      const other = await start({ tls: await authority.sign('DNS:galene.example.org') })
      expect(await why(other.url, { ca_file: authority.file })).toContain('another host name')
    })

    it('a certificate that has expired, pinned or not', async () => {
      const { url } = await start({ tls: await authority.sign('IP:127.0.0.1', -1) })
      expect(await why(url, { ca_file: authority.file })).toContain('has expired')
      const certificate_sha256 = await fingerprintAt(url)
      expect(await why(url, { certificate_sha256 })).toContain('has expired')
    })
  })

  it('channels that cannot be brought in step', async () => {
    const { url } = await start({ config: WITH_ADMIN })
    const wrong = { ...ADMIN_WAY, api_password: 'wrong' }
    const pyrite = await startPyrite({ settings: { sfu: { url }, galene: wrong } })
    ends.push(() => pyrite.stop())
    await eventually(() => expect(pyrite.app.sfu.syncState('general').state).toBe('failed'))
    const alice = await pyrite.signIn('alice')
    const { body } = await alice.send('POST', '/api/admin/calls/check', {})
    const { examination } = body as CallsReport
    if (!examination) throw new Error('nothing was looked at')
    expect(problems(examination)).toEqual(['api-refused', 'group-failed'])
    for (const code of ['api-refused', 'group-failed']) {
      expect(said(examination, code)).toContain('galene.api_user')
    }
  })
})

describe('the doctor, of a server of another age', () => {
  it('says that it speaks another version of the protocol', async () => {
    const server = createServer((_request, response) => response.end('{}'))
    const sockets = new WebSocketServer({ server })
    sockets.on('connection', (socket) => {
      socket.on('message', () => socket.send('{"type":"handshake","version":["1"]}'))
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    ends.push(() => {
      for (const client of sockets.clients) client.terminate()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const idleGroup = async () => 'garden'
    const url = `http://127.0.0.1:${port}`
    const examination = await examine(url, { galene: { sync: 'off' } }, { idleGroup })
    expect(problems(examination)).toEqual(['sfu-old'])
  })
})
