import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLog } from '../../../../../../lib/platform/log.ts'
import { Groups } from '../../../../../../lib/sfu/galene/groups/groups.ts'
import type { Group, GroupPort } from '../../../../../../lib/sfu/sfu.ts'
import { group } from '../../../../../support/sfu.ts'

const TEN_SECONDS = 10_000
const TEN_MINUTES = 600_000

/** Groups kept in memory, until a test takes the disk away. */
const kept = new Set<string>()
let tries: string[]
let broken: boolean
const mustWork = (name: string) => {
  tries.push(name)
  if (broken) throw new Error('EROFS')
}
const port: GroupPort = {
  prepare: async () => undefined,
  names: async () => [...kept],
  flush: async () => undefined,
  keep: async ({ name }) => {
    mustWork(name)
    const isNew = !kept.has(name)
    kept.add(name)
    return isNew
  },
  drop: async (name) => {
    mustWork(name)
    return kept.delete(name)
  },
  look: async () => ({ state: 'in-step' }),
}

let channels: Group[]
let groups: Groups
beforeEach(async () => {
  vi.useFakeTimers()
  kept.clear()
  tries = []
  broken = false
  channels = [group('garden'), group('attic')]
  const log = createLog('silent')
  groups = new Groups({ port, source: async () => channels, log, changed: () => undefined })
  await groups.start()
})
afterEach(async () => {
  await groups.stop()
  vi.useRealTimers()
})

describe('after ten minutes in which nothing could be written', () => {
  it('a new group is there, and one of no channel gone, within ten seconds', async () => {
    broken = true
    channels = [group('garden'), group('cellar')]
    groups.changed('cellar')
    groups.changed('attic')
    await vi.advanceTimersByTimeAsync(TEN_MINUTES)
    expect(groups.state('cellar')).toEqual({ state: 'failed', reason: 'EROFS' })
    expect([...kept]).toEqual(['garden', 'attic'])
    broken = false
    await vi.advanceTimersByTimeAsync(TEN_SECONDS)
    expect([...kept]).toEqual(['garden', 'cellar'])
    expect(groups.state('cellar')).toEqual({ state: 'in-step' })
  })

  it('what was well was not tried again and again meanwhile', async () => {
    broken = true
    channels.push(group('cellar'))
    groups.changed('cellar')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(new Set(tries.slice(2))).toEqual(new Set(['cellar']))
    expect(tries.length).toBeLessThan(16)
  })
})

describe('a thousand groups that somebody has yet to make', () => {
  const names = Array.from({ length: 1_000 }, (_, n) => `room-${n}`)
  beforeEach(async () => {
    await groups.stop()
    broken = true
    channels = names.map((name) => group(name))
    const log = createLog('silent')
    groups = new Groups({ port, source: async () => channels, log, changed: () => undefined })
    await groups.start()
    tries = []
  })

  it('are asked for a few at a time, each of them in its turn', async () => {
    await vi.advanceTimersByTimeAsync(60_000)
    expect(tries.length).toBeLessThan(60 * 3)
    expect(new Set(tries).size).toBe(tries.length)
  })

  it('a join asks at once for its own', async () => {
    await vi.advanceTimersByTimeAsync(60_000)
    broken = false
    await groups.settled('room-999')
    expect(groups.state('room-999')).toEqual({ state: 'in-step' })
  })

  it('all are in step within ten seconds once they are there', async () => {
    await vi.advanceTimersByTimeAsync(60_000)
    broken = false
    await vi.advanceTimersByTimeAsync(TEN_SECONDS)
    expect(names.filter((name) => groups.state(name).state !== 'in-step')).toEqual([])
  })
})
