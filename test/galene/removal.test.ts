import { mkdir, mkdtemp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../lib/platform/db/open.ts'
import { createLog } from '../../lib/platform/log.ts'
import type { NewWhipKey } from '../../lib/protocol/recordings.ts'
import type { Client } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startGalene, type TestGalene } from '../support/galene.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'
import { galenes } from '../support/sfu.ts'

const AT = '/api/channels/club'
const NAME = '2026-11-20T09:30:00.000-bob.webm'
const PASSWORD = 'only Pyrite knows'
/** More than kernels keep for somebody who reads slowly. */
const BYTES = 64 * 1_048_576

let pyrite: Pyrite
let alice: Client, bob: Client, carol: Client
const enter = async () => {
  alice = await pyrite.signIn('alice')
  bob = await pyrite.signIn('bob')
  carol = await pyrite.signIn('carol')
  await alice.send('POST', '/api/channels', { name: 'Club', slug: 'club', private: true })
  for (const { user } of [bob, carol]) {
    await alice.send('PUT', `${AT}/members/${user.id}`, { role: 'moderator' })
  }
}
const fill = async (folder: string) => {
  await mkdir(join(folder, 'club'), { recursive: true })
  const path = join(folder, 'club', NAME)
  await writeFile(path, '')
  await truncate(path, BYTES)
}

/** Somebody who began to receive a part of the recording, and reads on once `finish` is called. */
const beginTo = async ({ url, cookie }: Client) => {
  const headers = { cookie, range: 'bytes=1000-' }
  const answer = await new Promise<IncomingMessage>((done, fail) => {
    request(`${url}${AT}/recordings/${NAME}`, { headers }, done).on('error', fail).end()
  })
  let bytes = 0
  const ended = new Promise<'whole' | 'cut off'>((done) => {
    answer.on('end', () => done('whole'))
    answer.on('error', () => done('cut off'))
  })
  answer.once('data', (part: Buffer) => {
    bytes += part.length
    answer.pause()
  })
  await eventually(() => expect(bytes).toBeGreaterThan(0))
  const finish = async () => {
    answer.on('data', (part: Buffer) => {
      bytes += part.length
    })
    answer.resume()
    return { how: await ended, isWhole: bytes === BYTES - 1_000 }
  }
  return { status: answer.statusCode, finish }
}

const WAYS: [string, (who: Client) => Promise<unknown>][] = [
  [
    'removed from its private channel',
    (who) => alice.send('DELETE', `${AT}/members/${who.user.id}`),
  ],
  ['banned', (who) => alice.send('POST', `${AT}/moderation`, { kind: 'ban', userId: who.user.id })],
  ['signed out', (who) => who.send('DELETE', '/api/session')],
  ['disabled', (who) => alice.send('PATCH', `/api/users/${who.user.id}`, { disabled: true })],
]
const cutsOff = () => {
  it.each(WAYS)(
    'is cut off for somebody who is %s, and for nobody else [MOD-17]',
    async (_, end) => {
      const [his, hers] = [await beginTo(bob), await beginTo(carol)]
      expect([his.status, hers.status]).toEqual([206, 206])
      await end(bob)
      expect(await his.finish()).toEqual({ how: 'cut off', isWhole: false })
      expect(await hers.finish()).toEqual({ how: 'whole', isWhole: true })
      const { status } = await bob.send('GET', `${AT}/recordings/${NAME}`)
      expect([401, 404]).toContain(status)
      expect(pyrite.logLines.join('')).not.toContain('a bug was met')
    },
  )
}

describe('a recording that is being sent from a folder', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pyrite-removal-'))
    await fill(folder)
    pyrite = await startPyrite({ settings: { galene: { recordings_dir: folder } } })
    await enter()
  })
  afterEach(async () => {
    await pyrite.stop()
    await rm(folder, { recursive: true, force: true })
  })
  cutsOff()

  it('is cut off within a minute for somebody whose sessions the command line ended [MOD-17]', async () => {
    const [his, hers] = [await beginTo(bob), await beginTo(carol)]
    const { app, config } = pyrite
    expect(app.recordings.sendingTo()).toHaveLength(2)
    const database = await openDatabase({ path: config.database.path, log: createLog('silent') })
    await database.write((sqlite) =>
      sqlite.prepare('delete from sessions where userId = ?').run(bob.user.id),
    )
    await database.close()
    await eventually(() => expect(app.recordings.sendingTo()).toHaveLength(1), 40_000)
    expect(await his.finish()).toEqual({ how: 'cut off', isWhole: false })
    expect(await hers.finish()).toEqual({ how: 'whole', isWhole: true })
  }, 60_000)

  it('and all else of the channel is gone for who was removed: calls, messages by any address, keys; the key sleeps until they are back [MOD-17] [WHIP-7]', async () => {
    const post = { clientId: 'client-1', text: 'between us' }
    const { id } = (await alice.send('POST', `${AT}/messages`, post)).body as { id: string }
    const made = await bob.send('POST', `${AT}/whip-keys`, { name: 'OBS' })
    const { secret, key } = made.body as NewWhipKey
    const publish = async () => {
      const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/sdp' }
      return (await fetch(`${pyrite.url}/whip/club`, { method: 'POST', headers, body: 'v=0' }))
        .status
    }
    expect(await publish()).toBe(502)
    const socket = await bob.socket()
    await alice.send('DELETE', `${AT}/members/${bob.user.id}`)
    expect(await publish()).toBe(403)
    const reads = [
      ...['', '/messages', '/messages?before=2', '/changes?since=0', '/calls', '/sfu_status'],
      ...['/members', '/recordings', `/recordings/${NAME}`, '/moderation', '/moderation/state'],
      '/whip-keys',
    ]
    for (const path of reads) {
      const { body } = await bob.send('GET', `${AT}${path}`)
      expect([path, body]).toMatchObject([path, { error: { code: 'channels.not-found' } }])
    }
    for (const [method, path] of [
      ['PATCH', `/messages/${id}`],
      ['DELETE', `/messages/${id}`],
      ['DELETE', `/whip-keys/${key.id}`],
    ] as const) {
      const { body } = await bob.send(method, `${AT}${path}`, { text: 'x' })
      expect([path, body]).toMatchObject([path, { error: { code: 'channels.not-found' } }])
    }
    for (const type of ['calls.history', 'chat.history', 'chat.since', 'recordings.list']) {
      const { error } = await socket.reply(type, { channelSlug: 'club', since: 0 })
      expect([type, error?.code]).toEqual([type, 'channels.not-found'])
    }
    const heard = socket.heard.length
    await alice.send('POST', `${AT}/messages`, { clientId: 'client-2', text: 'without him' })
    await alice.send('PATCH', AT, { topic: 'he is gone' })
    await socket.ask('ping')
    expect(socket.heard.slice(heard)).toEqual([])
    expect(JSON.stringify(await socket.ask('workspace.load'))).not.toContain('club')
    const { body } = await alice.send('GET', `${AT}/whip-keys`)
    expect(body).toMatchObject({ keys: [{ id: key.id, publishing: null }] })
    await alice.send('PUT', `${AT}/members/${bob.user.id}`, { role: 'listener' })
    expect(await publish()).toBe(403)
    await alice.send('PUT', `${AT}/members/${bob.user.id}`, { role: 'member' })
    expect(await publish()).toBe(502)
    await alice.send('DELETE', `${AT}/whip-keys/${key.id}`)
    expect(await publish()).toBe(401)
    socket.close()
  })
})

describe.each(galenes())('a recording that a Galene elsewhere is sending (%s)', (binary) => {
  let galene: TestGalene
  beforeEach(async () => {
    galene = await startGalene({ binary })
    await fill(join(dirname(galene.groups), 'recordings'))
    pyrite = await startPyrite({
      settings: {
        sfu: { url: galene.url, groups_dir: galene.groups },
        galene: { recordings_user: 'pyrite', recordings_password: PASSWORD },
      },
    })
    await enter()
    const path = join(galene.groups, 'club.json')
    // Else what is still to be written would be written over this.
    await eventually(() => expect(pyrite.app.sfu.syncState('club').state).toBe('in-step'))
    const group = await eventually(async () => JSON.parse(await readFile(path, 'utf8')))
    group['wildcard-user'] = { password: PASSWORD, permissions: ['record'] }
    await writeFile(`${path}.new`, JSON.stringify(group))
    await rename(`${path}.new`, path)
  })
  afterEach(async () => {
    await pyrite.stop()
    await galene.end()
  })
  cutsOff()
})
