import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newSigningKey } from '../../lib/app/secrets.ts'
import { loadConfig } from '../../lib/platform/config/load.ts'
import { createLog } from '../../lib/platform/log.ts'
import { Groups } from '../../lib/sfu/galene/groups/groups.ts'
import { groupsByFiles } from '../../lib/sfu/galene/groups/groups-by-files.ts'
import { createTokens } from '../../lib/sfu/galene/wire/tokens.ts'
import type { Group } from '../../lib/sfu/sfu.ts'
import { eventually } from '../support/eventually.ts'
import { eachSfu, group, type Json, startBridge, type TestBridge } from '../support/sfu.ts'

let folder: string
let source: Group[]
let poked: string[]
let asked: (string | undefined)[]
let answer: number | undefined
let broken: Error | undefined
let made: Groups[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pyrite-sync-'))
  source = [group('garden'), group('attic')]
  poked = []
  asked = []
  answer = undefined
  broken = undefined
  made = []
})
afterEach(async () => {
  for (const groups of made) await groups.stop()
  await rm(folder, { recursive: true, force: true })
})

const { sfu: settings } = loadConfig('/nowhere/config.toml')
const keys = () =>
  createTokens({ config: { ...settings, signing_key: newSigningKey() }, now: () => new Date() })
const KEY = keys()
const start = async ({ jwk } = KEY) => {
  const groups = new Groups({
    port: groupsByFiles({
      folder,
      jwk,
      kids: new Set([jwk.kid]),
      poke: async (name) => {
        poked.push(name)
        return answer
      },
    }),
    source: async (name) => {
      asked.push(name)
      if (broken) throw broken
      return source
    },
    log: createLog('silent'),
    changed: () => undefined,
  })
  made.push(groups)
  await groups.start()
  return groups
}
const path = (name: string) => join(folder, `${name}.json`)
const read = async (name: string): Promise<Json> => JSON.parse(await readFile(path(name), 'utf8'))
const files = async () => (await readdir(folder)).sort()
const mtime = async (name: string) => (await stat(path(name), { bigint: true })).mtimeNs

describe('a group file of somebody else', () => {
  it('that cannot even be read is left alone, and no channel suffers', async () => {
    await mkdir(path('theirs'))
    const groups = await start()
    expect(groups.state('garden')).toEqual({ state: 'in-step' })
    expect(await files()).toEqual(['attic.json', 'garden.json', 'theirs.json'])
  })
})

describe('the group files', () => {
  it('one for each channel, with what the channel says, the public key, and no password', async () => {
    source = [
      group('garden', {
        displayName: 'The garden',
        description: 'Roses',
        maxClients: 7,
        allowRecording: true,
      }),
    ]
    const groups = await start()
    expect(await files()).toEqual(['garden.json'])
    expect(await read('garden')).toEqual({
      displayName: 'The garden',
      description: 'Roses',
      comment: expect.stringMatching(/^managed by Pyrite/),
      public: false,
      'max-clients': 7,
      'allow-recording': true,
      codecs: ['vp8', 'h264', 'opus'],
      authKeys: [{ ...KEY.jwk, kty: 'EC', crv: 'P-256', alg: 'ES256' }],
      users: {
        alice: { permissions: 'op' },
        bob: { permissions: 'present' },
        carol: { permissions: 'present' },
        dave: { permissions: 'message' },
      },
    })
    expect(groups.state('garden')).toEqual({ state: 'in-step' })
    expect(poked).toEqual(['garden'])
  })

  it('are not written again while they are in step', async () => {
    const before = await start()
    await before.stop()
    const times = [await mtime('garden'), await mtime('attic')]
    const groups = await start()
    groups.changed()
    await groups.settled('garden')
    expect(groups.written()).toBe(0)
    expect([await mtime('garden'), await mtime('attic')]).toEqual(times)
  })

  it('follow a change, and only the one that changed', async () => {
    const groups = await start()
    const other = await mtime('attic')
    source[0] = group('garden', { members: new Map([['erin', 'member']]) })
    groups.changed('garden')
    expect(groups.state('garden')).toEqual({ state: 'pending' })
    await groups.settled('garden')
    expect((await read('garden')).users).toEqual({ erin: { permissions: 'present' } })
    expect(groups.state('garden')).toEqual({ state: 'in-step' })
    expect([groups.written(), await mtime('attic')]).toEqual([3, other])
  })

  it('follow a change by asking for the channels that changed alone, and for all where any may have', async () => {
    source = Array.from({ length: 20 }, (_, n) => group(`room-${n}`))
    const groups = await start()
    const askedFor = async (...names: (string | undefined)[]) => {
      asked = []
      for (const name of names) groups.changed(name)
      await eventually(() => expect([...new Set(asked)].sort()).toEqual([...names].sort()))
    }
    await askedFor('room-0')
    await askedFor('room-0', 'room-1', 'gone')
    await askedFor(...source.map(({ name }) => name))
    await askedFor('room-1', undefined)
    expect(groups.written()).toBe(20)
    source = source.slice(1)
    await askedFor('room-0', 'room-1')
    await groups.settled('room-0')
    expect((await files()).includes('room-0.json')).toBe(false)
  })

  it('grow older never: equal-sized rewrites in one moment have ever later times', async () => {
    const groups = await start()
    let last = await mtime('garden')
    for (let n = 0; n < 30; n += 1) {
      source[0] = group('garden', { description: `${n}`.padStart(5, '0') })
      groups.changed('garden')
      await groups.settled('garden')
      const next = await mtime('garden')
      expect(next).toBeGreaterThan(last)
      last = next
    }
  })

  it('come back when somebody changed, emptied or removed them', async () => {
    const first = await start()
    await first.stop()
    const text = await readFile(path('garden'), 'utf8')
    await writeFile(path('garden'), text.replace('"public": false', '"public": true'))
    await rm(path('attic'))
    const groups = await start()
    expect((await read('garden')).public).toBe(false)
    expect(await files()).toEqual(['attic.json', 'garden.json'])
    expect(groups.written()).toBe(2)
  })

  it('keep what others set and Galene knows; drop what would break or crash it', async () => {
    const first = await start()
    await first.stop()
    const theirs = { codecs: ['vp8', 'opus'], autolock: true, 'max-history-age': 60 }
    const unreadable = { autokick: 'yes', 'wildcard-user': { permissions: 'king' } }
    const odd = { redirect: 'https://elsewhere', colour: 'green', ...unreadable }
    const more = { ...theirs, ...odd, Contact: 'me' }
    await writeFile(path('garden'), JSON.stringify({ ...(await read('garden')), ...more }))
    await start()
    const now = await read('garden')
    expect(now).toMatchObject({ ...theirs, contact: 'me', displayName: 'garden' })
    for (const gone of [...Object.keys(odd), 'Contact']) expect(now).not.toHaveProperty(gone)
  })

  it('carry H.264 too, which devices send, where nobody says what they carry', async () => {
    const first = await start()
    await first.stop()
    await writeFile(path('attic'), JSON.stringify({ ...(await read('attic')), codecs: null }))
    const groups = await start()
    expect(await read('attic')).toMatchObject({ codecs: ['vp8', 'h264', 'opus'] })
    expect(groups.written()).toBe(1)
  })

  it.each([
    ['without our comment', '{"displayName":"theirs","users":{"x":{"password":"y"}}}'],
    ['with a comment of its own', '{"comment":"not managed by Pyrite"}'],
    ['that is no JSON', '{"comment":"managed by Pyr'],
  ])('leave a file alone %s, and say why it is not in step', async (_what, text) => {
    await writeFile(path('garden'), text)
    const groups = await start()
    expect(await readFile(path('garden'), 'utf8')).toBe(text)
    expect(groups.state('garden')).toEqual({
      state: 'failed',
      reason: expect.stringMatching(/manages|not one JSON object/),
    })
    expect(groups.state('attic')).toEqual({ state: 'in-step' })
  })

  it('go when their channel is gone, if this very Pyrite wrote them; all others stay', async () => {
    await (await start(keys())).stop()
    await writeFile(path('theirs'), '{}')
    await writeFile(join(folder, 'notes.txt'), 'mine')
    source = [group('garden'), group('shed')]
    const groups = await start()
    expect(await files()).toEqual([
      'attic.json',
      'garden.json',
      'notes.txt',
      'shed.json',
      'theirs.json',
    ])
    source = [group('garden')]
    groups.changed('shed')
    await groups.settled('shed')
    expect(await files()).toEqual(['attic.json', 'garden.json', 'notes.txt', 'theirs.json'])
    expect(groups.state('shed')).toEqual({ state: 'pending' })
  })

  it.each(['../x', 'a/b', '.', '..', 'CON', 'nul', 'x'.repeat(10_000), 'a\\b', 'gаrden', ''])(
    'have no path-like name: %j',
    async (name) => {
      source = [group(name), group('attic')]
      const groups = await start()
      groups.changed(name)
      await groups.settled(name)
      expect(await files()).toEqual(['attic.json'])
      expect(groups.state(name).state).not.toBe('in-step')
    },
  )

  it('are tried again after a failure, and the state says so meanwhile', async () => {
    const groups = await start()
    broken = new Error('the database is locked')
    groups.changed('garden')
    await eventually(() =>
      expect(groups.state('garden')).toEqual({ state: 'failed', reason: 'the database is locked' }),
    )
    broken = undefined
    await eventually(() => expect(groups.state('garden')).toEqual({ state: 'in-step' }))
  })

  it('are failed where the call server cannot read them, until it can', async () => {
    answer = 500
    const groups = await start()
    const reason = 'the call server cannot read the group (it answers 500)'
    expect(groups.state('garden')).toEqual({ state: 'failed', reason })
    answer = undefined
    await eventually(() => expect(groups.state('garden')).toEqual({ state: 'in-step' }))
  })

  it('are never half written: what a kill left over is cleared, links are replaced, not followed', async () => {
    await writeFile(join(folder, '.pyrite-garden.tmp'), '{"disp')
    const outside = join(folder, 'outside.txt')
    await writeFile(outside, '{"comment":"managed by Pyrite"}')
    await symlink(outside, path('garden'))
    await start()
    expect(await files()).toEqual(['attic.json', 'garden.json', 'outside.txt'])
    expect((await read('garden')).displayName).toBe('garden')
    expect(await readFile(outside, 'utf8')).toBe('{"comment":"managed by Pyrite"}')
  })

  it('a thousand with a hundred members each: cold, and then nothing to do', async () => {
    const members = new Map(
      Array.from({ length: 100 }, (_, n) => [`person-${n}`, 'member'] as const),
    )
    source = Array.from({ length: 1_000 }, (_, n) => group(`channel-${n}`, { members }))
    const groups = await start()
    expect([groups.written(), (await files()).length]).toEqual([1_000, 1_000])
    groups.changed()
    await groups.settled('channel-0')
    expect(groups.written()).toBe(1_000)
  }, 20_000)
})

eachSfu('the group files, as the call server reads them', (under) => {
  let bridge: TestBridge
  beforeEach(async () => {
    bridge = await startBridge({ sfu: under })
  })
  afterEach(() => bridge.stop())

  it('a change is enforced at the next join, equal size or not', async () => {
    for (const [limit, kind] of [
      [1, 'fail'],
      [3, 'join'],
      [1, 'fail'],
      [2, 'join'],
    ] as const) {
      bridge.groups[0] = group('garden', { maxClients: limit })
      bridge.sfu.groupsChanged('garden')
      await eventually(() => expect(bridge.sfu.syncState('garden').state).toBe('in-step'))
      const bob = await bridge.join('bob')
      expect(bob.joined.kind).toBe('join')
      const carol = await bridge.join('carol')
      expect([limit, carol.joined.kind]).toEqual([limit, kind])
      for (const person of [bob, carol]) person.socket.close()
      await eventually(() => expect(bridge.sfu.participants('garden')).toEqual([]))
    }
  })

  it('a channel that is gone is no group any more', async () => {
    const bob = await bridge.join('bob', 'attic')
    bridge.groups.splice(1, 1)
    bridge.sfu.groupsChanged('attic')
    await eventually(async () =>
      expect(await readdir(bridge.config.sfu.groups_dir)).toEqual(['garden.json']),
    )
    const carol = await bridge.join('carol', 'attic')
    expect(carol.joined.kind).toBe('fail')
    expect(bob.isOpen()).toBe(true)
  })
})
