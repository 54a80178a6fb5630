import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Admission } from '../../lib/sfu/sfu.ts'
import { eventually } from '../support/eventually.ts'
import { eachSfu, group, type Json, startBridge, type TestBridge } from '../support/sfu.ts'
import { type Ear, startEar } from '../support/sfu-ear.ts'

eachSfu('joining through the bridge', (under) => {
  let bridge: TestBridge
  beforeAll(async () => {
    bridge = await startBridge({
      sfu: under,
      groups: [
        group('garden'),
        group('attic'),
        group('studio', { allowRecording: true }),
        group('closet', {
          maxClients: 1,
          members: new Map([
            ['bob', 'member'],
            ['carol', 'member'],
          ]),
        }),
      ],
    })
  })
  afterAll(() => bridge.stop())

  it.each([
    ['alice', 'garden', ['op', 'present', 'message', 'caption', 'token']],
    ['alice', 'studio', ['op', 'present', 'message', 'caption', 'token', 'record']],
    ['bob', 'garden', ['present', 'message']],
    ['bob', 'studio', ['present', 'message']],
    ['dave', 'garden', ['message']],
  ])('lets %s into #%s with exactly %j [SFU-6]', async (who, name, permissions) => {
    const person = await bridge.join(who, name)
    expect(person.joined).toMatchObject({ kind: 'join', group: name, username: who, permissions })
    person.socket.close()
  })

  it('goes by the session, whatever name, password and token the client sends [SFU-5]', async () => {
    const forged = { username: 'alice', password: 'secret', token: 'eyJhbGciOiJub25lIn0.e30.' }
    const bob = await bridge.join('bob', 'garden', forged)
    expect(bob.joined).toMatchObject({ kind: 'join', username: 'bob' })
    expect(bob.joined.permissions).toEqual(['present', 'message'])
    bob.socket.close()
  })

  it("keeps the client's data and adds who it is, which nobody can forge [SFU-5]", async () => {
    const bob = await bridge.join('bob', 'garden', {
      data: { raisehand: true, userId: 'id-alice' },
    })
    const entry = await bob.hears({ type: 'user', id: bob.id })
    expect(entry.data).toEqual({ raisehand: true, userId: 'id-bob', displayName: 'Bob' })
    bob.send({
      type: 'useraction',
      kind: 'setdata',
      dest: bob.id,
      value: { userId: 'id-alice', displayName: null, muted: true },
    })
    const changed = await bob.hears({ type: 'user', kind: 'change' })
    expect(changed.data).toEqual({
      raisehand: true,
      userId: 'id-bob',
      displayName: 'Bob',
      muted: true,
    })
    bob.socket.close()
  })

  it('refuses somebody who is not in the channel, in words of Pyrite, and closes [SFU-4]', async () => {
    const mallory = await bridge.join('mallory', 'garden')
    expect(mallory.joined).toMatchObject({ kind: 'fail', error: 'not-found', group: 'garden' })
    expect(mallory.joined.value).toBe('There is no such channel.')
    expect((await mallory.isClosed()).code).toBe(1000)
    expect(mallory.all({ type: 'user' })).toEqual([])
    expect(bridge.sfu.participants('garden')).toEqual([])
  })

  it('delivers a refusal of the call server itself, then closes both legs [SFU-7]', async () => {
    const bob = await bridge.join('bob', 'closet')
    const carol = await bridge.join('carol', 'closet')
    expect(carol.joined).toMatchObject({ kind: 'fail', group: 'closet' })
    expect(String(carol.joined.value)).toMatch(/too many/)
    expect((await carol.isClosed()).code).toBe(1000)
    expect(bob.isOpen()).toBe(true)
    expect(bridge.sfu.participants('closet')).toHaveLength(1)
    bob.socket.close()
  })

  it('takes `leave` as a wish to leave: closes with 1000, and the others hear of it [SFU-8]', async () => {
    const alice = await bridge.join('alice')
    const bob = await bridge.join('bob')
    bob.raw(`{"type":"join","KIND":"leave","group":"garden"}`)
    expect((await bob.isClosed()).code).toBe(1000)
    await alice.hears({ type: 'user', kind: 'delete', id: bob.id })
    expect(alice.isOpen()).toBe(true)
    alice.socket.close()
  })

  it('refuses a second join on one connection and stays in the first call [SFU-8]', async () => {
    const bob = await bridge.join('bob')
    bob.send({ type: 'join', kind: 'join', group: 'attic' })
    await bob.hears({ type: 'usermessage', kind: 'error' })
    bob.send({ type: 'ping' })
    await bob.hears({ type: 'pong' })
    expect(bob.all({ type: 'joined' })).toHaveLength(1)
    expect(bridge.sfu.participants('attic')).toEqual([])
    bob.socket.close()
  })

  it('takes messages that follow the join without waiting for its answer [SFU-2]', async () => {
    const alice = await bridge.join('alice')
    const bob = bridge.open('bob')
    await bob.opens()
    bob.send({ type: 'handshake', version: ['2'], id: 'bob-eager' })
    bob.send({ type: 'join', kind: 'join', group: 'garden' })
    bob.send({ type: 'request', request: { '': ['audio', 'video'] } })
    bob.send({ type: 'usermessage', kind: 'wave', dest: alice.id, value: 1 })
    await alice.hears({ type: 'usermessage', kind: 'wave', source: 'bob-eager', username: 'bob' })
    expect(bob.isOpen()).toBe(true)
    for (const person of [alice, bob]) person.socket.close()
  })

  it('lets a person join a channel that was made a moment ago [SFU-4]', async () => {
    bridge.groups.push(group('fresh'))
    const bob = await bridge.join('bob', 'fresh')
    expect(bob.joined.kind).toBe('join')
    bob.socket.close()
  })
})

describe('what the call server hears of a join', () => {
  let ear: Ear
  let bridge: TestBridge
  let admit: () => Admission | Promise<Admission>
  const asked: string[] = []
  beforeAll(async () => {
    ear = await startEar()
    bridge = await startBridge({
      url: ear.url,
      policy: async (_caller, name) => {
        asked.push(name)
        return admit()
      },
    })
  })
  afterAll(async () => {
    await bridge.stop()
    await ear.stop()
  })
  afterEach(() => {
    ear.heard.length = 0
    asked.length = 0
  })
  const joins = () =>
    ear.heard.map((frame) => JSON.parse(frame) as Json).filter(({ type }) => type === 'join')

  it('is a token for this group and this moment, and nothing the client chose [SFU-5]', async () => {
    admit = () => ({ role: 'member' })
    const bob = await bridge.join('bob', 'garden', { password: 'x', permissions: ['op'] })
    const [join] = joins()
    expect(Object.keys(join ?? {}).sort()).toEqual(
      ['data', 'group', 'kind', 'token', 'type', 'username'].sort(),
    )
    const token = String(join?.token)
    const claims = decodeJwt(token)
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'ES256', kid: expect.any(String) })
    expect(claims).toMatchObject({ sub: 'bob', permissions: ['present', 'message'] })
    expect(new URL(String(claims.aud)).pathname).toBe('/group/garden/')
    expect((claims.exp ?? 0) - Date.now() / 1000).toBeLessThanOrEqual(60)
    expect((claims.iat ?? 0) - Date.now() / 1000).toBeLessThanOrEqual(1)
    bob.socket.close()
  })

  it.each(
    [
      ...[
        '../x',
        'a/b',
        '.',
        '..',
        'CON',
        'con',
        'garden/',
        '/garden',
        '%2e%2e%2fx',
        'Garden',
        '-a',
      ],
      ...['garden%00', 'a-', ''],
    ]
      .map((name) => [name, name])
      .concat([
        ['a Cyrillic a', 'gаrden'],
        ['a wide g', 'ｇarden'],
        ['a zero byte', 'garden\u0000'],
        ['10 kB', 'x'.repeat(10_000)],
      ]),
  )('nothing for a name that no channel can have: %s [SFU-4]', async (_what, name) => {
    admit = () => ({ role: 'member' })
    const bob = await bridge.join('bob', name)
    expect(bob.joined).toMatchObject({ kind: 'fail', error: 'not-found' })
    expect((await bob.isClosed()).code).toBe(1000)
    expect([joins(), asked]).toEqual([[], []])
    const files = await readdir(bridge.config.sfu.groups_dir)
    expect(files.sort()).toEqual(['attic.json', 'garden.json'])
  })

  it('nothing for a person whom the policy refuses; a group that is no text is no group [SFU-4]', async () => {
    admit = () => ({ error: 'banned', message: 'You may not join for ten minutes.' })
    const bob = await bridge.join('bob')
    expect(bob.joined).toMatchObject({
      error: 'banned',
      value: 'You may not join for ten minutes.',
    })
    const carol = await bridge.join('carol', { a: 1 } as never)
    expect(carol.joined).toMatchObject({ kind: 'fail', error: 'not-found' })
    expect(joins()).toEqual([])
  })

  it('nothing when the policy breaks: the person hears so, the log knows, and the process lives [SFU-4]', async () => {
    admit = () => Promise.reject(new Error('the database is gone'))
    const bob = await bridge.join('bob')
    expect(bob.joined).toMatchObject({ kind: 'fail', error: 'internal' })
    expect(String(bob.joined.value)).not.toMatch(/database/)
    expect(joins()).toEqual([])
    expect(bridge.lines.some((line) => line.includes('the database is gone'))).toBe(true)
  })

  it('nothing when the connection was ended while the policy thought [SFU-17]', async () => {
    let decide: (admission: Admission) => void = () => undefined
    admit = () =>
      new Promise((done) => {
        decide = done
      })
    const bob = await bridge.greeted('bob')
    bob.send({ type: 'join', kind: 'join', group: 'garden' })
    await eventually(() => expect(asked).toEqual(['garden']))
    expect(bridge.sfu.end({ userId: 'id-bob' }, 'You signed out.')).toBe(1)
    decide({ role: 'member' })
    await bob.isClosed()
    expect(joins()).toEqual([])
  })

  it('no private key in a group file, a log line or a token [SFU-5]', async () => {
    admit = () => ({ role: 'member' })
    const bob = await bridge.join('bob')
    const { groups_dir, signing_key } = bridge.config.sfu
    const file = await readFile(join(groups_dir, 'garden.json'), 'utf8')
    const token = String(joins()[0]?.token)
    for (const text of [file, ...bridge.lines, ...ear.heard])
      expect(text).not.toContain(signing_key)
    expect(JSON.parse(file).authKeys[0]).not.toHaveProperty('d')
    expect(bridge.lines.join('')).not.toContain(token)
    bob.socket.close()
  })
})
