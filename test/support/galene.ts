import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../../lib/platform/config/schema.ts'
import { freePort } from '../../lib/sfu/galene/server/process.ts'
import { createTokens, type Ticket } from '../../lib/sfu/galene/wire/tokens.ts'
import { eventually } from './eventually.ts'
import { connectTo, type Json } from './sfu.ts'

export const ADMIN = { user: 'pyrite', password: 'let me write' }

/** What an owner writes into Galene's config.json so that Pyrite may use its API. */
export const WITH_ADMIN: Json = {
  writableGroups: true,
  users: { [ADMIN.user]: { password: ADMIN.password, permissions: 'admin' } },
}

export type GaleneOptions = {
  binary: string
  /** Its data/config.json. */
  config?: Json
  /** A certificate and its key in PEM; 'own': Galene makes a certificate for itself. Absent: plain HTTP. */
  tls?: { certificate: string; key: string } | 'own'
  /** A network of its own: the address there, and what it is started through. */
  within?: { there: string; through: string[] }
}

const prepare = async (folder: string, { config = {}, tls }: GaleneOptions) => {
  for (const name of ['groups', 'data', 'static']) await mkdir(join(folder, name))
  await writeFile(join(folder, 'data/config.json'), JSON.stringify(config))
  if (typeof tls !== 'object') return
  await writeFile(join(folder, 'data/cert.pem'), tls.certificate)
  await writeFile(join(folder, 'data/key.pem'), tls.key)
}

const ended = (child: ChildProcess) =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise<void>((done) => child.once('exit', () => done()))

/** A real Galene that is nobody's child but the test's, as its owner would run it. */
export const startGalene = async (options: GaleneOptions) => {
  const folder = await mkdtemp(join(tmpdir(), 'pyrite-galene-'))
  await prepare(folder, options)
  const port = await freePort()
  const groups = join(folder, 'groups')
  const { there = '127.0.0.1', through = [] } = options.within ?? {}
  const wordsFor = (binary: string) => [
    ...[...through, binary],
    ...(options.tls ? [] : ['-insecure']),
    ...['-http', `${there}:${port}`, '-turn', '', '-groups', groups],
    ...['-data', join(folder, 'data'), '-static', join(folder, 'static')],
    ...['-recordings', join(folder, 'recordings')],
  ]
  let child: ChildProcess | undefined
  const listens = () =>
    eventually(async () => {
      const socket = connectTo(`http://${there}:${port}`).socket
      const code = await new Promise((done) => {
        socket.once('open', () => done('open')).once('error', (e) => done(`${e}`))
      })
      if (String(code).includes('ECONNREFUSED')) throw new Error('Galene does not listen')
    })
  const start = async (binary = options.binary) => {
    const [command = '', ...args] = wordsFor(binary)
    child = spawn(command, args, { stdio: 'ignore' })
    await listens()
  }
  const stop = async () => {
    child?.kill('SIGKILL')
    if (child) await ended(child)
  }
  await start()
  const path = (name: string) => join(groups, `${name}.json`)
  return {
    url: `${options.tls ? 'https' : 'http'}://${there}:${port}`,
    groups,
    /** Another program, such as an older Galene, may take its place. */
    start,
    stop,
    /** Such as SIGSTOP, which hangs it. */
    signal: (name: NodeJS.Signals) => child?.kill(name),
    setConfig: (config: Json) =>
      writeFile(join(folder, 'data/config.json'), JSON.stringify(config)),
    setConfigText: (text: string) => writeFile(join(folder, 'data/config.json'), text),
    /** The names of its group files. */
    names: async () =>
      (await readdir(groups)).flatMap((file) => /^(.+)\.json$/.exec(file)?.[1] ?? []).sort(),
    text: (name: string) => readFile(path(name), 'utf8'),
    read: async (name: string): Promise<Json> => JSON.parse(await readFile(path(name), 'utf8')),
    write: (name: string, text: string) => writeFile(path(name), text),
    remove: (name: string) => rm(path(name)),
    /** When each group file was written. */
    times: async () =>
      Promise.all(
        (await readdir(groups))
          .sort()
          .map(async (file) => (await stat(join(groups, file))).mtimeMs),
      ),
    async end() {
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
export type TestGalene = Awaited<ReturnType<typeof startGalene>>

let clients = 0
/** Tries to join a group straight at Galene with a token that Pyrite would sign; answers the outcome. */
export const joinDirectly = async (url: string, config: Config['sfu'], ticket: Ticket) => {
  const token = await createTokens({ config, now: () => new Date() }).sign(ticket)
  const connection = connectTo(`${url}/ws`)
  await connection.opens()
  connection.send({ type: 'handshake', version: ['2'], id: `direct-${++clients}` })
  const { group } = ticket
  connection.send({ type: 'join', kind: 'join', group, token, username: ticket.username })
  const answer = await connection.hears({ type: 'joined' })
  connection.socket.close()
  return answer
}
