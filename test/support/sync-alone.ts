import { Registry } from 'prom-client'
import { createPeople } from '../../lib/app/features.ts'
import { asGroup } from '../../lib/app/groups.ts'
import { nobodyListens } from '../../lib/app/people.ts'
import { memoryBus } from '../../lib/platform/bus/memory.ts'
import { loadConfig } from '../../lib/platform/config/load.ts'
import { openDatabase } from '../../lib/platform/db/open.ts'
import { newId } from '../../lib/platform/ids.ts'
import { createLog } from '../../lib/platform/log.ts'
import { createCounts, createGaleneSfu, createOurs } from '../../lib/sfu/galene/index.ts'

/**
 * A process that only keeps groups in step, by the code of a whole Pyrite, from the settings and the database in its folder: it starts
 * in a fraction of the time, so that it can be killed often.
 */
const config = loadConfig('config.toml', process.env)
const database = await openDatabase({ path: config.database.path })
const now = () => new Date()
const { channels } = createPeople({
  ...{ config, database, hub: nobodyListens, now, newId },
  ...{ callOf: () => [], recordingOf: () => undefined, bus: memoryBus(() => undefined) },
})
const sfu = createGaleneSfu({
  ...{ config, log: createLog('silent'), now, newId, ours: createOurs() },
  policy: async () => ({ error: 'not-found', message: 'nobody joins here' }),
  personOf: async () => undefined,
  groups: async (slug) => (await channels.groups(slug)).map(asGroup(config)),
  listener: {
    participantsChanged: () => undefined,
    connectionEnded: () => undefined,
    statusChanged: () => undefined,
  },
  counts: createCounts(new Registry()),
  builtinCommand: { command: '/nowhere', args: [] },
})
await sfu.start()
