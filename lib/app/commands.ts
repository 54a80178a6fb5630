import { existsSync } from 'node:fs'
import { ConfigError, loadConfig } from '../platform/config/load.ts'
import { PyriteError } from '../platform/errors.ts'
import { configPath, type Environment, say, UsageError } from './environment.ts'

const USAGE = `Usage: npm run pyrite -- COMMAND

  serve                                   start the server (what npm start does)
  check-config                            say whether config.toml is right
  migrate                                 bring the database's schema up to date
  user list                               everybody
  user add NAME [--admin] [--name "Full Name"]
  user disable NAME, user enable NAME
  user reset-password NAME                a new password, shown once; ends all sessions
  galene list                             the groups that Galene has, and what each is to Pyrite
  galene adopt NAME... | --all  --owner NAME [--open] [--dry-run] [--forget-passwords]
                                          make channels of groups that Galene has
  galene release CHANNEL [--dry-run]      give an adopted group back as it was
  galene print CHANNEL                    what to put into Galene's group file where galene.sync is "off"
  doctor [--json]                         look over everything that calls need, and say what to mend
  sfu --groups DIR --listen HOST:PORT     the built-in SFU alone (serve starts it by itself)

The configuration is config.toml in the current folder, or what PYRITE_CONFIG names.`

const checkConfig = async (environment: Environment): Promise<void> => {
  const path = configPath(environment)
  const config = loadConfig(path, environment)
  const { mustFit } = await import('./fitting-settings.ts')
  mustFit(config, environment)
  say(existsSync(path) ? `${path} is right.` : `There is no ${path}: the defaults are used.`)
}

/** Answers false where it ran, and what it looked at is not well. */
type Command = (args: string[], environment: Environment) => unknown

/** Each command is loaded when it is asked for: the built-in SFU needs no database, the database no SFU. */
const commands: Record<string, Command> = {
  serve: async (_args, environment) => (await import('./serve.ts')).serve(environment),
  'check-config': (_args, environment) => checkConfig(environment),
  migrate: async (_args, environment) =>
    (await import('./migrate-command.ts')).migrateCommand(environment),
  user: async (args, environment) =>
    (await import('./user-commands.ts')).userCommand(args, environment),
  doctor: async (args, environment) =>
    (await import('./doctor-command.ts')).doctorCommand(args, environment),
  galene: async (args, environment) =>
    (await import('./galene-command.ts')).galeneCommand(args, environment),
  sfu: async (args, environment) => (await import('./sfu-command.ts')).runSfu(args, environment),
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
    return (await command(rest, environment)) === false ? 1 : 0
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`)
    return error instanceof UsageError ? 2 : 1
  }
}
