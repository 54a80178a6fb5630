import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { printGroup } from '../../lib/sfu/galene/index.ts'
import { eventually } from '../support/eventually.ts'
import { startGalene, type TestGalene } from '../support/galene.ts'
import { type Gate, startGate } from '../support/gate.ts'
import { galenes, group, startBridge, type TestBridge } from '../support/sfu.ts'

const CHANNELS = 1_000
const LOOK_MS = 10_000

describe.each(galenes())('groups that nobody has made yet, with %s', (binary) => {
  let galene: TestGalene
  let gate: Gate
  let bridge: TestBridge | undefined
  let asked: string[]

  beforeEach(async () => {
    galene = await startGalene({ binary })
    gate = await startGate(galene.url)
    asked = []
    gate.before(async ({ url = '' }) => {
      if (url.endsWith('/.status')) asked.push(url)
    })
  })
  afterEach(async () => {
    await bridge?.stop()
    await gate.stop()
    await galene.end()
  })

  it('are asked for a few at a time, and by a join at once', async () => {
    const groups = Array.from({ length: CHANNELS }, (_, n) => group(`room-${n}`))
    bridge = await startBridge({ url: gate.url, groups, galene: { sync: 'off' } })
    const { sfu, config } = bridge
    const failed = () => groups.filter(({ name }) => sfu.syncState(name).state === 'failed').length
    await eventually(() => expect(failed()).toBe(CHANNELS), LOOK_MS)
    await gate.isCalm()
    asked.length = 0
    const since = performance.now()
    await eventually(() => expect(performance.now() - since).toBeGreaterThan(LOOK_MS), 2 * LOOK_MS)
    expect(asked.length).toBeLessThan(100)

    await galene.write('room-900', printGroup(config, group('room-900')))
    expect((await bridge.join('bob', 'room-900')).joined.kind).toBe('join')
    expect(sfu.syncState('room-900').state).toBe('in-step')
    for (const each of groups) await galene.write(each.name, printGroup(config, each))
    await eventually(() => expect(failed()).toBe(0), LOOK_MS)
  }, 60_000)
})
