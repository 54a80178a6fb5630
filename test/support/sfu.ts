import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { Registry } from 'prom-client'
import { describe } from 'vitest'
import { WebSocket } from 'ws'
import { newSigningKey } from '../../lib/app/secrets.ts'
import { loadConfig } from '../../lib/platform/config/load.ts'
import type { Config } from '../../lib/platform/config/schema.ts'
import { newId } from '../../lib/platform/ids.ts'
import { createLog } from '../../lib/platform/log.ts'
import { routeUpgrades } from '../../lib/platform/ws/upgrade.ts'
import type { ChannelRole } from '../../lib/protocol/channels.ts'
import { runBuiltinSfu } from '../../lib/sfu/builtin/index.ts'
import { createCounts, createGaleneSfu, createOurs } from '../../lib/sfu/galene/index.ts'
import { isExecutable } from '../../lib/sfu/galene/server/choose.ts'
import type { AccessPolicy, Caller, CallRecord, Group, SfuHealth } from '../../lib/sfu/sfu.ts'
import { eventually } from './eventually.ts'

export type Json = Record<string, unknown>

/** An SFU that tests can run on: the built-in one, or a real Galene by its path. */
export type SfuUnderTest = { name: string; galene: string | undefined }

/** Every real Galene found: the one on the PATH, then those that GALENE_BINARIES lists, separated by colons. */
export const galenes = (): string[] => {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'galene'))
  const listed = (process.env.GALENE_BINARIES ?? '').split(':').filter((path) => path !== '')
  return [...new Set([...onPath.filter(isExecutable).slice(0, 1), ...listed])]
}

/** The built-in SFU, and every real Galene found. */
export const sfusUnderTest = (): SfuUnderTest[] => [
  { name: 'the built-in SFU', galene: undefined },
  ...galenes().map((path) => ({
    name: `Galene (${basename(dirname(path)) === 'bin' ? 'on the PATH' : path})`,
    galene: path,
  })),
]

/** Runs a suite on every SFU there is. */
export const eachSfu = (title: string, suite: (sfu: SfuUnderTest) => void): void => {
  for (const sfu of sfusUnderTest()) describe(`${title}, on ${sfu.name}`, () => suite(sfu))
}

export const group = (name: string, fields: Partial<Group> = {}): Group => ({
  name,
  displayName: name,
  description: '',
  maxClients: 20,
  allowRecording: false,
  members: new Map<string, ChannelRole>([
    ['alice', 'moderator'],
    ['bob', 'member'],
    ['carol', 'member'],
    ['dave', 'listener'],
  ]),
  ...fields,
})

export const callerOf = (username: string): Caller => ({
  userId: `id-${username}`,
  username,
  displayName: username.charAt(0).toUpperCase() + username.slice(1),
  sessionId: `session-${username}`,
  byCookie: true,
})

/** Members of the group may join it; nobody else. */
export const membersMayJoin =
  (groups: Group[]): AccessPolicy =>
  async ({ username }, name) => {
    const role = groups.find((each) => each.name === name)?.members.get(username)
    return role ? { role } : { error: 'not-found', message: 'There is no such channel.' }
  }

/** One raw connection that remembers everything it heard, in order, as text and as messages. */
export const connectTo = (url: string, headers: Record<string, string> = {}) => {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers, perMessageDeflate: false })
  const heard: Json[] = []
  const frames: string[] = []
  let closed: { code: number; reason: string; at: number } | undefined
  socket.on('message', (frame) => {
    frames.push(String(frame))
    heard.push(JSON.parse(String(frame)))
  })
  socket.on('error', () => undefined)
  socket.on('close', (code, reason) => {
    closed = { code, reason: String(reason), at: performance.now() }
  })
  const fits = (fields: Json) => (message: Json) =>
    Object.entries(fields).every(([key, value]) => message[key] === value)
  return {
    socket,
    heard,
    frames,
    send: (message: Json) => socket.send(JSON.stringify(message)),
    raw: (frame: string | Buffer) => socket.send(frame),
    opens: () => eventually(() => mustBe(socket.readyState === WebSocket.OPEN, 'not open yet')),
    all: (fields: Json) => heard.filter(fits(fields)),
    /** The first message that has all of `fields`, waiting for it. */
    hears: (fields: Json, withinMs = 15_000) =>
      eventually(
        () => {
          const found = heard.find(fits(fields))
          if (found) return found
          throw new Error(`never heard ${JSON.stringify(fields)}; heard ${frames.join('\n')}`)
        },
        withinMs,
        5,
      ),
    /** How it was closed, waiting for it. */
    isClosed: (withinMs = 15_000) =>
      eventually(
        () => {
          if (closed) return closed
          throw new Error(`still open; heard ${frames.join('\n')}`)
        },
        withinMs,
        5,
      ),
    isOpen: () => closed === undefined,
  }
}
export type Connection = ReturnType<typeof connectTo>

const mustBe = (fact: boolean, message: string) => {
  if (!fact) throw new Error(message)
}

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

/** What node is told to run `pyrite sfu` from the sources. */
export const BUILTIN_FROM_SOURCES = [
  ...['--import', TSX],
  ...[join(import.meta.dirname, '../../lib/main.ts'), 'sfu'],
]

export type BridgeOptions = {
  sfu?: SfuUnderTest
  /** The built-in SFU as a child of its own, as `serve` runs it, and not in the process of the test. */
  supervised?: boolean
  /** A server in place of an SFU. */
  url?: string
  groups?: Group[]
  settings?: Partial<Config['sfu']>
  /** How to pair with the server at `url`. */
  galene?: Partial<Config['galene']>
  policy?: AccessPolicy
}

const configFor = (
  folder: string,
  settings: Partial<Config['sfu']>,
  pairing: Partial<Config['galene']> = {},
): Config => {
  const config = loadConfig(join(folder, 'config.toml'))
  const galene = { ...config.galene, ...pairing }
  const sfu = { ...config.sfu, signing_key: newSigningKey(), ...settings }
  return { ...config, sfu, galene }
}

/** The built-in SFU in the process of the test, on the group files in this folder. */
export const startBuiltin = async (folder: string, options: Partial<Config['sfu']> = {}) => {
  const groupsDir = join(folder, 'data/groups')
  await mkdir(groupsDir, { recursive: true })
  return runBuiltinSfu({
    groupsDir,
    listen: '127.0.0.1:0',
    log: createLog('silent'),
    loopback: true,
    publicAddress: '',
    udpPort: 0,
    maxParticipants: 50,
    maxStreams: 300,
    streamsPerPerson: 4,
    messagesPerSecond: 10_000,
    messagesBurst: 10_000,
    maxFrameBytes: options.max_frame_bytes ?? 1_048_576,
  })
}

/**
 * The bridge in front of an SFU, mounted at /sfu of a plain HTTP server that takes the header `x-user` for the person.
 * What the bridge tells the rest of Pyrite is kept in `told`.
 */
export const startBridge = async (options: BridgeOptions = {}) => {
  const folder = await mkdtemp(join(tmpdir(), 'pyrite-bridge-'))
  const groups = options.groups ?? [group('garden'), group('attic')]
  const { sfu: under, settings = {} } = options
  const isBuiltin = under !== undefined && under.galene === undefined
  const builtin =
    isBuiltin && !options.supervised ? await startBuiltin(folder, settings) : undefined
  const where: Partial<Config['sfu']> =
    under && (under.galene || options.supervised)
      ? { galene_binary: under.galene ?? 'none' }
      : { url: options.url ?? builtin?.url ?? 'http://127.0.0.1:9' }
  const config = configFor(folder, { ...where, ...settings }, options.galene)
  const lines: string[] = []
  const sink = new Writable({
    write(line, _encoding, done) {
      lines.push(String(line))
      done()
    },
  })
  const metrics = new Registry()
  const told = { records: [] as CallRecord[], participants: [] as string[], statuses: 0 }
  const sfu = createGaleneSfu({
    config,
    log: createLog('debug', sink),
    policy: options.policy ?? membersMayJoin(groups),
    personOf: async () => undefined,
    groups: async () => groups,
    listener: {
      participantsChanged: (name) => told.participants.push(name),
      connectionEnded: (record) => told.records.push(record),
      statusChanged: () => {
        told.statuses += 1
      },
    },
    now: () => new Date(),
    newId,
    counts: createCounts(metrics),
    ours: createOurs(),
    builtinCommand: { command: process.execPath, args: BUILTIN_FROM_SOURCES },
  })
  await sfu.start()
  const server = createServer()
  const bugs: unknown[] = []
  const accept = (request: Parameters<typeof sfu.handleUpgrade>[0]) =>
    callerOf(String(request.headers['x-user'] ?? 'mallory'))
  routeUpgrades(
    server,
    {
      '/sfu': (request, socket, head) => sfu.handleUpgrade(request, socket, head, accept(request)),
    },
    (error) => bugs.push(error),
  )
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sfu`
  let clients = 0

  const open = (who: string) => connectTo(url, { 'x-user': who })
  const greeted = async (who: string, id = `${who}-${++clients}`) => {
    const connection = open(who)
    await connection.opens()
    connection.send({ type: 'handshake', version: ['2'], id })
    await connection.hears({ type: 'handshake' })
    return { ...connection, id }
  }
  return {
    ...{ sfu, url, config, folder, groups, told, lines, bugs, metrics },
    /** Where the SFU itself answers, past the bridge. */
    sfuUrl: (): string => {
      const port = /"port":(\d+),"msg":"the SFU answers"/.exec(lines.join(''))?.[1]
      return builtin?.url ?? `http://127.0.0.1:${port}`
    },
    health: (): SfuHealth => sfu.health(),
    open,
    greeted,
    /** Somebody who has joined, and has heard so, and of themselves. */
    async join(who: string, name = 'garden', fields: Json = {}) {
      const person = await greeted(who)
      person.send({ type: 'join', kind: 'join', group: name, username: who, ...fields })
      const joined = await person.hears({ type: 'joined' })
      if (joined.kind === 'join') await person.hears({ type: 'user', kind: 'add', id: person.id })
      return { ...person, joined }
    },
    async stop() {
      await sfu.stop()
      await builtin?.stop()
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
      await rm(folder, { recursive: true, force: true })
    },
  }
}
export type TestBridge = Awaited<ReturnType<typeof startBridge>>
