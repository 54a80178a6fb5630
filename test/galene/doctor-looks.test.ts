import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDoctor, type DoctorNeeds } from '../../lib/app/doctor.ts'
import { newSigningKey } from '../../lib/app/secrets.ts'
import { loadConfig } from '../../lib/platform/config/load.ts'
import type { Config } from '../../lib/platform/config/schema.ts'
import type { Examination } from '../../lib/protocol/admin.ts'
import { createTokens } from '../../lib/sfu/galene/wire/tokens.ts'
import { fingerprintAt } from '../support/certificates.ts'
import { ADMIN, startGalene, type TestGalene, WITH_ADMIN } from '../support/galene.ts'
import { connectTo, eachSfu, sfusUnderTest, startBridge, type TestBridge } from '../support/sfu.ts'

const doctorOf = (bridge: TestBridge, fields: Partial<DoctorNeeds> = {}) =>
  createDoctor({
    config: bridge.config,
    now: () => new Date(),
    sfuUrl: bridge.sfuUrl,
    isSfuHere: true,
    isBuiltin: false,
    groups: async () => [],
    iceFileProblem: () => undefined,
    ...fields,
  })

const withSfu = (config: Config, fields: Partial<Config['sfu']>): Config => ({
  ...config,
  sfu: { ...config.sfu, ...fields },
})

/** Somebody connected to the call server itself, past the bridge. */
const joined = async ({ sfuUrl, config }: TestBridge, group: string) => {
  const { sign } = createTokens({ config: config.sfu, now: () => new Date() })
  const token = await sign({ username: 'dave', group, role: 'listener', recording: false })
  const person = connectTo(`${sfuUrl()}/ws`)
  await person.opens()
  person.send({ type: 'handshake', version: ['2'], id: `direct-${Date.now()}` })
  person.send({ type: 'join', kind: 'join', group, token, username: 'dave' })
  await person.hears({ type: 'user', kind: 'add', username: 'dave' })
  return person
}

const problems = ({ findings }: Examination) =>
  findings.filter(({ level }) => level === 'problem').map(({ code }) => code)
const codes = ({ findings }: Examination) => findings.map(({ code }) => code)

const ahead = (ms: number) => () => new Date(Date.now() - ms)

eachSfu('the doctor', (sfu) => {
  let bridge: TestBridge
  beforeAll(async () => {
    bridge = await startBridge({ sfu })
  })
  afterAll(() => bridge.stop())

  it('finds no problem where a join works, is seen by nobody, and leaves nothing behind', async () => {
    const alice = await bridge.join('alice')
    const heard = alice.heard.length
    const examination = await doctorOf(bridge).examine()
    expect(problems(examination)).toEqual([])
    expect(codes(examination)).toEqual(expect.arrayContaining(['join', 'clocks', 'groups']))
    expect(alice.heard.slice(heard).filter(({ type }) => type !== 'ping')).toEqual([])
    expect((await readdir(bridge.config.sfu.groups_dir)).sort()).toEqual([
      ...['attic.json', 'garden.json'],
    ])
    alice.socket.close()
  })

  it('joins a channel where Pyrite makes no groups, and people in it hear nothing of that [SFU-13]', async () => {
    const alice = await bridge.join('alice')
    const direct = await joined(bridge, 'garden')
    const heard = alice.heard.length
    const { galene, sfu: settings } = bridge.config
    const config = {
      ...bridge.config,
      galene: { ...galene, sync: 'off' as const },
      sfu: { ...settings, url: bridge.sfuUrl() },
    }
    const idleGroup = async () => 'garden'
    const examination = await doctorOf(bridge, { config, idleGroup }).examine()
    expect(codes(examination)).toContain('join')
    // Who is connected to the call server itself does hear of it, so there was something to leave out.
    await direct.hears({ type: 'user', kind: 'add', username: 'Pyrite doctor' })
    await direct.hears({ type: 'user', kind: 'delete', username: 'Pyrite doctor' })
    const bob = await bridge.join('bob')
    await alice.hears({ type: 'user', kind: 'add', id: bob.id })
    const users = alice.heard.slice(heard).filter(({ type }) => type === 'user')
    expect(users.map(({ username }) => username)).toEqual(['bob'])
    for (const person of [alice, bob, direct]) person.socket.close()
  })

  it('says that browsers are given no TURN server, and where media would be looked for', async () => {
    const examination = await doctorOf(bridge).examine()
    expect(codes(examination)).toContain('ice-none')
    for (const { address } of examination.candidates) expect(address).not.toMatch(/^127\.|^::1$/)
  })

  it('says that only private addresses lead to the media', async () => {
    const config = {
      ...bridge.config,
      builtin: { ...bridge.config.builtin, public_address: '10.1.2.3' },
    }
    const examination = await doctorOf(bridge, { config, isBuiltin: true }).examine()
    expect(codes(examination)).toContain('only-private')
    expect(examination.candidates).toEqual([{ type: 'host', address: '10.1.2.3', isPrivate: true }])
  })

  it('says that the call server reads another folder', async () => {
    const config = withSfu(bridge.config, { groups_dir: bridge.folder })
    expect(problems(await doctorOf(bridge, { config }).examine())).toEqual(['groups-not-shared'])
  })

  it('says that no group can be made, and joins nothing', async () => {
    const config = withSfu(bridge.config, { groups_dir: join(bridge.folder, 'nowhere') })
    expect(problems(await doctorOf(bridge, { config }).examine())).toEqual(['groups-not-written'])
  })

  it('says that clocks are apart, from five seconds on', async () => {
    const apart = await doctorOf(bridge, { now: ahead(-60_000) }).examine()
    expect(problems(apart)).toEqual(['clocks-apart'])
    expect(apart.findings[0]?.what).toMatch(/behind this machine/)
    expect(problems(await doctorOf(bridge, { now: ahead(60_000) }).examine())).toEqual([
      'clocks-apart',
    ])
  })

  it('says that clocks drift apart, while joins still work', async () => {
    const drifting = await doctorOf(bridge, { now: ahead(-3_500) }).examine()
    expect(problems(drifting)).toEqual([])
    expect(codes(drifting)).toEqual(expect.arrayContaining(['clocks-drift', 'join']))
  })
})

describe('the doctor, of what is no call server', () => {
  let bridge: TestBridge
  const servers: ReturnType<typeof createServer>[] = []
  beforeAll(async () => {
    bridge = await startBridge({ sfu: { name: '', galene: undefined } })
  })
  afterAll(async () => {
    for (const server of servers) server.closeAllConnections()
    await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
    await bridge.stop()
  })
  const listening = async (server: ReturnType<typeof createServer>) => {
    servers.push(server)
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const codesAt = async (url: string) =>
    problems(await doctorOf(bridge, { sfuUrl: () => url }).examine())

  it('says once that nobody listens', async () => {
    expect(await codesAt('http://127.0.0.1:9')).toEqual(['sfu-unreachable'])
  })

  it('says that something else answers, whatever it answers', async () => {
    for (const status of [200, 404]) {
      const url = await listening(
        createServer((_request, response) => {
          response.writeHead(status, { connection: 'close' }).end('hello')
        }),
      )
      expect([status, await codesAt(url)]).toEqual([status, ['sfu-no-websocket']])
      const config = { ...bridge.config, sfu: { ...bridge.config.sfu, url } }
      const galene = { ...config.galene, sync: 'api', api_user: 'pyrite' } as const
      const look = doctorOf(bridge, { sfuUrl: () => url, config: { ...config, galene } })
      expect([status, problems(await look.examine())]).toEqual([status, ['sfu-no-websocket']])
    }
  })

  it('says that a proxy in between refuses WebSockets', async () => {
    const server = createServer((_request, response) => response.end('{}'))
    server.on('upgrade', (_request, socket) =>
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n'),
    )
    expect(await codesAt(await listening(server))).toEqual(['sfu-no-websocket'])
  })

  it('says that it was not looked at where it does not run', async () => {
    expect(codes(await doctorOf(bridge, { sfuUrl: () => '' }).examine())).toContain('not-running')
  })
})

describe.each(sfusUnderTest().filter(({ galene }) => galene !== undefined))(
  'the doctor and the host name of $name',
  (sfu) => {
    let bridge: TestBridge
    beforeAll(async () => {
      bridge = await startBridge({ sfu })
      const own = JSON.stringify({ canonicalHost: 'calls.example.org' })
      await writeFile(join(bridge.config.sfu.data_dir, 'config.json'), own)
    })
    afterAll(() => bridge.stop())

    it('says what Galene calls itself, and is content when told', async () => {
      const examination = await doctorOf(bridge).examine()
      expect(problems(examination)).toEqual(['host-name'])
      expect(examination.findings[0]?.what).toContain('calls.example.org')
      const config = withSfu(bridge.config, { token_audience: 'calls.example.org' })
      expect(problems(await doctorOf(bridge, { config }).examine())).toEqual([])
    })
  },
)

const REAL = sfusUnderTest().flatMap(({ name, galene }) => (galene ? [{ name, galene }] : []))

describe.each(REAL)("the doctor and somebody else's $name", ({ galene: binary }) => {
  let galene: TestGalene
  let folder: string
  beforeAll(async () => {
    galene = await startGalene({ binary, config: WITH_ADMIN, tls: 'own' })
    folder = await mkdtemp(join(tmpdir(), 'pyrite-doctor-'))
  })
  afterAll(async () => {
    await galene.end()
    await rm(folder, { recursive: true, force: true })
  })
  const examine = (fields: Partial<Config['galene']>, more: Partial<DoctorNeeds> = {}) => {
    const config = loadConfig(join(folder, 'config.toml'))
    const sfu = { ...config.sfu, url: galene.url, signing_key: newSigningKey() }
    return createDoctor({
      config: { ...config, sfu, galene: { ...config.galene, ...fields } },
      ...{ now: () => new Date(), sfuUrl: () => galene.url, isSfuHere: false, isBuiltin: false },
      groups: async () => [],
      iceFileProblem: () => undefined,
      ...more,
    }).examine()
  }
  const pinned = async () => ({ certificate_sha256: await fingerprintAt(galene.url) })
  const admin = { sync: 'api', api_user: ADMIN.user, api_password: ADMIN.password } as const

  it('says why it does not trust it', async () => {
    const examination = await examine(admin)
    expect(problems(examination)).toEqual(['sfu-certificate'])
    expect(examination.findings[0]?.what).toContain('galene.certificate_sha256')
  })

  it('joins a group that it makes by the admin API, and takes it away again', async () => {
    const examination = await examine({ ...admin, ...(await pinned()) })
    expect(problems(examination)).toEqual([])
    expect(codes(examination)).toContain('join')
    expect(await galene.names()).toEqual([])
  })

  it('says what the admin API refuses', async () => {
    const examination = await examine({ ...admin, api_password: 'wrong', ...(await pinned()) })
    expect(problems(examination)).toEqual(['api-refused'])
    expect(examination.findings[0]?.what).toContain('galene.api_user')
  })

  it('joins a channel that nobody is in where groups are kept by hand, and else says that it did not', async () => {
    const settings = { sync: 'off', ...(await pinned()) } as const
    expect(codes(await examine(settings))).toContain('join-not-tried')
    const key = newSigningKey()
    const sfu = { ...loadConfig('nowhere.toml').sfu, url: galene.url, signing_key: key }
    const { jwk } = createTokens({ config: sfu, now: () => new Date() })
    await galene.write('garden', JSON.stringify({ authKeys: [jwk] }))
    const config = { ...loadConfig('nowhere.toml'), sfu }
    const examination = await examine(settings, {
      config: { ...config, galene: { ...config.galene, ...settings } },
      idleGroup: async () => 'garden',
    })
    expect(codes(examination)).toContain('join')
    expect(problems(examination)).toEqual([])
  })
})
