import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startGalene, type TestGalene } from '../support/galene.ts'
import { startLine } from '../support/line.ts'
import { makeNamespace } from '../support/namespace.ts'
import { galenes, group, startBridge, type TestBridge } from '../support/sfu.ts'

/** How soon everybody is told, and everything is in step again, after the fault is over. Milliseconds. */
const TOLD_MS = 10_000
const BACK_MS = 10_000
/** Who says nothing hears of it when Pyrite's own looks have found it out: every five seconds, three long. */
const IDLE_TOLD_MS = 14_000

const inCall = (bridge: TestBridge) => Promise.all([bridge.join('alice'), bridge.join('bob')])

/** Something that comes back and lets everybody in, with what changed meanwhile. */
const mustBeBack = async (bridge: TestBridge, since: number) => {
  await eventually(async () => {
    expect(bridge.health().reachable).toBe(true)
    expect(bridge.sfu.syncState('garden')).toEqual({ state: 'in-step' })
    const { joined, socket } = await bridge.join('bob')
    socket.close()
    expect(joined.kind).toBe('join')
  }, BACK_MS)
  expect(performance.now() - since).toBeLessThan(BACK_MS)
}

describe.each(galenes())('a paired Galene, %s', (binary) => {
  let galene: TestGalene
  let bridge: TestBridge | undefined
  const pair = async (url: string, groups_dir: string) => {
    bridge = await startBridge({ url, settings: { groups_dir, connect_seconds: 2 } })
    return bridge
  }
  beforeEach(async () => {
    galene = await startGalene({ binary })
  })
  afterEach(async () => {
    galene.signal('SIGCONT')
    await bridge?.stop()
    await galene.end()
  })

  it('killed: everybody is told to come back; what changes meanwhile counts when it is there again [SFU-16]', async () => {
    const { sfu, groups, health, join, open } = await pair(galene.url, galene.groups)
    const people = await inCall(bridge as TestBridge)
    await galene.stop()
    for (const person of people) expect((await person.isClosed()).code).toBe(1012)
    await eventually(() => expect(health().reachable).toBe(false), TOLD_MS)
    groups[0] = group('garden', { members: new Map([['bob', 'listener']]) })
    sfu.groupsChanged('garden')
    await open('bob').hears({ type: 'usermessage', kind: 'error' })
    const since = performance.now()
    await galene.start()
    await mustBeBack(bridge as TestBridge, since)
    expect((await join('bob')).joined.permissions).toEqual(['message'])
    expect((await join('alice')).joined).toMatchObject({ kind: 'fail', error: 'not-found' })
  }, 40_000)

  it('that hangs: those in a call and newcomers are told within ten seconds; it goes on as if nothing was [SFU-14]', async () => {
    const { sfu, groups, health, open, join } = await pair(galene.url, galene.groups)
    const people = await inCall(bridge as TestBridge)
    galene.signal('SIGSTOP')
    const stopped = performance.now()
    for (const person of people) person.send({ type: 'ping' })
    const newcomer = open('carol')
    await newcomer.hears({ type: 'usermessage', kind: 'error' }, TOLD_MS)
    expect((await newcomer.isClosed()).code).toBe(1013)
    for (const person of people) {
      await person.hears({ type: 'usermessage', kind: 'error' }, TOLD_MS)
      expect(await person.isClosed(TOLD_MS)).toMatchObject({ code: 1013 })
    }
    expect(performance.now() - stopped).toBeLessThan(TOLD_MS + 1_000)
    await eventually(() => expect(health().reachable).toBe(false), TOLD_MS)
    groups[0] = group('garden', { members: new Map([['bob', 'listener']]) })
    sfu.groupsChanged('garden')
    const since = performance.now()
    galene.signal('SIGCONT')
    await mustBeBack(bridge as TestBridge, since)
    expect((await join('bob')).joined.permissions).toEqual(['message'])
  }, 60_000)

  it('that answers slowly: people join and hear each other, late and in order', async () => {
    const line = await startLine(galene.url)
    line.slow({ bytesPerTurn: 400, everyMs: 100 })
    const slow = await pair(line.url, galene.groups)
    const [alice, bob] = await inCall(slow)
    if (!alice || !bob) throw new Error('nobody came')
    for (let n = 0; n < 20; n += 1) {
      alice.send({ type: 'usermessage', kind: 'n', value: n, dest: bob.id })
    }
    await bob.hears({ kind: 'n', value: 19 }, 15_000)
    expect(bob.all({ kind: 'n' }).map(({ value }) => value)).toEqual([...Array(20).keys()])
    expect([alice.isOpen(), bob.isOpen(), slow.health().reachable]).toEqual([true, true, true])
    await line.refuse()
  }, 40_000)

  it('that refuses: everybody is told at once, and all is well when it no longer does [SFU-2]', async () => {
    const line = await startLine(galene.url)
    const refused = await pair(line.url, galene.groups)
    const people = await inCall(refused)
    await line.refuse()
    for (const person of people) expect((await person.isClosed()).code).toBe(1012)
    const newcomer = refused.open('carol')
    await newcomer.hears({ type: 'usermessage', kind: 'error' }, 2_000)
    expect((await newcomer.isClosed()).code).toBe(1013)
    const since = performance.now()
    await line.serve()
    await mustBeBack(refused, since)
    await line.refuse()
  }, 40_000)
})

const network = makeNamespace()
network?.remove()
if (!network)
  process.stderr.write('Left out: a cut network. This user may not make network namespaces.\n')

describe.runIf(network).each(galenes())('a network that is cut, to %s', (binary) => {
  it('is told to those who speak within ten seconds, to newcomers sooner, to the silent soon after; it heals by itself [SFU-14]', async () => {
    const cable = makeNamespace()
    if (!cable) throw new Error('no network of its own')
    const galene = await startGalene({ binary, within: cable })
    const settings = { groups_dir: galene.groups, connect_seconds: 2 }
    const bridge = await startBridge({ url: galene.url, settings })
    try {
      const people = await inCall(bridge)
      const listener = await bridge.join('dave')
      cable.cut()
      const cutAt = performance.now()
      for (const person of people) person.send({ type: 'ping' })
      const newcomer = bridge.open('carol')
      await newcomer.hears({ type: 'usermessage', kind: 'error' }, 3_000)
      for (const person of people) {
        await person.hears({ type: 'usermessage', kind: 'error' }, TOLD_MS)
        expect((await person.isClosed()).code).toBe(1013)
      }
      await eventually(() => expect(bridge.health().reachable).toBe(false), TOLD_MS)
      expect((await listener.isClosed(TOLD_MS)).code).toBe(1013)
      expect(performance.now() - cutAt).toBeLessThan(IDLE_TOLD_MS)
      bridge.groups.push(group('cellar'))
      bridge.sfu.groupsChanged('cellar')
      const since = performance.now()
      cable.mend()
      await mustBeBack(bridge, since)
      expect((await bridge.join('bob', 'cellar')).joined.kind).toBe('join')
    } finally {
      await bridge.stop()
      await galene.end()
      cable.remove()
    }
  }, 60_000)
})
