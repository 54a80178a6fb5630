import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createDoctor } from '../../lib/app/doctor.ts'
import { loadConfig } from '../../lib/platform/config/load.ts'
import type { Config } from '../../lib/platform/config/schema.ts'
import { createLog } from '../../lib/platform/log.ts'
import type { CallsReport, Examination } from '../../lib/protocol/admin.ts'
import { createIceServers } from '../../lib/sfu/builtin/ice.ts'
import { createIceFile, iceServersText } from '../../lib/sfu/galene/ice-file.ts'
import { parseIceUrl } from '../../lib/sfu/ice/ice-url.ts'
import { tryIceServer } from '../../lib/sfu/ice/stun-client.ts'
import { type Coturn, startCoturn, TURN_SECRET, turnserver } from '../support/coturn.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'
import { galenes } from '../support/sfu.ts'

let coturn: Coturn
beforeAll(async () => {
  if (turnserver) coturn = await startCoturn()
}, 20_000)
afterAll(() => coturn?.stop())

const urlsOf = ({ port, tlsPort }: Coturn) => [
  ...[`stun:127.0.0.1:${port}`, `turn:127.0.0.1:${port}?transport=udp`],
  ...[`turn:127.0.0.1:${port}?transport=tcp`, `turns:localhost:${tlsPort}?transport=tcp`],
]

const codes = ({ findings }: Examination) => findings.map(({ code }) => code)

const checked = async (pyrite: Pyrite): Promise<Examination> => {
  const alice = await pyrite.signIn('alice')
  const { body } = await alice.send('POST', '/api/admin/calls/check', {})
  return (body as CallsReport).examination as Examination
}

describe.runIf(turnserver).each(galenes())('a real coturn and %s', (galene) => {
  let pyrite: Pyrite | undefined
  afterEach(async () => {
    await pyrite?.stop()
    pyrite = undefined
  })
  const start = async (fields: Partial<Config['galene']>) => {
    const settings = { galene: { ice_urls: urlsOf(coturn), ...fields } }
    pyrite = await startPyrite({ sfu: { galene }, settings })
    return pyrite
  }

  it.each([
    ['that Galene makes from the secret', 86_400],
    ['that Pyrite makes', 3_600],
  ])('relays for a browser with passwords %s, over UDP, TCP and TLS', async (_who, ttl) => {
    const running = await start({ ice_secret: TURN_SECRET, ice_ttl_seconds: ttl })
    const doctor = createDoctor({
      ...{ config: running.config, now: () => new Date(), ca: coturn.ca },
      sfuUrl: () => running.app.sfu.origin().url,
      ...{ isSfuHere: true, isBuiltin: false },
      groups: async () => [],
      iceFileProblem: () => undefined,
    })
    const examination = await doctor.examine()
    expect(examination.iceServers).toMatchObject(
      urlsOf(coturn).map((url) => ({ url, ok: true, says: expect.stringContaining('127.0.0.1') })),
    )
    expect(codes(examination)).toEqual(expect.arrayContaining(['join', 'ice']))
    expect(codes(examination).filter((code) => code.startsWith('ice-'))).toEqual([])
  })

  it('is told apart when the secret is wrong, and when nobody knows its certificate', async () => {
    const examination = await checked(await start({ ice_secret: 'another' }))
    expect(codes(examination).filter((code) => code.startsWith('ice-'))).toEqual([
      ...['ice-wrong-secret', 'ice-wrong-secret', 'ice-certificate'],
    ])
    expect(JSON.stringify(examination)).not.toContain('another')
  })

  it('is left out while it has no secret, and calls go on', async () => {
    const examination = await checked(await start({}))
    expect(codes(examination)).toEqual(
      expect.arrayContaining(['join', 'ice-no-secret', 'ice-none', 'ice-not-given']),
    )
  })
})

describe('the file with ICE servers', () => {
  let folder: string
  let path: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pyrite-ice-'))
    path = join(folder, 'ice-servers.json')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))
  const log = createLog('silent')
  const galene = (fields: Partial<Config['galene']> = {}): Config['galene'] => ({
    ...loadConfig('nowhere.toml').galene,
    ice_urls: ['stun:turn.example.org', 'turn:turn.example.org'],
    ice_secret: TURN_SECRET,
    ...fields,
  })
  const kept = (fields: Partial<Config['galene']> = {}, now = () => new Date()) =>
    createIceFile({ config: galene(fields), path, now, log })
  const read = async () => JSON.parse(await readFile(path, 'utf8'))

  it('names the secret for Galene to make passwords from', async () => {
    const file = kept()
    await file.start()
    expect(file.problem()).toBeUndefined()
    expect(await read()).toMatchObject([
      { urls: ['stun:turn.example.org'] },
      {
        ...{ urls: ['turn:turn.example.org'], username: 'pyrite' },
        ...{ credential: TURN_SECRET, credentialType: 'hmac-sha1' },
      },
    ])
    file.stop()
  })

  it('holds no secret where Pyrite makes the passwords', async () => {
    const file = kept({ ice_ttl_seconds: 7_200 }, () => new Date(1_000_000_000_000))
    // Good for two hours when it is renewed an hour later, and when Galene gives it five minutes after that.
    await file.start()
    expect(await readFile(path, 'utf8')).not.toContain(TURN_SECRET)
    expect((await read())[1]).toMatchObject({ username: '1000011100:pyrite' })
    file.stop()
  })

  it('is replaced where Pyrite wrote it, with the rights that somebody gave it', async () => {
    await kept().start()
    const { chmod, stat } = await import('node:fs/promises')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await chmod(path, 0o640)
    await kept({ ice_urls: ['stun:other.example.org'] }).start()
    expect(await read()).toMatchObject([{ urls: ['stun:other.example.org'] }])
    expect((await stat(path)).mode & 0o777).toBe(0o640)
  })

  it('is never touched where somebody else wrote it, which is said', async () => {
    const theirs = '[{"urls":["stun:theirs.example.org"]}]'
    for (const text of [theirs, 'not JSON', '{}']) {
      await writeFile(path, text)
      const file = kept()
      await file.start()
      expect(file.problem()).toContain('does not say that Pyrite manages it')
      expect(await readFile(path, 'utf8')).toBe(text)
      file.stop()
    }
  })

  it('is not made where no server is named, and says why it cannot be written', async () => {
    await kept({ ice_urls: [] }).start()
    await expect(readFile(path)).rejects.toThrow()
    const config = galene()
    const file = createIceFile({
      config,
      path: join(folder, 'no/such/file'),
      now: () => new Date(),
      log,
    })
    await file.start()
    expect(file.problem()).toContain('ENOENT')
    file.stop()
  })

  it.runIf(turnserver)(
    'is read by the built-in SFU as Galene reads it, and again when it changes',
    async () => {
      const servers = createIceServers(path, () => new Date(), log)
      expect(servers()).toEqual({})
      const { port } = coturn
      for (const ice_ttl_seconds of [86_400, 3_600]) {
        const text = iceServersText(
          galene({ ice_ttl_seconds, ice_urls: [`turn:127.0.0.1:${port}`] }),
          new Date(),
        )
        await writeFile(`${path}.new`, text)
        await copyFile(`${path}.new`, path)
        const { iceServers } = servers() as {
          iceServers: { urls: string[]; username: string; credential: string }[]
        }
        const [server] = iceServers
        const target = parseIceUrl(server?.urls[0] ?? '')
        if (!server || !target) throw new Error('no server is given')
        const credentials = { username: server.username, password: server.credential }
        expect(await tryIceServer(target, credentials)).toMatchObject({ is: 'answered' })
      }
      await writeFile(path, 'half a fi')
      expect(servers()).toMatchObject({ iceServers: [{}] })
      await rm(path)
      expect(servers()).toEqual({})
    },
  )
})
