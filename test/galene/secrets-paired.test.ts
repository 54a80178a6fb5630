import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newSigningKey } from '../../lib/app/secrets.ts'
import type { NewWhipKey } from '../../lib/protocol/recordings.ts'
import { pyriteCommand } from '../support/adopting.ts'
import { eventually } from '../support/eventually.ts'
import { ADMIN, startGalene, type TestGalene, WITH_ADMIN } from '../support/galene.ts'
import { PASSWORD, type Pyrite, startPyrite } from '../support/pyrite.ts'
import { connectTo, galenes } from '../support/sfu.ts'

const SECRETS = {
  signingKey: newSigningKey(),
  apiPassword: ADMIN.password,
  recordingsPassword: 'only for recordings',
  iceSecret: 'shared with the TURN server',
  metricsToken: 'for the one who counts',
}
const ALL = '/api/channels/general'
const READ = [
  ...['/api/session', '/api/sessions', '/api/users', '/api/channels', '/api/admin/calls', ALL],
  ...[
    'members',
    'messages',
    'sfu_status',
    'recordings',
    'whip-keys',
    'calls',
    'moderation/state',
  ].map((what) => `${ALL}/${what}`),
  ...['/metrics', '/healthz', '/readyz', '/api/openapi.json', '/config.toml'],
]

const RUNS = galenes().flatMap((binary) => [
  { binary, is: 'takes', config: WITH_ADMIN },
  { binary, is: 'refuses', config: {} },
])

describe.each(RUNS)('paired with $binary, which $is what Pyrite shows it', ({ binary, config }) => {
  let galene: TestGalene
  let pyrite: Pyrite
  let whip: NewWhipKey
  let iceFile: string
  const seen: string[] = []
  const secrets = () => ({ ...SECRETS, password: PASSWORD, whipKey: whip.secret })

  /** Everything that alice can read, and everything that fails. */
  const lookEverywhere = async () => {
    const alice = await pyrite.signIn('alice')
    const made = await alice.send('POST', `${ALL}/whip-keys`, { name: 'OBS' })
    whip = made.body
    const socket = await alice.socket()
    for (const path of READ) {
      const answer = await fetch(`${pyrite.url}${path}`, { headers: { cookie: alice.cookie } })
      seen.push(JSON.stringify([...answer.headers]), await answer.text())
    }
    const check = await alice.send('POST', '/api/admin/calls/check', {})
    seen.push(JSON.stringify(check.body))
    const published = await fetch(`${pyrite.url}/whip/general`, {
      method: 'POST',
      headers: { authorization: `Bearer ${whip.secret}`, 'content-type': 'application/sdp' },
      body: 'v=0',
    })
    seen.push(JSON.stringify([...published.headers]), await published.text())
    const call = connectTo(`${pyrite.url}/sfu`, { cookie: alice.cookie, origin: pyrite.url })
    await call.opens()
    call.send({ type: 'handshake', version: ['2'], id: 'alice' })
    call.send({ type: 'join', kind: 'join', group: 'general' })
    await call.hears({ type: 'joined' })
    seen.push(...call.frames, ...socket.heard.map((push) => JSON.stringify(push)))
    call.socket.close()
    socket.close()
  }
  beforeAll(async () => {
    galene = await startGalene({ binary, config })
    iceFile = join(dirname(galene.groups), 'data/ice-servers.json')
    const settings = {
      sfu: { url: galene.url, signing_key: SECRETS.signingKey },
      metrics: { token: SECRETS.metricsToken },
      galene: {
        ...{ sync: 'api' as const, api_user: ADMIN.user, api_password: SECRETS.apiPassword },
        ...{ recordings_user: 'pyrite', recordings_password: SECRETS.recordingsPassword },
        ...{ ice_file: iceFile, ice_secret: SECRETS.iceSecret },
        ice_urls: ['turn:127.0.0.1:9?transport=udp'],
      },
    }
    pyrite = await startPyrite({ settings })
    await eventually(() =>
      expect(pyrite.app.sfu.syncState('general').state).toBe(
        config === WITH_ADMIN ? 'in-step' : 'failed',
      ),
    )
    await lookEverywhere()
    const variables = Object.entries(settings).flatMap(([section, keys]) =>
      Object.entries(keys).map(([key, value]) => [
        `PYRITE_${section}_${key}`.toUpperCase(),
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    )
    const environment = {
      ...Object.fromEntries(variables),
      PYRITE_CONFIG: join(pyrite.folder, 'config.toml'),
    }
    for (const args of [
      ['doctor'],
      ['doctor', '--json'],
      ['galene', 'list'],
      ['galene', 'print', 'general'],
    ]) {
      seen.push((await pyriteCommand(args, environment)).said)
    }
  }, 120_000)
  afterAll(async () => {
    await pyrite.stop()
    await galene.end()
  })

  it('no log line holds a secret', () => {
    const log = pyrite.logLines.join('')
    expect(log.length).toBeGreaterThan(200)
    for (const [name, secret] of Object.entries(secrets())) {
      expect([name, log.includes(secret)]).toEqual([name, false])
    }
    expect(log).not.toMatch(/eyJ[A-Za-z0-9_-]{10,}\./)
  })

  it('no answer, frame or command shows one', () => {
    const text = seen.join('\n')
    expect(text).toContain('"joined"')
    expect(text).toContain('Calls are carried by')
    expect(text).toContain('authKeys')
    for (const [name, secret] of Object.entries(secrets())) {
      expect([name, text.includes(secret)]).toEqual([name, false])
    }
    expect(text).not.toMatch(/eyJ[A-Za-z0-9_-]{10,}\./)
  })

  it("no group holds one, and the TURN servers' secret is where Galene looks for it", async () => {
    expect(await readFile(iceFile, 'utf8')).toContain(SECRETS.iceSecret)
    for (const name of await galene.names()) {
      const text = await galene.text(name)
      for (const secret of Object.values(secrets())) expect(text).not.toContain(secret)
    }
  })
})
