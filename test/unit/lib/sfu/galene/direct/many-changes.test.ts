import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createLog } from '../../../../../../lib/platform/log.ts'
import {
  type WithDirectNeeds,
  withDirect,
} from '../../../../../../lib/sfu/galene/direct/with-direct.ts'
import { Groups } from '../../../../../../lib/sfu/galene/groups/groups.ts'
import type { GroupPort } from '../../../../../../lib/sfu/sfu.ts'
import { eventually } from '../../../../../support/eventually.ts'
import { group } from '../../../../../support/sfu.ts'

it('a thousand channels that change at once reach the call server a few at a time, and each is looked at then', async () => {
  const all = Array.from({ length: 1_000 }, (_, n) => group(`room-${n}`))
  let [now, most, flushed] = [0, 0, 0]
  const port: GroupPort = {
    prepare: async () => undefined,
    names: async () => [],
    async flush() {
      flushed += 1
    },
    async keep() {
      now += 1
      most = Math.max(most, now)
      await pause(2)
      now -= 1
      return true
    },
    drop: async () => false,
    look: async () => ({ state: 'in-step' }),
  }
  const source = async (name?: string) => all.filter((each) => (name ?? each.name) === each.name)
  const log = createLog('silent')
  const groups = new Groups({ port, source, log, changed: () => undefined })
  await groups.start()
  ;[most, flushed] = [0, 0]
  const told: string[] = []
  const { groupsChanged } = withDirect({
    groups,
    mayRecord: () => false,
    hasDirect: false,
    bridge: { recordingChanged: (name: string) => told.push(name) },
    visits: {},
  } as unknown as WithDirectNeeds)
  for (const { name } of all) groupsChanged(name)
  await eventually(() => expect(told.length).toBe(all.length), 10_000)
  expect(groups.written()).toBe(2 * all.length)
  expect(most).toBeLessThanOrEqual(16)
  expect(flushed).toBeLessThan(10)
  await groups.stop()
})
