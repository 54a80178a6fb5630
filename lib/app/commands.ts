import { existsSync } from 'node:fs'
import { ConfigError, loadConfig } from '../platform/config/load.ts'
import { openDatabase } from '../platform/db/open.ts'
import { PyriteError } from '../platform/errors.ts'
import { createLog } from '../platform/log.ts'
import { configPath, type Environment, say, UsageError } from './environment.ts'
import { serve } from './serve.ts'
import { runSfu } from './sfu-command.ts'
import { userCommand } from './user-commands.ts'

const USAGE = `Usage: npm run pyrite -- COMMAND

  serve                                   start the server (what npm start does)
  check-config                            say whether config.toml is right
  migrate                                 bring the database's schema up to date
  user list                               everybody
  user add NAME [--admin] [--name "Full Name"]
  user disable NAME, user enable NAME
  user reset-password NAME                a new password, shown once; ends all sessions
  sfu --groups DIR --listen HOST:PORT     the built-in SFU alone (serve starts it by itself)

The configuration is config.toml in the current folder, or what PYRITE_CONFIG names.`

const checkConfig = (environment: Environment): void => {
  const path = configPath(environment)
  loadConfig(path, environment)
  say(existsSync(path) ? `${path} is right.` : `There is no ${path}: the defaults are used.`)
}

const migrateOnly = async (environment: Environment): Promise<void> => {
  const config = loadConfig(configPath(environment), environment)
  const database = await openDatabase({ path: config.database.path, log: createLog('info') })
  await database.close()
  say(`${config.database.path} is up to date.`)
}

const commands: Record<string, (args: string[], environment: Environment) => unknown> = {
  serve: (_args, environment) => serve(environment),
  'check-config': (_args, environment) => checkConfig(environment),
  migrate: (_args, environment) => migrateOnly(environment),
  user: userCommand,
  sfu: runSfu,
  help: () => say(USAGE),
}

const explain = (error: unknown): string => {
  if (error instanceof ConfigError)
    return `The configuration is wrong:\n  ${error.problems.join('\n  ')}`
  if (error instanceof PyriteError || error instanceof UsageError) return error.message
  return error instanceof Error ? error.message : String(error)
}

/** Runs the command that `args` name. Answers the process's exit code: 0 done, 1 failed, 2 not understood. */
export const runCommand = async (args: string[], environment: Environment): Promise<number> => {
  const [name = 'help', ...rest] = args
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) {
    process.stderr.write(`There is no command "${name}".\n\n${USAGE}\n`)
    return 2
  }
  try {
    await command(rest, environment)
    return 0
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`)
    return error instanceof UsageError ? 2 : 1
  }
}
