import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createLog } from '../../../../../../lib/platform/log.ts'
import { Groups } from '../../../../../../lib/sfu/galene/groups/groups.ts'
import type { GroupPort } from '../../../../../../lib/sfu/sfu.ts'
import { group } from '../../../../../support/sfu.ts'

const FIVE_MINUTES = 300_000

let groups: Groups
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
  async keep({ name }) {
    if (name === 'attic') await gate
    return false
  },
  drop: async () => false,
  look: async () => ({ state: 'in-step' }),
}
const outcome = async (name: string) => {
  let isSettled = false
  void groups.settled(name).then(() => {
    isSettled = true
  })
  await vi.advanceTimersByTimeAsync(100)
  return isSettled
}

beforeEach(async () => {
  vi.useFakeTimers()
  gate = undefined
  const channels = [group('garden'), group('attic')]
  const log = createLog('silent')
  groups = new Groups({ port, source: async () => channels, log, changed: () => undefined })
  await groups.start()
})
afterEach(async () => {
  open()
  await groups.stop()
  vi.useRealTimers()
})

it('a join waits for no round that only looks over groups in step, however long it takes', async () => {
  close()
  await vi.advanceTimersByTimeAsync(FIVE_MINUTES + 10)
  expect(await outcome('garden')).toBe(true)
  groups.changed('garden')
  expect(await outcome('garden')).toBe(false)
  open()
  expect(await outcome('garden')).toBe(true)
})

it('a join waits for a change, be it of its group or of any', async () => {
  close()
  groups.changed('attic')
  expect([await outcome('attic'), await outcome('garden')]).toEqual([false, true])
  open()
  expect(await outcome('attic')).toBe(true)
  close()
  groups.changed()
  expect([await outcome('attic'), await outcome('garden')]).toEqual([false, false])
  open()
  expect(await outcome('garden')).toBe(true)
})
