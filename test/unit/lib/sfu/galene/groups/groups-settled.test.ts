import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createLog } from '../../../../../../lib/platform/log.ts'
import { Groups } from '../../../../../../lib/sfu/galene/groups/groups.ts'
import type { Group, GroupPort } from '../../../../../../lib/sfu/sfu.ts'
import { group } from '../../../../../support/sfu.ts'

const FIVE_MINUTES = 300_000

let groups: Groups
let channels: Group[]
/** What was kept, with how many people may come. */
let kept: [string, number][]
/** While there is one, keeping the attic waits for it. */
let gate: Promise<void> | undefined
let open: () => void
const close = () => {
  gate = new Promise((done) => {
    open = done
  })
}
const port: GroupPort = {
  prepare: async () => undefined,
  names: async () => [],
  flush: async () => undefined,
  async keep({ name, maxClients }) {
    if (name === 'attic') await gate
    kept.push([name, maxClients])
    return false
  },
  drop: async () => false,
  look: async () => ({ state: 'in-step' }),
}
const outcome = async (name: string, withinMs = 100) => {
  let isSettled = false
  void groups.settled(name).then(() => {
    isSettled = true
  })
  await vi.advanceTimersByTimeAsync(withinMs)
  return isSettled
}

beforeEach(async () => {
  vi.useFakeTimers()
  gate = undefined
  kept = []
  channels = [group('attic'), group('garden')]
  const log = createLog('silent')
  groups = new Groups({ port, source: async () => [...channels], log, changed: () => undefined })
  await groups.start()
  await groups.lookOver()
  kept = []
})
afterEach(async () => {
  open()
  await groups.stop()
  vi.useRealTimers()
})

it('a join waits for no round over other groups, be its own in step, changed or new', async () => {
  close()
  await vi.advanceTimersByTimeAsync(FIVE_MINUTES + 10)
  expect(await outcome('garden')).toBe(true)
  channels = [group('attic'), group('garden', { maxClients: 5 }), group('shed')]
  groups.changed('garden')
  groups.changed('shed')
  expect([await outcome('garden'), await outcome('shed')]).toEqual([true, true])
  expect(kept).toContainEqual(['garden', 5])
})

it('a join waits for a change of its own group', async () => {
  close()
  groups.changed('attic')
  expect([await outcome('attic'), await outcome('garden')]).toEqual([false, true])
  open()
  expect(await outcome('attic')).toBe(true)
})

it('a join to a group in step glances at it where the SFU came back, half a second at most, and it stays in step', async () => {
  close()
  void groups.lookOver()
  expect([await outcome('garden'), await outcome('attic')]).toEqual([true, false])
  expect([groups.state('garden'), groups.state('attic')]).toEqual(
    Array(2).fill({ state: 'in-step' }),
  )
  expect(await outcome('attic', 500)).toBe(true)
})

it('what was written before the SFU ever answered is pending when it does, until it was looked at', async () => {
  const log = createLog('silent')
  const others = new Groups({ port, source: async () => channels, log, changed: () => undefined })
  await others.start()
  close()
  void others.lookOver()
  await vi.advanceTimersByTimeAsync(10)
  expect([others.state('garden'), others.state('attic')]).toEqual([
    { state: 'in-step' },
    { state: 'pending' },
  ])
  open()
  await others.stop()
})

it('what a long round has read is not written over what changed since', async () => {
  const names = Array.from({ length: 40 }, (_, n) => `room-${n}`)
  channels = [...Array.from({ length: 16 }, () => group('attic')), ...names.map((n) => group(n))]
  close()
  const round = groups.lookOver()
  await vi.advanceTimersByTimeAsync(10)
  channels = names.map((name) => group(name, { maxClients: 5 }))
  for (const name of names) groups.changed(name)
  await vi.advanceTimersByTimeAsync(100)
  open()
  await round
  const last = new Map(kept)
  expect(names.map((name) => last.get(name))).toEqual(names.map(() => 5))
})

it('whether a call may be recorded is known at once, however long an earlier change of its group takes', async () => {
  close()
  groups.changed('attic')
  await vi.advanceTimersByTimeAsync(10)
  channels = [group('attic', { allowRecording: true })]
  groups.changed('attic')
  await vi.advanceTimersByTimeAsync(0)
  expect(groups.mayRecord('attic')).toBe(true)
})
