import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { runCommand } from '../../lib/app/commands.ts'
import { newSigningKey } from '../../lib/app/secrets.ts'
import type { Config } from '../../lib/platform/config/schema.ts'
import { ADMIN, type TestGalene } from './galene.ts'
import { type Pyrite, type PyriteOptions, startPyrite } from './pyrite.ts'
import { connectTo, type Json } from './sfu.ts'

export type Way = 'files' | 'api'
type Settings = { [S in keyof Config]?: Partial<Config[S]> }

/** What somebody who runs Pyrite types, in this process. Answers the exit code and all that was said. */
export const pyriteCommand = async (args: string[], environment: Record<string, string>) => {
  let said = ''
  const hear = (text: string | Uint8Array) => {
    said += String(text)
    return true
  }
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(hear),
    vi.spyOn(process.stderr, 'write').mockImplementation(hear),
  ]
  try {
    return { code: await runCommand(args, environment), said }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

/** A folder of Pyrite's with its people in it, paired with a Galene, and the commands that work on it. */
export const prepareAdopting = async (
  galene: Pick<TestGalene, 'url' | 'groups'>,
  way: Way,
  more: Settings = {},
) => {
  const folder = await mkdtemp(join(tmpdir(), 'pyrite-adopt-'))
  const settings: Settings = {
    ...more,
    sfu: {
      url: galene.url,
      signing_key: newSigningKey(),
      ...(way === 'files' && { groups_dir: galene.groups }),
      ...more.sfu,
    },
    galene: {
      sync: way,
      api_user: ADMIN.user,
      api_password: ADMIN.password,
      ...more.galene,
    },
  }
  const environment: Record<string, string> = { PYRITE_CONFIG: join(folder, 'config.toml') }
  for (const [section, keys] of Object.entries(settings)) {
    for (const [key, value] of Object.entries(keys)) {
      environment[`PYRITE_${section}_${key}`.toUpperCase()] = String(value)
    }
  }
  const start = (options: PyriteOptions = {}): Promise<Pyrite> =>
    startPyrite({ folder, settings, ...options })
  await (await start()).stop({ keep: true })
  const backups = join(folder, 'data/sfu/adopted')
  return {
    folder,
    environment,
    backups,
    start,
    run: (...args: string[]) => pyriteCommand(['galene', ...args], environment),
    /** Backups by the name of their group, oldest first. */
    async copies(name: string): Promise<string[]> {
      const files = await readdir(backups).catch(() => [])
      const mine = files.filter((file) => file.startsWith(`${name}.`) && file.endsWith('.json'))
      return Promise.all(mine.sort().map((file) => readFile(join(backups, file), 'utf8')))
    },
    end: () => rm(folder, { recursive: true, force: true }),
  }
}
export type Adopting = Awaited<ReturnType<typeof prepareAdopting>>

let clients = 0
/** Joins at Galene itself, as its own page would; answers what it is told first. */
export const joinAsStock = async (url: string, group: string, credentials: Json): Promise<Json> => {
  const connection = connectTo(`${url}/ws`)
  await connection.opens()
  connection.send({ type: 'handshake', version: ['2'], id: `stock-${++clients}` })
  connection.send({ type: 'join', kind: 'join', group, ...credentials })
  const answer = await connection.hears({ type: 'joined' })
  connection.socket.close()
  return answer
}
