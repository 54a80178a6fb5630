import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type Adopting,
  joinAsStock,
  prepareAdopting,
  pyriteCommand,
  type Way,
} from '../support/adopting.ts'
import { eventually } from '../support/eventually.ts'
import { startGalene, type TestGalene, WITH_ADMIN } from '../support/galene.ts'
import type { Pyrite } from '../support/pyrite.ts'
import { connectTo, galenes, type Json } from '../support/sfu.ts'

const WAYS: readonly Way[] = ['files', 'api']
const RUNS = galenes().flatMap((binary) => WAYS.map((way) => ({ binary, way })))

/** As somebody wrote it years ago, with settings that are not Pyrite's, and passwords. */
const GARDEN = `{
  "displayName": "The garden",
  "description": "Where we meet",
  "contact": "jch@example.org",
  "public": true,
  "max-clients": 7,
  "max-history-age": 3600,
  "allow-recording": true,
  "codecs": ["vp8", "opus"],
  "users": {
    "jch": {"password": "1234", "permissions": "op"},
    "bob": {"password": "5678", "permissions": "present"}
  },
  "wildcard-user": {"password": {"type": "wildcard"}, "permissions": "observe"}
}
`
/** Written by an editor of long ago: Galene reads the é as something else. */
const LATIN = Buffer.from('{"displayName":"Caf\u00e9"}', 'latin1')
const asJch = { username: 'jch', password: '1234' }

/** A server that runs notices what the command did. */
const NOTICED_MS = 3_000

describe.each(RUNS)('adopting by $way, with $binary', ({ binary, way }) => {
  let galene: TestGalene
  let world: Adopting
  let pyrite: Pyrite | undefined
  const consent = way === 'api' ? ['--forget-passwords'] : []
  const adopt = (...args: string[]) => world.run('adopt', ...args, '--owner', 'alice', ...consent)
  const start = async () => {
    pyrite = await world.start()
    return pyrite
  }
  /** The first answer to a join of the call, by somebody who is signed in. */
  const call = async (name: 'alice' | 'bob', group = 'garden') => {
    const { cookie, url } = await (pyrite as Pyrite).signIn(name)
    const person = connectTo(`${url}/sfu`, { cookie, origin: url })
    await person.opens()
    person.send({ type: 'handshake', version: ['2'], id: `${name}-${Math.random()}` })
    await person.hears({ type: 'handshake' })
    person.send({ type: 'join', kind: 'join', group, username: name })
    const joined = await person.hears({ type: 'joined' })
    person.socket.close()
    return joined
  }

  beforeEach(async () => {
    galene = await startGalene({ binary, config: WITH_ADMIN })
    world = await prepareAdopting(galene, way)
    for (const name of await galene.names()) await galene.remove(name)
    await galene.write('garden', GARDEN)
  })
  afterEach(async () => {
    await pyrite?.stop({ keep: true })
    pyrite = undefined
    await galene.end()
    await world.end()
  })

  it('a group becomes a private channel with its name and its other settings, and holds calls', async () => {
    const { code, said } = await adopt('garden')
    expect([code, said]).toEqual([0, expect.stringContaining('garden: becomes the private')])
    const { users, authKeys, ...fields } = await galene.read('garden')
    expect(users).toEqual({ alice: { permissions: 'op' } })
    expect(authKeys).toEqual([expect.objectContaining({ alg: 'ES256' })])
    expect(fields).toMatchObject({
      ...{ displayName: 'garden', contact: 'jch@example.org' },
      ...{ 'max-history-age': 3600, codecs: ['vp8', 'opus'], 'allow-recording': true },
    })
    // Whoever reaches Galene reads them: see private-channels.test.ts.
    expect(fields.description ?? '').toBe('')
    expect(fields).not.toHaveProperty('wildcard-user')
    await start()
    const alice = await pyrite?.signIn('alice')
    expect((await alice?.send('GET', '/api/channels/garden'))?.body).toMatchObject({
      ...{ name: 'The garden', topic: 'Where we meet', private: true, recordable: true },
      ...{ role: 'moderator', memberCount: 1 },
    })
    const bob = await pyrite?.signIn('bob')
    expect(await bob?.send('GET', '/api/channels/garden')).toMatchObject({ status: 404 })
    expect(await call('alice')).toMatchObject({ kind: 'join', username: 'alice' })
    expect(await call('bob')).toMatchObject({ kind: 'fail' })
  })

  it('nobody gets past Pyrite into an adopted group, neither by a password nor as anybody', async () => {
    expect(await joinAsStock(galene.url, 'garden', asJch)).toMatchObject({ kind: 'join' })
    const anybody = { username: 'mallory', password: 'x' }
    expect(await joinAsStock(galene.url, 'garden', anybody)).toMatchObject({ kind: 'join' })
    await adopt('garden')
    expect(await joinAsStock(galene.url, 'garden', asJch)).toMatchObject({ kind: 'fail' })
    expect(await joinAsStock(galene.url, 'garden', anybody)).toMatchObject({ kind: 'fail' })
  })

  it('releasing gives the group back as it was, as far as it could be read', async () => {
    await adopt('garden')
    const { code, said } = await world.run('release', 'garden')
    expect([code, said]).toEqual([0, expect.stringContaining('its channel stays')])
    const before = JSON.parse(GARDEN)
    if (way === 'files') {
      expect(await galene.text('garden')).toBe(GARDEN)
      expect(await joinAsStock(galene.url, 'garden', asJch)).toMatchObject({ kind: 'join' })
      return
    }
    const { authKeys: _none, ...after } = await galene.read('garden')
    const users = { jch: { permissions: 'op' }, bob: { permissions: 'present' } }
    expect(after).toEqual({ ...before, users, 'wildcard-user': { permissions: 'observe' } })
    expect(said).toContain('have to be set again')
  })

  it('a released group says nothing of codecs where it said nothing before', async () => {
    const { codecs: _none, ...silent } = JSON.parse(GARDEN)
    await galene.write('garden', JSON.stringify(silent))
    await adopt('garden')
    expect(await galene.read('garden')).toMatchObject({ codecs: ['vp8', 'h264', 'opus'] })
    const { said } = await world.run('release', 'garden')
    expect(said).not.toContain('codecs')
    expect(await galene.read('garden')).not.toHaveProperty('codecs')
  })

  it('what the owner of Galene changed meanwhile stays when the group is released', async () => {
    await adopt('garden')
    const changed = { ...(await galene.read('garden')), contact: 'new', autolock: true }
    await galene.write('garden', JSON.stringify(changed))
    await world.run('release', 'garden')
    const { displayName, contact, autolock, comment, ...rest } = await galene.read('garden')
    expect([displayName, contact, autolock]).toEqual(['The garden', 'new', true])
    expect([comment, rest['max-clients'], rest.public]).toEqual([undefined, 7, true])
  })

  it('a released channel has no call, says why, and leaves the group alone; adopted again it has one', async () => {
    await adopt('garden')
    await start()
    expect(await call('alice')).toMatchObject({ kind: 'join' })
    await world.run('release', 'garden')
    const text = await galene.text('garden')
    const state = () => pyrite?.app.sfu.syncState('garden')
    await eventually(
      () =>
        expect(state()).toMatchObject({
          state: 'failed',
          reason: expect.stringContaining('does not say that Pyrite manages it'),
        }),
      NOTICED_MS,
    )
    expect(await call('alice')).toMatchObject({ kind: 'fail' })
    expect(await galene.text('garden')).toBe(text)
    expect((await adopt('garden')).said).toContain('is given to the channel of this name')
    await eventually(() => expect(state()).toEqual({ state: 'in-step' }), NOTICED_MS)
    await eventually(async () => expect(await call('alice')).toMatchObject({ kind: 'join' }))
  })

  it('a dry run says what would change, shows no password, and changes nothing', async () => {
    const { code, said } = await adopt('garden', '--dry-run')
    expect(code).toBe(0)
    expect(said).toContain('galenectl list-tokens')
    expect(said).toContain('private channel "The garden", with alice as its moderator')
    expect(said).toContain('max-clients: 7 -> 100')
    expect(said).toContain('public: true -> false')
    expect(said).toMatch(/users: .*jch \(op.*-> alice \(op\)/)
    expect(said).toMatch(/wildcard-user: anybody \(observe.*-> nobody/)
    expect(said).not.toMatch(/contact|codecs|1234|5678/)
    expect(await galene.text('garden')).toBe(GARDEN)
    expect(await world.copies('garden')).toEqual([])
    const { said: list } = await world.run('list')
    expect(list).toMatch(/garden +can be adopted: "The garden"/)
    await adopt('garden')
    const before = await galene.text('garden')
    const release = await world.run('release', 'garden', '--dry-run')
    expect(release.said).toContain('max-clients: 100 -> 7')
    expect(await galene.text('garden')).toBe(before)
  })

  it('copies of all groups are on the disk, for their owner only, before the first one changes', async () => {
    await galene.write('attic', '{"displayName":"Attic"}')
    const { said } = await adopt('--all')
    expect(said.indexOf('Copies of the groups')).toBeLessThan(said.indexOf('becomes'))
    const [copy, ...more] = await world.copies('garden')
    expect(more).toEqual([])
    if (way === 'files') expect(copy).toBe(GARDEN)
    else expect(JSON.parse(copy ?? '')).toMatchObject({ users: { jch: { permissions: 'op' } } })
    expect(JSON.parse((await world.copies('attic'))[0] ?? '')).toEqual({ displayName: 'Attic' })
    expect((await stat(world.backups)).mode & 0o777).toBe(0o700)
    for (const file of await readdir(world.backups)) {
      expect((await stat(join(world.backups, file))).mode & 0o777).toBe(0o600)
    }
  })

  it('says of every group that cannot be adopted why, and touches none of them', async () => {
    const others: Record<string, string> = {
      Capital: '{}',
      under_score: '{}',
      admin: '{}',
      elsewhere: '{"redirect":"https://example.org/group/x/"}',
      'half-a-file': '{"displayName":',
      ours: `{"comment":"managed by Pyrite (key of-another)"}`,
    }
    await mkdir(join(galene.groups, 'parent'))
    for (const [name, text] of Object.entries(others)) await galene.write(name, text)
    await galene.write('parent/child', '{}')
    if (way === 'files') {
      await galene.write('unknown', '{"dispalyName":"typo"}')
      await galene.write('more', '{} and a note that Galene does not read')
      await symlink('../link-target.json', join(galene.groups, 'linked.json'))
      await writeFile(join(galene.groups, '../link-target.json'), '{}')
      await writeFile(join(galene.groups, 'latin.json'), LATIN)
      await mkdir(join(galene.groups, 'folder.json'))
    }
    const { code, said } = await adopt('--all')
    expect(code).toBe(0)
    expect(said).toMatch(/Capital: left alone: its name has capital letters/)
    expect(said).toMatch(/under_score: left alone: its name is none for a channel/)
    expect(said).toMatch(/admin: left alone: this word has a meaning/)
    expect(said).toMatch(/elsewhere: left alone: it only leads elsewhere/)
    expect(said).toMatch(/half-a-file: left alone: (its file is not|the call server cannot)/)
    expect(said).toMatch(/ours: left alone: a Pyrite with another signing key manages it/)
    expect(said).toMatch(/parent\/child: left alone: it is a sub-group/)
    if (way === 'files') {
      expect(said).toMatch(/unknown: left alone: .*no field "dispalyName"/)
      expect(said).toMatch(/more: left alone: its file is not one JSON object/)
      expect(said).toMatch(/linked: left alone: its file is a link/)
      expect((await lstat(join(galene.groups, 'linked.json'))).isSymbolicLink()).toBe(true)
      expect(said).toMatch(/latin: left alone: its file is not UTF-8/)
      expect(await readFile(join(galene.groups, 'latin.json'))).toEqual(LATIN)
    }
    for (const [name, text] of Object.entries(others)) expect(await galene.text(name)).toBe(text)
    const again = await adopt('garden', 'nowhere')
    expect(again.code).toBe(1)
    expect(again.said).toMatch(/garden: left alone: it belongs to this Pyrite already/)
    expect(again.said).toMatch(/nowhere: there is no such group/)
    expect((await world.run('list')).said).toMatch(/garden +is the call of its channel, adopted/)
  })

  it('what Galene itself cannot read is refused with the name of the field, and so is a group that has expired', async () => {
    const others: [string, string, RegExp][] = [
      ['seats', '{"Max-Clients":"seven"}', /"Max-Clients" takes only a whole number/],
      ['king', '{"users":{"jch":{"permissions":"king"}}}', /"users" takes only permissions that/],
      ['typo', '{"users":{"jch":{"passwort":"1"}}}', /"users" takes .* without a field "passwort"/],
      ['half', '{"wildcard-user":{"password":7}}', /"wildcard-user" takes only passwords that/],
      ['words', '{"codecs":"vp8"}', /"codecs" takes only a list/],
      ['never', '{"expires":"2030-02-30T00:00:00Z"}', /"expires" takes only a time as in/],
      ['locks', '{"autolock":"yes"}', /"autolock" takes only true or false/],
    ]
    for (const [name, text] of others) await galene.write(name, text)
    const old = '{"expires":"2021-01-01T00:00:00Z"}'
    await galene.write('old', old)
    const { said } = await adopt('--all')
    for (const [name, text, why] of others) {
      // Galene agrees: it is asked the same.
      expect([name, (await fetch(`${galene.url}/group/${name}/.status`)).ok]).toEqual([name, false])
      const line = said.split('\n').find((one) => one.startsWith(`${name}: `))
      expect(line).toMatch(/left alone: (Galene|the call server) cannot/)
      if (way === 'files') expect(line).toMatch(why)
      expect(await galene.text(name)).toBe(text)
    }
    expect(said).toMatch(/old: left alone: it expired at 2021-01-01T00:00:00Z/)
    expect(await galene.text('old')).toBe(old)
  })

  it('names that would play with the terminal become one plain line', async () => {
    const displayName = 'Gar\u001b[2J\u202e\nden: is yours'
    await galene.write('attic', JSON.stringify({ displayName, description: 'a\r\u0007b' }))
    const { said: list } = await world.run('list')
    expect(list).toMatch(/attic +can be adopted: "Gar \[2J den: is yours"/)
    const { said } = await adopt('attic', '--open')
    expect(`${list}${said}`).not.toMatch(/[^\P{Cc}\n]|\u202e/u)
    await start()
    const bob = await pyrite?.signIn('bob')
    const { body } = (await bob?.send('GET', '/api/channels')) ?? {}
    expect(JSON.stringify(body)).toContain('"name":"Gar [2J den: is yours","topic":"a  b"')
  })

  it('says what the settings do that stay, before and when it adopts', async () => {
    const settings = { expires: '2999-01-01T00:00:00Z', 'not-before': '2020-01-01T00:00:00Z' }
    await galene.write('strict', JSON.stringify({ ...settings, autolock: true, autokick: true }))
    for (const more of [['--dry-run'], []]) {
      const { said } = await adopt('strict', ...more)
      expect(said).toContain('expires stays: nobody may join after 2999-01-01T00:00:00Z')
      expect(said).toContain('not-before stays: nobody may join before 2020')
      expect(said).toContain('autolock stays: its call is locked')
      expect(said).toContain('autokick stays: everybody has to leave')
    }
    expect(await galene.read('strict')).toMatchObject({ ...settings, autokick: true })
  })

  it('a group whose name a channel has goes to that channel, which stays as it is', async () => {
    await galene.write('general', '{"displayName":"Hall","autolock":true}')
    expect((await adopt('general')).said).toContain('is given to the channel of this name')
    const { displayName, autolock, users } = await galene.read('general')
    expect([displayName, autolock]).toEqual(['general', true])
    expect(Object.keys(users as Json)).toEqual(['alice', 'bob', 'carol'])
    await world.run('release', 'general')
    expect(await galene.read('general')).toMatchObject({ displayName: 'Hall', autolock: true })
  })

  it('only an admin takes groups over, and only what was adopted is released', async () => {
    const tries: [string[], RegExp][] = [
      [['adopt', 'garden'], /needs --owner/],
      [['adopt', 'garden', '--owner', 'bob'], /bob is no admin/],
      [['adopt', 'garden', '--owner', 'nobody'], /nobody named nobody/],
      [['release', 'garden'], /garden does not belong to Pyrite/],
      [['release', 'nowhere'], /no group nowhere/],
      [['release'], /needs the name of one channel/],
    ]
    if (way === 'api') {
      tries.push([['adopt', 'garden', '--owner', 'alice'], /neither passwords nor keys/])
    }
    for (const [args, why] of tries) {
      const { code, said } = await world.run(...args)
      expect([args, code]).toEqual([args, 2])
      expect(said).toMatch(why)
    }
    await start()
    await eventually(async () => expect(await galene.names()).toContain('general'))
    expect((await world.run('release', 'general')).said).toMatch(/general was not adopted/)
    expect(await galene.text('garden')).toBe(GARDEN)
    const off = { ...world.environment, PYRITE_GALENE_SYNC: 'off' }
    expect((await pyriteCommand(['galene', 'list'], off)).said).toMatch(/sync = "off"/)
  })
})
