import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newSigningKey } from '../../lib/app/secrets.ts'
import type { Group } from '../../lib/sfu/sfu.ts'
import { joinAsStock } from '../support/adopting.ts'
import { eventually } from '../support/eventually.ts'
import { ADMIN, joinDirectly, startGalene, type TestGalene, WITH_ADMIN } from '../support/galene.ts'
import { type Gate, type Hook, startGate } from '../support/gate.ts'
import { galenes, group, type Json, startBridge, type TestBridge } from '../support/sfu.ts'

const isWrite = ({ method }: IncomingMessage) => method === 'PUT' || method === 'DELETE'
const WHOLE = ['alice', 'bob', 'carol', 'dave']
const ROLES = ['moderator', 'member', 'listener'] as const

/** A Galene that leaves the words of its older formats out, as it does with all that it does not know. */
const forgetsOldWords =
  (target: string): Hook =>
  async (request, response) => {
    const { method = '', url = '', headers } = request
    if (method !== 'PUT' || !/\.groups\/[^/]+$/.test(url)) return
    const {
      op: _op,
      presenter: _presenter,
      other: _other,
      ...group
    } = JSON.parse(await text(request))
    const passed = ['authorization', 'content-type', 'if-match', 'if-none-match'].flatMap((name) =>
      headers[name] === undefined ? [] : [[name, String(headers[name])]],
    )
    const question = { method, headers: Object.fromEntries(passed), body: JSON.stringify(group) }
    response.writeHead((await fetch(`${target}${url}`, question)).status).end()
    return true
  }

describe.each(galenes())("Galene's admin API, of %s", (binary) => {
  let galene: TestGalene
  let gate: Gate
  let bridge: TestBridge | undefined
  let groups: Group[]
  let lasting: { signing_key: string; data_dir: string }

  const start = async (pairing: { api_user?: string; api_password?: string } = {}) => {
    bridge = await startBridge({
      url: gate.url,
      groups,
      settings: lasting,
      galene: { sync: 'api', api_user: ADMIN.user, api_password: ADMIN.password, ...pairing },
    })
    return bridge
  }
  const state = (name = 'garden') => bridge?.sfu.syncState(name)
  const inStep = (name = 'garden') =>
    eventually(() => expect(state(name)).toEqual({ state: 'in-step' }), 15_000)
  const hasFailed = (reason: RegExp, name = 'garden') =>
    eventually(() =>
      expect(state(name)).toEqual({ state: 'failed', reason: expect.stringMatching(reason) }),
    )
  const ticket = (username: string, role: 'moderator' | 'member', name = 'garden') =>
    ({ username, group: name, role, recording: false }) as const
  const config = () => ({ ...(bridge as TestBridge).config.sfu, ...lasting })

  beforeEach(async () => {
    const data_dir = await mkdtemp(join(tmpdir(), 'pyrite-api-'))
    lasting = { signing_key: newSigningKey(), data_dir }
    groups = [group('garden')]
    galene = await startGalene({ binary, config: WITH_ADMIN })
    gate = await startGate(galene.url)
  })
  afterEach(async () => {
    await bridge?.stop()
    await gate.stop()
    await galene.end()
    await rm(lasting.data_dir, { recursive: true, force: true })
  })

  it('lets nobody into a group that is not whole, at no moment of writing it', async () => {
    groups = []
    await start()
    groups.push(group('garden', { displayName: 'Roses', maxClients: 3 }))
    const seen: { member: unknown; op: unknown; isWhole: boolean }[] = []
    gate.before(async (request) => {
      if (!isWrite(request)) return
      const text = await galene.text('garden').catch(() => '{}')
      const { users = {}, authKeys, displayName } = JSON.parse(text) as Json
      const isWhole =
        Object.keys(users as Json).length === WHOLE.length && authKeys && displayName === 'Roses'
      const tries = ['bob', 'alice'].map((name) =>
        joinDirectly(galene.url, config(), ticket(name, name === 'bob' ? 'member' : 'moderator')),
      )
      const [member, op] = (await Promise.all(tries)).map(({ kind }) => kind)
      const guesses = ['', 'x', '{}'].map((password) =>
        joinAsStock(galene.url, 'garden', { username: 'alice', password }),
      )
      expect((await Promise.all(guesses)).map(({ kind }) => kind)).toEqual(Array(3).fill('fail'))
      seen.push({ member, op, isWhole: Boolean(isWhole) })
    })
    bridge?.sfu.groupsChanged('garden')
    await inStep()
    expect(seen.length).toBe(3)
    expect(seen.filter(({ member }) => member !== 'fail')).toEqual([])
    expect(seen.filter(({ op, isWhole }) => op !== 'fail' && !isWhole)).toEqual([])
    const joined = await joinDirectly(galene.url, config(), ticket('bob', 'member'))
    expect(joined).toMatchObject({ kind: 'join' })
  })

  it('a Pyrite that dies at any write leaves a group closed, and the next one makes it whole', async () => {
    groups = []
    for (let last = 0; last < 4; last += 1) {
      const name = `room-${last}`
      let writes = 0
      gate.before(async (request, response) => {
        if (isWrite(request)) writes += 1
        if (writes > last) response.destroy()
        return writes > last
      })
      groups.push(group(name))
      const before = await start()
      const member = await joinDirectly(galene.url, config(), ticket('bob', 'member', name))
      expect([name, member.kind]).toEqual([name, last < 3 ? 'fail' : 'join'])
      await before.stop()
      gate.before(async () => undefined)
      const after = await start()
      await inStep(name)
      expect(Object.keys((await galene.read(name)).users as Json).sort()).toEqual(WHOLE)
      expect(await galene.read(name)).not.toHaveProperty('expires')
      const joined = await joinDirectly(galene.url, config(), ticket('bob', 'member', name))
      expect([name, joined.kind]).toEqual([name, 'join'])
      await after.stop()
    }
    bridge = undefined
  }, 30_000)

  it('says which of its settings are missing, and goes on by itself once they are there', async () => {
    await start({ api_password: 'wrong' })
    await hasFailed(/"permissions": "admin"/)
    await bridge?.stop()
    await galene.setConfig({ ...WITH_ADMIN, writableGroups: false })
    await start()
    await hasFailed(/"writableGroups": true/)
    await galene.setConfig({ nonsense: true })
    await hasFailed(/config.json must be valid/)
    await galene.setConfig(WITH_ADMIN)
    await inStep()
    expect(bridge?.lines.join('')).not.toContain(ADMIN.password)
  })

  it('says so where there is no admin API at that address', async () => {
    gate.before(async ({ url }, response) => {
      if (!url?.startsWith('/galene-api/')) return
      response.writeHead(404).end()
      return true
    })
    await start()
    await hasFailed(/has no admin API/)
  })

  it('keeps what somebody else writes at the same moment [FACT-API]', async () => {
    await start()
    await inStep()
    groups[0] = group('garden', { displayName: 'Roses' })
    let races = 0
    gate.before(async ({ method, url }) => {
      if (method !== 'PUT' || !url?.endsWith('/garden') || races > 0) return
      races += 1
      await galene.write(
        'garden',
        JSON.stringify({ ...(await galene.read('garden')), contact: 'me' }),
      )
    })
    bridge?.sfu.groupsChanged('garden')
    await inStep()
    expect(races).toBe(1)
    expect(await galene.read('garden')).toMatchObject({ displayName: 'Roses', contact: 'me' })
  })

  it('tries again where a race was lost, and says so where Galene never takes it; others go on', async () => {
    await start()
    await inStep()
    let refusals = 0
    const refuse = (most: number) =>
      gate.before(async (request, response) => {
        if (!isWrite(request) || !request.url?.includes('garden') || refusals >= most) return
        refusals += 1
        response.writeHead(500).end('Internal server error')
        return true
      })
    refuse(1)
    groups[0] = group('garden', { displayName: 'Roses' })
    bridge?.sfu.groupsChanged('garden')
    await inStep()
    expect([refusals, (await galene.read('garden')).displayName]).toEqual([1, 'Roses'])
    refuse(Number.POSITIVE_INFINITY)
    groups[0] = group('garden', { displayName: 'Lilies' })
    groups.push(group('attic'))
    bridge?.sfu.groupsChanged()
    await hasFailed(/does not take the group \(it answers 500\)/)
    await inStep('attic')
    gate.before(async () => undefined)
    await inStep()
    expect((await galene.read('garden')).displayName).toBe('Lilies')
  })

  it('takes passwords and foreign users out of a group that is handed over, and keeps the rest', async () => {
    const theirs = {
      comment: 'managed by Pyrite',
      codecs: ['vp8', 'opus'],
      users: {
        bob: { password: 'known to many', permissions: 'op' },
        mallory: { password: 'let me in', permissions: 'op' },
      },
      authKeys: [],
    }
    await galene.write('garden', JSON.stringify(theirs))
    await start()
    await inStep()
    const { users, codecs } = await galene.read('garden')
    expect(codecs).toEqual(theirs.codecs)
    expect(Object.keys(users as Json).sort()).toEqual(WHOLE)
    expect((users as Json).bob).toEqual({ permissions: 'present' })
  })

  it('writes the people of a new group at once, and many who come later; one by one at a Galene that no longer knows how', async () => {
    const many = (count: number) =>
      new Map(Array.from({ length: count }, (_, n) => [`person-${n}`, ROLES[n % 3] ?? 'member']))
    const names = async () => Object.keys((await galene.read('garden')).users as Json)
    let writes = 0
    gate.before(async (request) => {
      if (isWrite(request)) writes += 1
    })
    groups[0] = group('garden', { members: many(50) })
    await start()
    await inStep()
    expect([writes, (await names()).length]).toEqual([3, 50])
    groups[0] = group('garden', { members: many(100) })
    bridge?.sfu.groupsChanged('garden')
    await inStep()
    expect([writes, (await names()).length]).toEqual([5, 100])
    const words = ['op', 'present', 'message']
    expect((await galene.read('garden')).users).toEqual(
      Object.fromEntries(
        Array.from({ length: 100 }, (_, n) => [`person-${n}`, { permissions: words[n % 3] }]),
      ),
    )
    gate.before(forgetsOldWords(galene.url))
    groups[0] = group('garden', { members: many(103) })
    groups.push(group('attic'))
    bridge?.sfu.groupsChanged('garden')
    bridge?.sfu.groupsChanged('attic')
    await inStep()
    await inStep('attic')
    expect((await names()).length).toBe(103)
    expect(Object.keys((await galene.read('attic')).users as Json).sort()).toEqual(WHOLE)
  })

  it('a join to a group in step, or to one that has just changed, waits for no round over the others, however slow the API is', async () => {
    groups.push(...Array.from({ length: 200 }, (_, n) => group(`room-${n}`)))
    const { health, join } = await start()
    await Promise.all(groups.map(({ name }) => inStep(name)))
    await gate.isCalm()
    await galene.stop()
    await eventually(() => expect(health().reachable).toBe(false), 10_000)
    const looked = new Set<string>()
    gate.before(async ({ url = '' }) => {
      const [, name] = /\.groups\/([^./][^/]*)/.exec(url) ?? []
      if (!url.startsWith('/galene-api/')) return
      await pause(200)
      if (name) looked.add(name)
    })
    await galene.start()
    await eventually(() => expect(looked.size).toBeGreaterThan(0), 10_000)
    const joinTime = async (name: string) => {
      const since = performance.now()
      expect((await join('bob', name)).joined).toMatchObject({ kind: 'join' })
      return performance.now() - since
    }
    expect(await joinTime('room-190')).toBeLessThan(1_000)
    groups.push(group('shed'))
    bridge?.sfu.groupsChanged('shed')
    expect(await joinTime('shed')).toBeLessThan(4_000)
    const states = groups.map(({ name }) => state(name)?.state)
    expect(new Set(states)).toEqual(new Set(['in-step']))
    expect(looked.size).toBeLessThan(groups.length - 20)
    await eventually(() => expect(looked.size).toBe(groups.length), 15_000)
  }, 60_000)

  it('a file that Galene cannot read is its owner’s: it is left alone, and said', async () => {
    await galene.write('garden', '{"half')
    groups.push(group('attic'))
    await start()
    await hasFailed(/cannot read the group \(it answers 500\)/)
    await inStep('attic')
    expect(await galene.text('garden')).toBe('{"half')
  })
})
