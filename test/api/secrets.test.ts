import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { eventually } from '../support/eventually.ts'
import { PASSWORD, type Pyrite, startPyrite } from '../support/pyrite.ts'

const TEXT = 'the cake is hidden in the third drawer'
const OTHER_PASSWORD = 'quite another passphrase'

let pyrite: Pyrite
const frames: string[] = []
const tokens: string[] = []

/** Joins a call on the raw socket; answers what came back. */
const joinCall = async (cookie: string, group: string): Promise<string[]> => {
  const heard: string[] = []
  const ws = new WebSocket(`${pyrite.url.replace('http', 'ws')}/sfu`, {
    headers: { cookie, origin: pyrite.url },
  })
  ws.on('message', (data) => heard.push(data.toString()))
  ws.once('open', () => {
    ws.send(JSON.stringify({ type: 'handshake', version: ['2'], id: 'c0ffee' }))
    ws.send(JSON.stringify({ type: 'join', kind: 'join', group, password: OTHER_PASSWORD }))
  })
  await eventually(() => expect(heard.join()).toContain('"joined"'))
  ws.close()
  return heard
}

beforeAll(async () => {
  pyrite = await startPyrite({ sfu: 'builtin' })
  const alice = await pyrite.signIn('alice')
  const bob = await pyrite.signIn('bob')
  const socket = await bob.socket()
  await alice.send('POST', '/api/users', {
    username: 'dora',
    displayName: 'Dora',
    password: OTHER_PASSWORD,
  })
  await alice.send('POST', '/api/channels/general/messages', {
    clientId: 'client-id-1',
    text: TEXT,
  })
  await alice.send('PUT', '/api/session/password', { current: PASSWORD, next: OTHER_PASSWORD })
  await socket.hear('chat.message')
  frames.push(...(await joinCall(bob.cookie, 'general')))
  frames.push(...socket.heard.map((push) => JSON.stringify(push)))
  tokens.push(...[alice, bob].map(({ cookie }) => cookie.split('=')[1] as string))
})
afterAll(() => pyrite.stop())

const filesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))

describe('secrets stay where they belong', () => {
  it('no log line holds a password, a session, a token, a key or what people wrote', () => {
    const log = pyrite.logLines.join('')
    expect(log.length).toBeGreaterThan(200)
    for (const secret of [
      PASSWORD,
      OTHER_PASSWORD,
      TEXT,
      pyrite.config.sfu.signing_key,
      ...tokens,
    ]) {
      expect(log).not.toContain(secret)
    }
    expect(log).not.toMatch(/eyJ[A-Za-z0-9_-]{10,}\./)
  })

  it('no column of the database holds a password, a session or a key', () => {
    const stored = filesOf(join(pyrite.folder, 'data'))
      .filter((path) => path.includes('pyrite.db'))
      .map((path) => readFileSync(path, 'latin1'))
      .join('')
    expect(stored).toContain(TEXT)
    for (const secret of [PASSWORD, OTHER_PASSWORD, pyrite.config.sfu.signing_key, ...tokens]) {
      expect(stored).not.toContain(secret)
    }
  })

  it('no group file holds a password or the private key', () => {
    const files = filesOf(join(pyrite.folder, 'data/groups'))
    expect(files.map((path) => path.split('/').at(-1))).toEqual(['general.json'])
    const text = readFileSync(files[0] as string, 'utf8')
    expect(text).not.toMatch(/password/i)
    expect(text).not.toContain(pyrite.config.sfu.signing_key)
    const [key] = (JSON.parse(text) as { authKeys: object[] }).authKeys
    expect(Object.keys(key ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'x', 'y'])
  })

  it('nothing that reaches a browser holds a token for the SFU or a password', () => {
    const seen = frames.join('\n')
    expect(seen).toContain('"joined"')
    expect(seen).toContain('chat.message')
    expect(seen).not.toMatch(/eyJ[A-Za-z0-9_-]{10,}\./)
    for (const secret of [PASSWORD, OTHER_PASSWORD, pyrite.config.sfu.signing_key]) {
      expect(seen).not.toContain(secret)
    }
  })
})

describe('path-like slugs never reach a file name', () => {
  const SLUGS = [
    '../x',
    'a/b',
    '.',
    '..',
    'CON',
    'con',
    '%2e%2e%2fx',
    'x'.repeat(10_000),
    'ｇeneral',
    'gen\u0435ral',
    'a\\b',
    'a\0b',
    '.hidden',
    '',
  ]

  it('neither when a channel is made, nor by REST, nor at /sfu', async () => {
    const bob = await pyrite.signIn('bob')
    for (const slug of SLUGS) {
      const made = await bob.send('POST', '/api/channels', { name: 'Trick', slug })
      expect([slug, made.status >= 400 && made.status < 500]).toEqual([slug, true])
      const asked = await bob.send('GET', `/api/channels/${encodeURIComponent(slug)}/sfu_status`)
      expect([slug, asked.status >= 400 && asked.status < 500]).toEqual([slug, true])
      const heard = (await joinCall(bob.cookie, slug)).join()
      expect(heard).toContain('"fail"')
    }
    expect(readdirSync(join(pyrite.folder, 'data/groups'))).toEqual(['general.json'])
  })
})
