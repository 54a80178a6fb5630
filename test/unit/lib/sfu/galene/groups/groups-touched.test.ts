import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createLog } from '../../../../../../lib/platform/log.ts'
import { Groups } from '../../../../../../lib/sfu/galene/groups/groups.ts'
import type { GroupPort } from '../../../../../../lib/sfu/sfu.ts'
import { group } from '../../../../../support/sfu.ts'

/** Longer than from one look to the next. Milliseconds. */
const LOOK_MS = 4_010

let groups: Groups
let kept: number
/** What somebody else writes just before each look. */
let touched: string[]
let keepers: Set<unknown>
const port: GroupPort = {
  prepare: async () => undefined,
  names: async () => [],
  flush: async () => undefined,
  async keep() {
    kept += 1
    return true
  },
  touched: async () => touched,
  drop: async () => false,
  look: async () => ({ state: 'in-step' }),
}
const looks = async (count: number) => {
  for (let n = 0; n < count; n += 1) await vi.advanceTimersByTimeAsync(LOOK_MS)
}

beforeEach(async () => {
  vi.useFakeTimers()
  keepers = new Set()
  touched = []
  const source = async () => [group('attic')]
  const needs = { port, source, log: createLog('silent'), changed: () => undefined }
  groups = new Groups({ ...needs, keepers })
  await groups.start()
  kept = 0
})
afterEach(async () => {
  await groups.stop()
  vi.useRealTimers()
})

it('a group that somebody else touched is brought in step at the next look', async () => {
  touched = ['attic']
  await looks(1)
  expect(kept).toBe(1)
})

it('what another call server of this process writes while calls move is left alone, until one of them has gone', async () => {
  touched = ['attic']
  keepers.add('another')
  await looks(3)
  expect(kept).toBe(0)
  keepers.delete('another')
  await looks(1)
  expect(kept).toBe(1)
})

it('a group that somebody else writes again and again is not written for ever, and again once they have ended', async () => {
  touched = ['attic']
  await looks(20)
  expect(kept).toBe(4)
  touched = []
  await looks(1)
  touched = ['attic']
  await looks(1)
  expect(kept).toBe(5)
})
