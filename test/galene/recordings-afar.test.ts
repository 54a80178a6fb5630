import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Config } from '../../lib/platform/config/schema.ts'
import type { MyChannel } from '../../lib/protocol/channels.ts'
import type { RecordingList } from '../../lib/protocol/recordings.ts'
import { fingerprintAt } from '../support/certificates.ts'
import type { Client } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startGalene } from '../support/galene.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'
import { connectTo, galenes } from '../support/sfu.ts'

type Galene = Awaited<ReturnType<typeof startGalene>>
const folderOf = ({ groups }: Galene) => dirname(groups)

const ALL = '/api/channels/general/recordings'
const PASSWORD = 'only Pyrite knows'
const BYTES = Buffer.from(Array.from({ length: 70_000 }, (_, n) => n % 251))
const NAMES = ['2026-11-20T09:30:00.000-bob.webm', "2026-11-21T15:04:05.123-o'neil & co <x>.mkv"]
const addressOf = (name: string) => `${ALL}/${encodeURIComponent(name)}`

const listed = async (who: Client) => {
  const { status, body } = await who.send('GET', ALL)
  return { status, names: (body as Partial<RecordingList>).recordings?.map(({ name }) => name) }
}
const fetchAs = ({ url, cookie }: Client, path: string, headers: Record<string, string> = {}) =>
  fetch(`${url}${path}`, { headers: { cookie, ...headers } })

/** As its owner would: a password for everybody who is not named, with nothing but the permission to see recordings. */
const letIn = async ({ groups }: Galene) => {
  const path = join(groups, 'general.json')
  const group = await eventually(async () => JSON.parse(await readFile(path, 'utf8')))
  group['wildcard-user'] = { password: PASSWORD, permissions: ['record'] }
  await writeFile(`${path}.new`, JSON.stringify(group))
  await rename(`${path}.new`, path)
}

const fill = async (galene: Galene) => {
  const folder = join(folderOf(galene), 'recordings/general')
  await mkdir(folder, { recursive: true })
  for (const name of NAMES) await writeFile(join(folder, name), BYTES)
}

const RUNS = galenes().flatMap((binary) => [
  { binary, by: 'HTTP', options: {} },
  { binary, by: 'TLS', options: { tls: 'own' as const } },
])

describe.each(RUNS)('recordings of a Galene that somebody else runs ($binary), by $by', (run) => {
  let galene: Galene
  let pin: string
  let pyrite: Pyrite
  let alice: Client
  let bob: Client
  let mallory: Client
  const begin = async (settings: Partial<Config['galene']>) => {
    pyrite = await startPyrite({
      settings: {
        galene: { certificate_sha256: pin, ...settings },
        sfu: { url: galene.url, groups_dir: galene.groups },
      },
    })
    alice = await pyrite.signIn('alice')
    bob = await pyrite.signIn('bob')
    mallory = await pyrite.signIn('mallory')
  }
  beforeAll(async () => {
    galene = await startGalene({ binary: run.binary, ...run.options })
    pin = run.by === 'TLS' ? await fingerprintAt(galene.url) : ''
    await fill(galene)
  })
  afterAll(() => galene.end())

  const stillGrowing = async () => {
    await alice.send('PATCH', '/api/channels/general', { recordable: true })
    const call = connectTo(`${pyrite.url}/sfu`, { cookie: alice.cookie, origin: pyrite.url })
    await call.opens()
    call.send({ type: 'handshake', version: ['2'], id: `alice-${Math.random()}` })
    call.send({ type: 'join', kind: 'join', group: 'general' })
    await call.hears({ type: 'joined', kind: 'join' })
    const isRecorded = async (is: boolean) => {
      call.send({ type: 'groupaction', kind: is ? 'record' : 'unrecord' })
      await eventually(async () => {
        const { body } = await bob.send('GET', '/api/channels/general')
        expect((body as MyChannel).recording !== undefined).toBe(is)
      })
    }
    await isRecorded(true)
    const name = '2026-11-21T16:00:00.000-alice.webm'
    const file = join(folderOf(galene), 'recordings/general', name)
    await writeFile(file, BYTES)
    expect((await listed(bob)).names).not.toContain(name)
    const conflict = { status: 409, body: { error: { code: 'recordings.not-finished' } } }
    expect(await bob.send('GET', addressOf(name))).toMatchObject(conflict)
    expect(await alice.send('DELETE', addressOf(name))).toMatchObject(conflict)
    expect(await readFile(file)).toEqual(BYTES)
    await isRecorded(false)
    expect((await fetchAs(bob, addressOf(name))).status).toBe(200)
    expect((await alice.send('DELETE', addressOf(name))).status).toBe(200)
    call.socket.close()
  }

  describe('without a way to them', () => {
    beforeAll(() => begin({}))
    afterAll(() => pyrite.stop())
    it('says who has to set what', async () => {
      const { status, body } = await bob.send('GET', ALL)
      expect(status).toBe(501)
      expect(body).toMatchObject({
        error: {
          code: 'calls.not-supported',
          message: expect.stringContaining('galene.recordings_dir'),
        },
      })
    })
  })

  describe('over its own /recordings/', () => {
    beforeAll(async () => {
      await begin({ recordings_user: 'pyrite', recordings_password: PASSWORD })
      await letIn(galene)
    })
    afterAll(() => pyrite.stop())

    it('are listed, newest first, for people in the channel only [REC-3]', async () => {
      expect(await listed(bob)).toEqual({ status: 200, names: [...NAMES].reverse() })
      expect((await mallory.send('GET', ALL)).status).toBe(404)
    })

    it('keep the password that Galene asks for, whatever changes in the channel', async () => {
      await alice.send('PATCH', '/api/channels/general', {
        topic: 'Other things',
        recordable: true,
      })
      await eventually(async () => {
        const text = await readFile(join(galene.groups, 'general.json'), 'utf8')
        expect(JSON.parse(text)).toMatchObject({
          description: 'Other things',
          'allow-recording': true,
          'wildcard-user': { password: PASSWORD },
        })
      })
      expect((await listed(bob)).status).toBe(200)
    })

    it('are served whole and in parts, by Galene, with our headers [REC-4]', async () => {
      for (const name of NAMES) {
        const whole = await fetchAs(bob, addressOf(name))
        expect(whole.status).toBe(200)
        expect(Buffer.from(await whole.arrayBuffer()).equals(BYTES)).toBe(true)
        expect(Object.fromEntries(whole.headers)).toMatchObject({
          'content-type': name.endsWith('webm') ? 'video/webm' : 'video/x-matroska',
          'content-security-policy': "default-src 'none'; sandbox",
          'cache-control': 'private, no-cache',
        })
        const part = await fetchAs(bob, addressOf(name), { range: 'bytes=1000-1999' })
        expect([part.status, part.headers.get('content-range')]).toEqual([
          206,
          'bytes 1000-1999/70000',
        ])
        expect(Buffer.from(await part.arrayBuffer())).toEqual(BYTES.subarray(1000, 2000))
      }
      const beyond = await fetchAs(bob, addressOf(NAMES[0] ?? ''), { range: 'bytes=70000-' })
      expect(beyond.status).toBe(416)
      expect((await fetchAs(mallory, addressOf(NAMES[0] ?? ''))).status).toBe(404)
    })

    it('that are not there are no files to keep [REC-5]', async () => {
      const missing = await fetchAs(bob, `${addressOf('missing.webm')}?download`)
      expect(missing.headers.get('content-type')).toMatch(/^application\/json/)
      expect(missing.headers.get('content-disposition')).toBeNull()
      expect(await missing.json()).toMatchObject({ error: { code: 'not-found' } })
    })

    it('lead nowhere else in Galene [REC-5]', async () => {
      const names = ['../../group/general/.status', '../general.json', 'x?q=delete', 'a/../b.webm']
      for (const name of [...names, 'missing.webm', '']) {
        expect([name, (await fetchAs(bob, addressOf(name))).status]).toEqual([
          name,
          name === '' ? 200 : 404,
        ])
      }
      expect((await readdir(join(folderOf(galene), 'recordings/general'))).sort()).toEqual(NAMES)
    })

    it('that still grow are neither listed, nor handed out, nor deleted [REC-3]', stillGrowing)

    it('are deleted by moderators [REC-6]', async () => {
      const [first = '', second = ''] = NAMES
      expect((await bob.send('DELETE', addressOf(first))).status).toBe(403)
      expect((await alice.send('DELETE', addressOf(second))).status).toBe(200)
      expect(await listed(bob)).toEqual({ status: 200, names: [first] })
      expect((await alice.send('DELETE', addressOf(second))).status).toBe(404)
      await fill(galene)
    })
  })

  describe('with a wrong password', () => {
    beforeAll(() => begin({ recordings_user: 'pyrite', recordings_password: 'no' }))
    afterAll(() => pyrite.stop())
    it('are not handed out, and the log says why', async () => {
      expect((await listed(bob)).status).toBe(502)
      expect(pyrite.logLines.join('')).toContain('galene.recordings_user must be')
      expect(pyrite.logLines.join('')).not.toContain(PASSWORD)
    })
  })

  if (run.by === 'TLS')
    describe('with another certificate than the pinned one', () => {
      beforeAll(() =>
        begin({
          ...{ recordings_user: 'pyrite', recordings_password: PASSWORD },
          certificate_sha256: '00'.repeat(32),
        }),
      )
      afterAll(() => pyrite.stop())
      it('are not asked for: the password goes nowhere', async () => {
        expect((await listed(bob)).status).toBe(502)
        expect((await fetchAs(bob, addressOf(NAMES[0] ?? ''))).status).toBe(502)
      })
    })

  describe('from its folder', () => {
    beforeAll(() => begin({ recordings_dir: join(folderOf(galene), 'recordings') }))
    afterAll(() => pyrite.stop())
    it('that still grow are neither listed, nor handed out, nor deleted [REC-3]', stillGrowing)
    it('are there even while it is down [REC-3] [REC-4]', async () => {
      await galene.stop()
      expect(await listed(bob)).toEqual({ status: 200, names: [...NAMES].reverse() })
      const part = await fetchAs(bob, addressOf(NAMES[0] ?? ''), { range: 'bytes=-10' })
      expect(part.status).toBe(206)
      expect(Buffer.from(await part.arrayBuffer())).toEqual(BYTES.subarray(-10))
    })
  })
})

describe('the built-in SFU', () => {
  let pyrite: Pyrite
  let alice: Client
  beforeAll(async () => {
    pyrite = await startPyrite({ sfu: 'builtin' })
    alice = await pyrite.signIn('alice')
  })
  afterAll(() => pyrite.stop())
  it('says clearly that it neither records nor takes streams of devices [REC-7] [WHIP-8]', async () => {
    const unsupported = { status: 501, body: { error: { code: 'calls.not-supported' } } }
    expect(await alice.send('GET', ALL)).toMatchObject(unsupported)
    const key = await alice.send('POST', '/api/channels/general/whip-keys', { name: 'OBS' })
    expect(key).toMatchObject(unsupported)
    const { body } = await alice.send('GET', '/api/channels/general/sfu_status')
    expect(body).toMatchObject({ can: { record: false, whip: false } })
  })
})
