import { memoryBus } from '../platform/bus/memory.ts'
import { loadConfig } from '../platform/config/load.ts'
import type { Config } from '../platform/config/schema.ts'
import { openDatabase } from '../platform/db/open.ts'
import { newId } from '../platform/ids.ts'
import { createLog } from '../platform/log.ts'
import type { Hub } from '../platform/ws/hub.ts'
import { configPath, type Environment } from './environment.ts'
import { createPeople, type People } from './features.ts'

/** A running server has its own listeners; it follows by itself what other processes did. */
export const nobodyListens: Hub = {
  publish: () => undefined,
  tell: () => undefined,
  tellAll: () => undefined,
  subscribe: () => undefined,
  unsubscribe: () => undefined,
  endSession: () => undefined,
  endUser: () => undefined,
  online: () => [],
}

/** Runs a command's work on people and channels in the database, whether the server runs or not. */
export const withPeople = async (
  environment: Environment,
  work: (people: People, config: Config) => Promise<void>,
): Promise<void> => {
  const config = loadConfig(configPath(environment), environment)
  const database = await openDatabase({ path: config.database.path })
  try {
    const people = createPeople({
      hub: nobodyListens,
      callOf: () => [],
      recordingOf: () => undefined,
      config,
      database,
      bus: memoryBus((error) => createLog('error').error({ err: error }, 'a bug was met')),
      now: () => new Date(),
      newId,
    })
    await work(people, config)
  } finally {
    await database.close()
  }
}
