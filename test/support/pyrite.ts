import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { type App, createApp } from '../../lib/app/app.ts'
import { builtinCommand, clientFolder } from '../../lib/app/program.ts'
import { newSigningKey } from '../../lib/app/secrets.ts'
import { loadConfig } from '../../lib/platform/config/load.ts'
import type { Config } from '../../lib/platform/config/schema.ts'
import { type Database, openDatabase } from '../../lib/platform/db/open.ts'
import { newId } from '../../lib/platform/ids.ts'
import { createLog } from '../../lib/platform/log.ts'
import { type Client, signIn } from './client.ts'

export type Name = 'alice' | 'bob' | 'carol' | 'mallory'
export const PASSWORD = 'correct horse battery'

/** Which SFU carries calls: none that answers, the built-in one, or the Galene at this path. */
export type SfuChoice = 'away' | 'builtin' | { galene: string }

export type PyriteOptions = {
  /** Settings by section and key, over the defaults of a test server. */
  settings?: { [S in keyof Config]?: Partial<Config[S]> }
  sfu?: SfuChoice
  /** Keeps this folder, with its database, from an earlier start. */
  folder?: string
  /** Which people to make; alice is an admin. Only in a folder that has none. */
  people?: Name[]
}

export type Pyrite = {
  app: App
  database: Database
  config: Config
  folder: string
  url: string
  port: number
  /** Every log line written so far. */
  logLines: string[]
  signIn(name: Name): Promise<Client>
  /** Stops the server and, where `keep` is not set, removes its folder. */
  stop(options?: { keep?: boolean }): Promise<void>
}

/** A port on which nobody listens: 9 is "discard", refused at once on loopback. */
const AWAY = 'http://127.0.0.1:9'

const sfuSettings = (choice: SfuChoice): Partial<Config['sfu']> => {
  if (choice === 'away') return { url: AWAY }
  if (choice === 'builtin') return { galene_binary: 'none' }
  return { galene_binary: choice.galene }
}

const environmentOf = (settings: Record<string, Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(settings).flatMap(([section, keys]) =>
      Object.entries(keys).map(([key, value]) => [
        `PYRITE_${section}_${key}`.toUpperCase(),
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    ),
  )

const configFor = (folder: string, { settings = {}, sfu = 'away' }: PyriteOptions): Config => {
  const defaults: Record<string, Record<string, unknown>> = {
    server: { port: 0, shutdown_seconds: 1 },
    log: { level: 'debug' },
    builtin: { loopback: true },
    sfu: sfuSettings(sfu),
  }
  for (const [section, keys] of Object.entries(settings)) {
    defaults[section] = { ...defaults[section], ...keys }
  }
  const key = { sfu: { signing_key: newSigningKey(), ...defaults.sfu } }
  return loadConfig(join(folder, 'config.toml'), environmentOf({ ...defaults, ...key }))
}

const addPeople = async (app: App, names: readonly Name[]) => {
  if ((await app.users.list()).length > 0) return
  for (const name of names) {
    const { user } = await app.users.create({
      username: name,
      displayName: name.charAt(0).toUpperCase() + name.slice(1),
      role: name === 'alice' ? 'admin' : 'member',
      password: PASSWORD,
    })
    if (name === 'alice') await app.channels.ensureGeneral(user.id)
    await app.channels.joinDefault(user.id)
    if (name === 'mallory') await app.channels.leave(user.id, 'general')
  }
}

/** A whole Pyrite on a free port, with a real database in a folder of its own, and its people signed up. */
export const startPyrite = async (options: PyriteOptions = {}): Promise<Pyrite> => {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'pyrite-')))
  const config = configFor(folder, options)
  const logLines: string[] = []
  const sink = new Writable({
    write(line, _encoding, done) {
      logLines.push(String(line))
      done()
    },
  })
  const log = createLog(config.log.level, sink)
  const database = await openDatabase({ path: config.database.path, log })
  const app = createApp({
    config,
    database,
    log,
    version: '0.0.0-test',
    clientFolder: clientFolder(),
    builtinCommand: builtinCommand(),
    now: () => new Date(),
    newId,
  })
  await addPeople(app, options.people ?? ['alice', 'bob', 'carol', 'mallory'])
  const port = await app.start()
  const url = `http://127.0.0.1:${port}`
  return {
    app,
    database,
    config,
    folder,
    url,
    port,
    logLines,
    signIn: (name) => signIn(url, name, PASSWORD),
    async stop({ keep = false } = {}) {
      await app.stop()
      if (!keep) await rm(folder, { recursive: true, force: true })
    },
  }
}
