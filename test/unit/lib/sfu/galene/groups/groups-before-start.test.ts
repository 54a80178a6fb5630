import { expect, it } from 'vitest'
import { createLog } from '../../../../../../lib/platform/log.ts'
import { Groups } from '../../../../../../lib/sfu/galene/groups/groups.ts'
import type { Group, GroupPort } from '../../../../../../lib/sfu/sfu.ts'

const GARDEN: Group = {
  ...{ name: 'garden', displayName: 'Garden', description: '', maxClients: 2 },
  ...{ allowRecording: false, members: new Map() },
}

it('a channel that is made before the start does not cost its group a failed first round', async () => {
  const done: string[] = []
  const note = async (what: string) => {
    done.push(what)
    return true
  }
  const port: GroupPort = {
    prepare: async () => void done.push('prepare'),
    names: async () => [],
    keep: ({ name }) => note(`keep ${name}`),
    drop: (name) => note(`drop ${name}`),
    flush: async () => undefined,
    look: async () => ({ state: 'in-step' }),
  }
  const groups = new Groups({
    ...{ port, source: async () => [GARDEN], log: createLog('silent'), changed: () => undefined },
  })
  groups.changed('garden')
  await groups.settled('garden')
  expect(done).toEqual([])
  await groups.start()
  expect(done).toEqual(['prepare', 'keep garden'])
  expect(groups.state('garden')).toEqual({ state: 'in-step' })
  await groups.stop()
})
