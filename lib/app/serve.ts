import closeWithGrace from 'close-with-grace'
import { ConfigError, loadConfig } from '../platform/config/load.ts'
import type { Config } from '../platform/config/schema.ts'
import { openDatabase } from '../platform/db/open.ts'
import { newId } from '../platform/ids.ts'
import { createLog, type Log } from '../platform/log.ts'
import type { Moved } from '../sfu/moving.ts'
import { type App, createApp } from './app.ts'
import { configPath, type Environment, say } from './environment.ts'
import { prepareFirstAdmin, writeFirstConfig } from './first-run.ts'
import { logDestination } from './log-destination.ts'
import { builtinCommand, clientFolder, VERSION } from './program.ts'
import { newSigningKey } from './secrets.ts'

const startLog = async ({ log }: Config): Promise<Log> =>
  createLog(log.level, await logDestination(log.format))

const readConfig = (path: string, environment: Environment): Config => {
  const config = loadConfig(path, environment)
  if (config.sfu.signing_key !== '') return config
  throw new ConfigError([
    `sfu.signing_key is empty: put this new one under [sfu] in ${path}, and keep it: signing_key = "${newSigningKey()}"`,
  ])
}

/** Addresses that a browser on this machine reaches as localhost: for those it allows camera and microphone without TLS. */
const LOCAL = new Set(['127.0.0.1', '::1', '0.0.0.0', '::', 'localhost'])

const urlOf = ({ server: { public_url, host } }: Config, port: number): string => {
  if (public_url !== '') return public_url
  if (LOCAL.has(host)) return `http://localhost:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** What the person who started Pyrite reads last: where to open it, what carries calls, what to do next. */
const announce = (url: string, app: App, admin: string | undefined) => {
  say()
  say(`  Pyrite is at   ${url}`)
  say(`  Calls          ${app.sfu.health().description}`)
  if (admin !== undefined) {
    say(`  Sign in as     admin   with the password   ${admin}`)
    say('                 It is shown this once; change it under Settings.')
    say('  Next           Open the page, sign in, and add your people under People.')
  } else {
    say(
      '  Next           Open the page and sign in. npm run pyrite -- help lists what else there is.',
    )
  }
  say()
}

/** On a terminal that is closed, a hang-up means the end; where nobody sits before it, that the configuration is to be read again. */
const RELOADS: 'SIGHUP'[] = process.stdin.isTTY ? [] : ['SIGHUP']

const MOVED: Record<Moved, string> = {
  moved: 'the configuration of calls was read again: calls moved',
  followed: 'the configuration of calls was read again: nobody had to move',
  same: 'the configuration of calls was read again: nothing is new',
}

/** Reads the configuration again when asked to, one time after the other, and first when the start is done. */
const reloadOnSignal = (app: App, log: Log, read: () => Config) => {
  let begin: () => void = () => undefined
  let last = new Promise<void>((done) => {
    begin = done
  })
  let isDue = false
  const reload = async () => {
    isDue = false
    try {
      const moved = await app.reload(read())
      log.info({ sfu: app.sfu.health().description }, MOVED[moved])
    } catch (error) {
      log.error({ err: error }, 'the configuration of calls stays as it is')
    }
  }
  const onSignal = () => {
    // One that waits reads what is written then.
    if (!isDue) last = last.then(reload)
    isDue = true
  }
  for (const signal of RELOADS) process.on(signal, onSignal)
  return { begin }
}

/** Stops cleanly on a signal; after a bug that nothing caught the process ends too, for nobody knows what state it is in. */
const stopOnSignals = (app: App, log: Log, seconds: number) =>
  closeWithGrace(
    { delay: (seconds + 5) * 1_000, logger: false, skip: RELOADS },
    async ({ signal, err }) => {
      if (err) log.fatal({ err }, 'stopping after an error that nothing caught')
      else log.info({ signal }, 'stopping')
      await app.stop()
      log.info('stopped')
    },
  )

/** `pyrite serve`: prepares a first run where none was, and serves until a signal comes. */
export const serve = async (environment: Environment): Promise<void> => {
  // Nobody reads, or a full disk takes, what is said here: people still talk, and the log tells.
  process.stdout.on('error', () => undefined)
  const path = configPath(environment)
  if (writeFirstConfig(path)) say(`Wrote ${path} with fresh secrets; keep a copy of it.`)
  const config = readConfig(path, environment)
  const log = await startLog(config)
  const now = () => new Date()
  const database = await openDatabase({ path: config.database.path, log, now })
  const app = createApp({
    config,
    database,
    log,
    version: VERSION,
    clientFolder: clientFolder(),
    builtinCommand: builtinCommand(),
    now,
    newId,
  })
  const signals = stopOnSignals(app, log, config.server.shutdown_seconds)
  const reloads = reloadOnSignal(app, log, () => readConfig(path, environment))
  try {
    const port = await app.start()
    // Last of all, so that no password is made by a start that fails before it could be shown.
    const admin = await prepareFirstAdmin(app)
    announce(urlOf(config, port), app, admin)
    reloads.begin()
  } catch (error) {
    signals.uninstall()
    await app.stop()
    throw error
  }
}
