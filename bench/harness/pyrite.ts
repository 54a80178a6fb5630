import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { newSigningKey } from '../../lib/app/secrets.ts'
import type { Config } from '../../lib/platform/config/schema.ts'
import { openDatabase } from '../../lib/platform/db/open.ts'
import { newId } from '../../lib/platform/ids.ts'
import { newFolder } from './context.ts'
import { type Command, type Running, start } from './process.ts'
import type { Scope } from './scope.ts'

const SERVER = join(import.meta.dirname, '../../dist/server/main.mjs')
const PACKAGE = join(import.meta.dirname, '../../package.json')

/** What `npm start` tells Node, so that what is measured is what is run. */
const nodeFlags = (): string[] => {
  const { scripts } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { scripts: { start: string } }
  return scripts.start.split(' ').filter((word) => word.startsWith('--'))
}
/** Larger than any limit a load reaches, so that what is measured is the work and not the brake. */
const UNLIMITED = 1_000_000_000

export type Settings = { [S in keyof Config]?: Partial<Config[S]> }

/** Who is in which channel, by the numbers of the people. */
export type Plan = { people: number; channels: { slug: string; members: number[] }[] }

export const range = (length: number, from = 0): number[] =>
  Array.from({ length }, (_, index) => from + index)

/** Writes people, their sessions and channels straight into a new database. Answers the cookies, in the people's order. */
export const prepareDatabase = async (path: string, plan: Plan): Promise<string[]> => {
  const database = await openDatabase({ path })
  const at = new Date().toISOString()
  const later = new Date(Date.now() + 86_400_000).toISOString()
  const tokens = range(plan.people).map(() => randomBytes(32).toString('base64url'))
  await database.write((sqlite) => {
    tokens.forEach((token, person) => {
      const id = `user-${person}`
      const hash = createHash('sha256').update(token).digest('hex')
      sqlite.prepare("insert into users values (?, ?, ?, 'member', '', 0, ?)").run(id, id, id, at)
      sqlite
        .prepare('insert into sessions values (?, ?, ?, ?, ?, ?, ?, ?)')
        .run(newId(), hash, id, at, at, later, 'bench', '127.0.0.1')
    })
    for (const { slug, members } of plan.channels) {
      const { lastInsertRowid } = sqlite
        .prepare('insert into channels (name, slug) values (?, ?)')
        .run(slug, slug)
      for (const person of members) {
        sqlite
          .prepare("insert into memberships values (?, ?, 'member', ?, 0)")
          .run(lastInsertRowid, `user-${person}`, at)
      }
    }
  })
  await database.close()
  return tokens.map((token) => `pyrite_session=${token}`)
}

const DEFAULTS: Settings = {
  server: { shutdown_seconds: 1 },
  log: { level: 'warn' },
  chat: { posts_per_second: UNLIMITED, posts_burst: UNLIMITED },
  socket: {
    messages_per_second: UNLIMITED,
    messages_burst: UNLIMITED,
    connections_per_person: UNLIMITED,
    connections: UNLIMITED,
  },
  sfu: {
    // Port 9 is "discard": refused at once.
    url: 'http://127.0.0.1:9',
    messages_per_second: UNLIMITED,
    bytes_per_second: UNLIMITED,
    messages_burst: UNLIMITED,
    connections_per_person: UNLIMITED,
    connections: UNLIMITED,
    max_clients: 1_000,
  },
}

const environmentOf = (settings: Record<string, object>) =>
  Object.entries(settings).flatMap(([section, keys]) =>
    Object.entries(keys).map(([key, value]) => [
      `PYRITE_${section}_${key}`.toUpperCase(),
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )

/** How the built server is run on a prepared folder, with everything on and no limit in the way. */
export const serveCommand = (folder: string, settings: Settings, port: number): Command => {
  const merged: Record<string, object> = {}
  const database = { path: join(folder, 'pyrite.db') }
  const sfu = { signing_key: newSigningKey(), groups_dir: join(folder, 'groups') }
  const own: Settings = {
    server: { port },
    database,
    sfu: { ...sfu, data_dir: join(folder, 'sfu') },
  }
  for (const layer of [DEFAULTS, own, settings]) {
    for (const [section, keys] of Object.entries(layer)) {
      merged[section] = { ...merged[section], ...keys }
    }
  }
  return {
    command: process.execPath,
    args: [...nodeFlags(), SERVER, 'serve'],
    env: {
      PYRITE_CONFIG: join(folder, 'config.toml'),
      ...Object.fromEntries(environmentOf(merged)),
    },
    says: 'Pyrite is at',
  }
}

export type Pyrite = Running & { cookies: string[]; folder: string }

/** A real Pyrite, built and in its own process, with these people signed in already. */
export const startPyrite = async (
  scope: Scope,
  plan: Plan,
  settings: Settings = {},
): Promise<Pyrite> => {
  const folder = await newFolder(scope)
  const cookies = await prepareDatabase(join(folder, 'pyrite.db'), plan)
  const running = await start(scope, (port) => serveCommand(folder, settings, port))
  return { ...running, cookies, folder }
}
