import { loadConfig } from '../platform/config/load.ts'
import { openDatabase } from '../platform/db/open.ts'
import { createLog } from '../platform/log.ts'
import { configPath, type Environment, say } from './environment.ts'

/** `pyrite migrate`: brings the schema up to date without serving. */
export const migrateCommand = async (environment: Environment): Promise<void> => {
  const config = loadConfig(configPath(environment), environment)
  const database = await openDatabase({ path: config.database.path, log: createLog('info') })
  await database.close()
  say(`${config.database.path} is up to date.`)
}
