import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newSigningKey } from '../../lib/app/secrets.ts'
import { printGroup } from '../../lib/sfu/galene/index.ts'
import type { Group } from '../../lib/sfu/sfu.ts'
import { eventually } from '../support/eventually.ts'
import { ADMIN, joinDirectly, startGalene, type TestGalene, WITH_ADMIN } from '../support/galene.ts'
import { galenes, group, startBridge, type TestBridge } from '../support/sfu.ts'

type Way = 'files' | 'api' | 'off'
const WAYS: readonly Way[] = ['files', 'api', 'off']
const RUNS = galenes().flatMap((binary) => WAYS.map((way) => ({ binary, way })))

describe.each(RUNS)('groups kept by $way, with $binary', ({ binary, way }) => {
  let galene: TestGalene
  let bridge: TestBridge
  let groups: Group[]
  /** What stays when Pyrite starts anew. */
  let lasting: { signing_key: string; data_dir: string }

  /** Who keeps groups by hand puts there what Pyrite prints. */
  const byHand = async () => {
    if (way !== 'off') return
    for (const each of groups) await galene.write(each.name, printGroup(bridge.config, each))
  }
  const start = async () => {
    bridge = await startBridge({
      url: galene.url,
      groups,
      settings: { ...lasting, ...(way === 'files' && { groups_dir: galene.groups }) },
      galene: { sync: way, api_user: ADMIN.user, api_password: ADMIN.password },
    })
  }
  const state = (name: string) => bridge.sfu.syncState(name)
  const inStep = (name = 'garden') =>
    eventually(() => expect(state(name)).toMatchObject({ state: 'in-step' }), 10_000)
  const change = async (...names: string[]) => {
    await byHand()
    for (const name of names) bridge.sfu.groupsChanged(name)
  }
  const outcome = async (who: string, name = 'garden') => {
    const { joined, socket } = await bridge.join(who, name)
    socket.close()
    return joined.kind
  }

  beforeEach(async () => {
    const data_dir = await mkdtemp(join(tmpdir(), 'pyrite-ways-'))
    lasting = { signing_key: newSigningKey(), data_dir }
    groups = [group('garden', { displayName: 'The garden', maxClients: 2 }), group('attic')]
    galene = await startGalene({ binary, config: WITH_ADMIN })
    await start()
    await change('garden', 'attic')
  })
  afterEach(async () => {
    await bridge.stop()
    await galene.end()
    await rm(lasting.data_dir, { recursive: true, force: true })
  })

  it('members join with their roles, and outsiders do not', async () => {
    await inStep()
    const alice = await bridge.join('alice')
    expect(alice.joined).toMatchObject({ kind: 'join', username: 'alice' })
    expect(alice.joined.permissions).toContain('op')
    const dave = await bridge.join('dave')
    expect(dave.joined).toMatchObject({ kind: 'join', permissions: ['message'] })
    const mallory = await bridge.join('mallory')
    expect(mallory.joined).toMatchObject({ kind: 'fail', error: 'not-found' })
    expect((alice.joined.status as { displayName: string }).displayName).toBe('The garden')
  })

  it('the group says what the channel says, carries our key, and nobody has a password', async () => {
    await inStep()
    const { authKeys, users = {}, ...fields } = await galene.read('garden')
    expect(fields).toMatchObject({ displayName: 'The garden', 'max-clients': 2 })
    expect(authKeys).toEqual([expect.objectContaining({ kty: 'EC', alg: 'ES256' })])
    expect(JSON.stringify(users)).not.toContain('"password"')
    const roles = { alice: 'op', bob: 'present', carol: 'present', dave: 'message' }
    const wanted = Object.entries(roles).map(([name, permissions]) => [name, { permissions }])
    expect(users).toEqual(way === 'off' ? {} : Object.fromEntries(wanted))
  })

  it('a change is enforced at the next join, and a new channel is a group', async () => {
    await inStep()
    const people = [await bridge.join('bob'), await bridge.join('carol')]
    expect(await outcome('dave')).toBe('fail')
    groups[0] = group('garden', { maxClients: 3 })
    groups.push(group('shed'))
    await change('garden', 'shed')
    await inStep('garden')
    expect(await outcome('dave')).toBe('join')
    await inStep('shed')
    expect(await outcome('bob', 'shed')).toBe('join')
    expect(people.every((person) => person.isOpen())).toBe(true)
  })

  it('what others set stays, and so do groups that are not ours, whatever becomes of channels', async () => {
    await inStep('attic')
    const theirs = '{"displayName":"theirs","users":{"root":{"permissions":"op"}}}'
    await galene.write('theirs', theirs)
    await galene.write('shed', theirs)
    const mine = { ...(await galene.read('garden')), autolock: true, contact: 'me' }
    if (way !== 'off') await galene.write('garden', JSON.stringify(mine))
    groups[0] = group('garden', { displayName: 'Roses', maxClients: 2 })
    groups.push(group('shed'))
    if (way === 'off') for (const name of ['garden', 'shed']) bridge.sfu.groupsChanged(name)
    else await change('garden', 'shed')
    if (way !== 'off') {
      await eventually(() => expect(state('shed').reason).toMatch(/does not say that Pyrite/))
      await inStep()
      expect(await galene.read('garden')).toMatchObject({ ...mine, displayName: 'Roses' })
    }
    groups.splice(1)
    bridge.sfu.groupsChanged()
    const left = way === 'off' ? ['attic', 'garden'] : ['garden']
    await eventually(async () => expect(await galene.names()).toEqual([...left, 'shed', 'theirs']))
    expect([await galene.text('theirs'), await galene.text('shed')]).toEqual([theirs, theirs])
  })

  it('nothing is written again while it is in step, not even after a new start', async () => {
    await inStep('garden')
    await inStep('attic')
    const before = [await galene.text('garden'), await galene.text('attic')]
    const times = await galene.times()
    await bridge.stop()
    await start()
    await inStep('garden')
    await inStep('attic')
    expect([await galene.text('garden'), await galene.text('attic')]).toEqual(before)
    expect(await galene.times()).toEqual(times)
  })

  it('a Galene that comes back with nothing is given everything again, or what is missing is said', async () => {
    await inStep()
    await galene.stop()
    for (const name of await galene.names()) await galene.remove(name)
    await eventually(() => expect(bridge.health().reachable).toBe(false), 10_000)
    await galene.start()
    if (way === 'off') {
      await eventually(
        () =>
          expect(state('garden')).toMatchObject({
            state: 'failed',
            reason: expect.stringContaining('pyrite galene print garden'),
          }),
        10_000,
      )
      await byHand()
      bridge.sfu.groupsChanged()
    }
    await eventually(async () => expect(await outcome('bob')).toBe('join'), 10_000)
    await inStep()
  })

  it('a new signing key replaces the old one, whose tokens no longer let in', async () => {
    await inStep()
    const old = bridge.config.sfu
    await bridge.stop()
    lasting.signing_key = newSigningKey()
    await start()
    await change('garden', 'attic')
    await inStep()
    const ticket = { username: 'bob', group: 'garden', role: 'member', recording: false } as const
    expect(await joinDirectly(galene.url, old, ticket)).toMatchObject({ kind: 'fail' })
    expect(await outcome('bob')).toBe('join')
  })

  it('no secret reaches the log', async () => {
    await inStep()
    const basic = Buffer.from(`${ADMIN.user}:${ADMIN.password}`).toString('base64')
    for (const secret of [ADMIN.password, basic, lasting.signing_key]) {
      expect(bridge.lines.join('')).not.toContain(secret)
    }
  })

  // By hand nobody writes a group.
  if (way !== 'off')
    it('two Pyrites do not fight over a group: the first one says so, and leaves it', async () => {
      await inStep()
      const data_dir = await mkdtemp(join(tmpdir(), 'pyrite-ways-other-'))
      const other = await startBridge({
        url: galene.url,
        groups,
        settings: { data_dir, ...(way === 'files' && { groups_dir: galene.groups }) },
        galene: { sync: way, api_user: ADMIN.user, api_password: ADMIN.password },
      })
      await eventually(() => expect(other.sfu.syncState('garden').state).toBe('in-step'), 10_000)
      const theirs = await galene.text('garden')
      await change('garden')
      await eventually(() =>
        expect(state('garden')).toMatchObject({
          state: 'failed',
          reason: expect.stringContaining('another Pyrite'),
        }),
      )
      await other.stop()
      expect(await galene.text('garden')).toBe(theirs)
      await bridge.stop()
      await start()
      await inStep()
      expect(await outcome('bob')).toBe('join')
      await rm(data_dir, { recursive: true })
    })
})
