import { writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { asGroup } from '../lib/app/groups.ts'
import { newSigningKey } from '../lib/app/secrets.ts'
import { createChannels } from '../lib/features/channels/index.ts'
import { createLedger } from '../lib/features/moderation/index.ts'
import { memoryBus } from '../lib/platform/bus/memory.ts'
import { loadConfig } from '../lib/platform/config/load.ts'
import { type Database, openDatabase } from '../lib/platform/db/open.ts'
import { newId } from '../lib/platform/ids.ts'
import { createLog } from '../lib/platform/log.ts'
import { createHub } from '../lib/platform/ws/hub.ts'
import { createTopics } from '../lib/platform/ws/topics.ts'
import { createGaleneApi } from '../lib/sfu/galene/groups/api.ts'
import { createGroupMemory } from '../lib/sfu/galene/groups/group-memory.ts'
import { Groups } from '../lib/sfu/galene/groups/groups.ts'
import { GroupsByApi } from '../lib/sfu/galene/groups/groups-by-api.ts'
import { groupsByFiles } from '../lib/sfu/galene/groups/groups-by-files.ts'
import { statusPath } from '../lib/sfu/galene/wire/facts.ts'
import { createGaleneHttp } from '../lib/sfu/galene/wire/galene-http.ts'
import { createConnecting } from '../lib/sfu/galene/wire/tls.ts'
import { createTokens } from '../lib/sfu/galene/wire/tokens.ts'
import type { GroupSource } from '../lib/sfu/sfu.ts'
import { type Benchmark, newFolder } from './harness/context.ts'
import { start } from './harness/process.ts'
import { prepareDatabase, range } from './harness/pyrite.ts'
import { median } from './harness/rounds.ts'
import { compare, OURS, type Row, single } from './harness/rows.ts'
import type { Scope } from './harness/scope.ts'
import { findGalene, galeneCommand } from './harness/sfus.ts'

const CHANNELS = 1_000
const MEMBERS = 100
/** Of a workspace half as large, which is written cold beside the other. */
const FEWER_MEMBERS = 50
const CHANGES = 200

const config = loadConfig('none.toml', { PYRITE_SFU_SIGNING_KEY: newSigningKey() })
const { jwk } = createTokens({ config: config.sfu, now: () => new Date() })
const log = createLog('error')
const onBug = (error: unknown) => log.error({ err: error }, 'a bug was met')

const sourceOf = (database: Database): GroupSource => {
  const hub = createHub(createTopics(), () => undefined)
  const bus = memoryBus(onBug)
  const needs = { config: config.channels, database, hub, bus, newId, callOf: () => [] }
  const now = () => new Date()
  const channels = createChannels({ ...needs, now, ledger: createLedger({ db: database.db, now }) })
  return async (name) => (await channels.groups(name)).map(asGroup(config))
}

const httpTo = (scope: Scope, url: string) => {
  const connecting = createConnecting(false, config.galene, () => new Date())
  scope.defer(() => connecting.close())
  const http = createGaleneHttp({ url: () => url, connecting })
  scope.defer(() => http.end())
  return http
}

/** The files of these channels, kept as the server keeps them; `url` is where the SFU answers, once it does. */
const groupsIn = (scope: Scope, folder: string, source: GroupSource, url?: string) => {
  let check = () => undefined as unknown
  const http = httpTo(scope, url ?? '')
  const poke = async (name: string) => (url === undefined ? undefined : http.poke(name))
  const groups = new Groups({
    port: groupsByFiles({ folder, jwk, kids: new Set([jwk.kid]), poke }),
    ...{ source, log, changed: () => void check() },
  })
  scope.defer(() => groups.stop())
  /** Resolves when the SFU has looked at the file of a group that changed, with the wait for further changes. */
  const follow = (name: string) =>
    new Promise<void>((done) => {
      groups.changed(name)
      check = () => groups.state(name).state === 'in-step' && done()
    })
  return { groups, follow }
}

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const since = performance.now()
  await work()
  return performance.now() - since
}

type Size = { channels: number; members: number }

/** A database of this size in `folder`, and the groups that its channels want. */
const prepare = async (scope: Scope, folder: string, { channels, members }: Size) => {
  const path = join(folder, `pyrite-${members}.db`)
  const rooms = range(channels).map((n) => ({ slug: `room-${n}`, members: range(members) }))
  await prepareDatabase(path, { people: members, channels: rooms })
  const database = await openDatabase({ path })
  scope.defer(() => database.close())
  return { database, source: sourceOf(database) }
}

const coldRow = async (scope: Scope, source: GroupSource, size: Size, rounds: number) => {
  const { channels, members } = size
  const ours: number[] = []
  const plain: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const folder = await newFolder(scope)
    const { groups } = groupsIn(scope, join(folder, 'groups'), source)
    ours.push(await timed(() => groups.start()))
    await groups.stop()
    const text = JSON.stringify((await source('room-0')).map(({ members }) => [...members]))
    await mkdir(join(folder, 'plain'))
    plain.push(
      await timed(async () => {
        for (const n of range(channels)) await writeFile(join(folder, 'plain', `${n}.json`), text)
      }),
    )
  }
  const name = `${channels} channels x ${members} members, cold`
  const what = { goal: 'P11', name, unit: 'ms', aim: { atMost: 1_000 } }
  return compare(what, { [OURS]: ours, 'files written, never synced': plain })
}

const idleRows = async (groups: Groups): Promise<Row[]> => {
  const before = groups.written()
  const times: number[] = []
  for (let round = 0; round < 5; round += 1) {
    times.push(await timed(() => groups.lookOver()))
  }
  const name = 'sweep with nothing to do'
  const aim = { atMost: 0 }
  return [
    single({ goal: 'P11', name, unit: 'files written', aim }, groups.written() - before),
    single({ goal: 'P11', name, unit: 'ms' }, median(times)),
  ]
}

const displayNameAt = async (url: string, slug: string): Promise<unknown> => {
  const answer = await fetch(`${url}${statusPath(slug)}`)
  return ((await answer.json()) as { displayName?: unknown }).displayName
}

/** Renames channels one after the other; each counts until its settled file is what Galene goes by. */
const changeRows = async (
  database: Database,
  follow: (slug: string) => Promise<void>,
  url: string,
  changes: number,
): Promise<Row[]> => {
  const times: number[] = []
  for (const n of range(changes)) {
    const slug = `room-${n}`
    const name = `Renamed ${n}`
    const rename = 'update channels set name = ? where slug = ?'
    await database.write((sqlite) => sqlite.prepare(rename).run(name, slug))
    times.push(await timed(() => follow(slug)))
    const told = await displayNameAt(url, slug)
    if (told !== name) throw new Error(`Galene goes by ${String(told)} instead of ${name}`)
  }
  const p99 = times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN
  const name = 'one change until Galene enforces it'
  return [
    single({ goal: 'P11', name: `${name}, p50`, unit: 'ms' }, median(times)),
    single({ goal: 'P11', name: `${name}, p99`, unit: 'ms', aim: { atMost: 50 } }, p99),
  ]
}

const API_USER = { user: 'pyrite', password: newSigningKey() }

/** A Galene whose admin API may be used to write groups. */
const startWritable = async (scope: Scope, binary: string, folder: string): Promise<string> => {
  const { user, password } = API_USER
  const settings = {
    writableGroups: true,
    users: { [user]: { password, permissions: 'admin' } },
  }
  const { url } = await start(scope, (port) => {
    const command = galeneCommand(binary, folder, join(folder, 'groups'), port)
    writeFileSync(join(folder, `data-${port}`, 'config.json'), JSON.stringify(settings))
    return command
  })
  return url
}

/** All groups of an empty Galene by its admin API; the first start ends after ten seconds, so each group is waited for. */
const apiRow = async (
  scope: Scope,
  binary: string,
  source: GroupSource,
  { channels, members }: Size,
): Promise<Row> => {
  const folder = await newFolder(scope)
  const http = httpTo(scope, await startWritable(scope, binary, folder))
  const memory = createGroupMemory(join(folder, 'groups-api.json'), log)
  const poke = (name: string) => http.poke(name)
  const api = createGaleneApi({ http, ...API_USER })
  const groups = new Groups({
    port: new GroupsByApi({ api, memory, jwk, kids: new Set([jwk.kid]), poke }),
    ...{ source, log, changed: () => undefined },
  })
  scope.defer(() => groups.stop())
  const slugs = range(channels).map((n) => `room-${n}`)
  const ms = await timed(async () => {
    await groups.start()
    for (const slug of slugs) await groups.settled(slug)
  })
  const late = slugs.find((slug) => groups.state(slug).state !== 'in-step')
  if (late) throw new Error(`${late} is not in step: ${groups.state(late).reason}`)
  const name = `${channels} channels x ${members} members, cold, by Galene's API`
  return single({ goal: 'P11', name, unit: 'ms' }, ms)
}

/** Group files in step with channels (P11): in the process itself, on a real database, and a real Galene where there is one. */
export const sync: Benchmark = {
  name: 'sync',
  async run({ quick, note }, scope) {
    const channels = quick ? CHANNELS / 10 : CHANNELS
    if (quick) note(`${channels} channels instead of ${CHANNELS}`)
    const folder = await newFolder(scope)
    const rounds = quick ? 1 : 5
    const size = { channels, members: MEMBERS }
    const { database, source } = await prepare(scope, folder, size)
    const smaller = { channels, members: FEWER_MEMBERS }
    const { source: fewer } = await prepare(scope, folder, smaller)
    const rows = [
      await coldRow(scope, source, size, rounds),
      await coldRow(scope, fewer, smaller, rounds),
    ]

    const inGroups = join(folder, 'groups')
    const binary = findGalene()
    const galene = binary
      ? await start(scope, (port) => galeneCommand(binary, folder, inGroups, port))
      : undefined
    const { groups, follow } = groupsIn(scope, inGroups, source, galene?.url)
    await groups.start()
    rows.push(...(await idleRows(groups)))
    if (!galene || !binary) {
      note('no Galene on the PATH, so no change was followed to its end, and its API not measured')
      return rows
    }
    rows.push(...(await changeRows(database, follow, galene.url, quick ? 20 : CHANGES)))
    rows.push(await apiRow(scope, binary, fewer, smaller))
    return rows
  },
}
