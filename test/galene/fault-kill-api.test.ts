import { randomInt } from 'node:crypto'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newSigningKey } from '../../lib/app/secrets.ts'
import { loadConfig } from '../../lib/platform/config/load.ts'
import { joinAsStock } from '../support/adopting.ts'
import { eventually } from '../support/eventually.ts'
import { ADMIN, joinDirectly, startGalene, WITH_ADMIN } from '../support/galene.ts'
import { startGate } from '../support/gate.ts'
import { startPyrite } from '../support/pyrite.ts'
import { spawnPyrite } from '../support/pyrite-process.ts'
import { galenes, type Json } from '../support/sfu.ts'
import { buildSync, spawnSync } from '../support/sync-process.ts'

/** How often Pyrite is killed while it keeps groups: a process that does nothing else, by the same code, starts in a fraction of the time. */
const KILLS = Number(process.env.KILLS ?? 200)
/** How many of these are a whole Pyrite. */
const WHOLE_KILLS = Math.ceil(KILLS / 40)
/** Galenes with a Pyrite each, side by side: Galene waits a while before it refuses somebody. */
const PLACES = 4
const CHANNELS = 60
/** Groups looked at after each kill. */
const LOOKED_AT = 6
/** From the first write of a start until it is killed, at most. Milliseconds. */
const LONGEST_MS = 400
const BACK_MS = 10_000
/** What ends a wait for the others, which only have to come back, and for a first write. Milliseconds. */
const LATE_MS = 60_000
const KEY = newSigningKey()
const FOREIGN: Record<string, string> = {
  theirs: '{"displayName":"Theirs","users":{"root":{"password":"theirs","permissions":"op"}}}',
  half: '{"displayName":',
}
const ROOMS = Array.from({ length: CHANNELS }, (_, n) => `room-${n}`)
const OURS = ['general', ...ROOMS]
const anyOfOurs = () => OURS[randomInt(OURS.length)] ?? ''

const prepareChannels = async (folder: string) => {
  const settings = { channels: { creations_burst: CHANNELS, creations_per_minute: CHANNELS } }
  const pyrite = await startPyrite({ folder, settings })
  const alice = await pyrite.signIn('alice')
  for (const slug of ROOMS) {
    expect((await alice.send('POST', '/api/channels', { name: slug, slug })).status).toBe(201)
  }
  await pyrite.stop({ keep: true })
}

const { sfu: defaults } = loadConfig('/nowhere/config.toml')

/** A Galene with groups of its own and others', and what a Pyrite works in that keeps some there. */
const openPlace = async (binary: string, folder: string) => {
  const galene = await startGalene({ binary, config: WITH_ADMIN })
  const gate = await startGate(galene.url)
  for (const [name, text] of Object.entries(FOREIGN)) await galene.write(name, text)
  const settings = {
    SFU_URL: gate.url,
    SFU_SIGNING_KEY: KEY,
    GALENE_SYNC: 'api',
    GALENE_API_USER: ADMIN.user,
    GALENE_API_PASSWORD: ADMIN.password,
  }
  const running = new Set<{ kill(): Promise<void> }>()
  const started = <T extends { kill(): Promise<void> }>(process: T): T => {
    running.add(process)
    return process
  }
  return {
    galene,
    startSync: () => started(spawnSync(folder, settings)),
    startPyrite: () =>
      started(spawnPyrite({ folder, sfu: { name: 'away', galene: undefined }, settings })),
    firstWrite: () =>
      new Promise<void>((done) =>
        gate.before(async ({ method }) => {
          if (method === 'PUT' || method === 'DELETE') done()
        }),
      ),
    joins: (username: string, role: 'moderator' | 'member', group: string) => {
      const config = { ...defaults, signing_key: KEY }
      return joinDirectly(galene.url, config, { username, role, group, recording: false })
    },
    async end() {
      for (const each of running) await each.kill()
      await gate.stop()
      await galene.end()
    },
  }
}
type Place = Awaited<ReturnType<typeof openPlace>>

/** Some groups are lost, and some changed by whoever: so that there is something to do at the next start. */
const disturb = async ({ galene }: Place) => {
  for (const name of await galene.names()) {
    if (name in FOREIGN) continue
    const which = randomInt(4)
    if (which > 1) await galene.remove(name)
    else if (which === 1) {
      const group = await galene.read(name)
      const users = { ...(group.users as Json), mallory: { permissions: 'op' } }
      await galene.write(name, JSON.stringify({ ...group, users }))
    }
  }
}

/** Somebody with a token of Pyrite's is either let in, as what the token says and into a group that is whole, or not yet. */
const mustBeWholeOrClosed = async ({ galene, joins }: Place, name: string) => {
  // In this order: what lets a member in lets a moderator in a moment later.
  const member = await joins('bob', 'member', name)
  const moderator = await joins('alice', 'moderator', name)
  const guess = await joinAsStock(galene.url, name, { username: 'alice', password: '' })
  expect([name, guess.kind]).toEqual([name, 'fail'])
  if (member.kind === 'join') expect(member.permissions).toEqual(['present', 'message'])
  if (moderator.kind !== 'join') return expect([name, member.kind]).toEqual([name, 'fail'])
  const { authKeys, users, 'max-clients': most, comment } = await galene.read(name)
  expect([name, comment]).toEqual([name, expect.stringMatching(/^managed by Pyrite/)])
  expect([name, (authKeys as Json[]).length, most]).toEqual([name, 1, defaults.max_clients])
  expect(users).toMatchObject({ alice: { permissions: 'op' } })
}
const mustBeTheirs = async ({ galene }: Place) => {
  for (const [name, text] of Object.entries(FOREIGN)) expect(await galene.text(name)).toBe(text)
}
const inStep = async ({ galene }: Place) => {
  const isInStep = async (name: string) => {
    const { users = {}, expires } = await galene.read(name)
    return !('mallory' in (users as Json)) && expires === undefined
  }
  const there = (await galene.names()).filter((name) => OURS.includes(name))
  return (await Promise.all(there.map(isInStep))).filter(Boolean).length
}

const tooLate = async () => {
  await pause(LATE_MS, undefined, { ref: false })
  throw new Error('nothing was written: what should write has ended, or hangs')
}

/** Whether it was killed in the middle. */
const killOnce = async (place: Place, isWhole: boolean): Promise<boolean> => {
  await disturb(place)
  const isWriting = place.firstWrite()
  const { kill } = isWhole ? place.startPyrite() : place.startSync()
  await Promise.race([isWriting, tooLate()])
  const killed = pause(LONGEST_MS * Math.random() ** 2).then(() => kill())
  await mustBeWholeOrClosed(place, anyOfOurs())
  await killed
  const some = new Set(Array.from({ length: LOOKED_AT }, anyOfOurs))
  await Promise.all([...some].map((name) => mustBeWholeOrClosed(place, name)))
  await mustBeTheirs(place)
  return (await inStep(place)) < OURS.length
}

const mustComeBack = async (place: Place, withinMs: number) => {
  const since = performance.now()
  const { isUp, signIn, kill } = place.startPyrite()
  await eventually(async () => expect(await inStep(place)).toBe(OURS.length), withinMs)
  const alice = await signIn(await isUp(), 'alice')
  await eventually(async () => {
    const { body } = await alice.send('GET', '/api/channels/room-7/sfu_status')
    expect(body).toMatchObject({ sync: { state: 'in-step' }, reachable: true })
  }, withinMs)
  expect(performance.now() - since).toBeLessThan(withinMs)
  await Promise.all(OURS.map((name) => mustBeWholeOrClosed(place, name)))
  for (const name of OURS) expect((await place.joins('bob', 'member', name)).kind).toBe('join')
  await mustBeTheirs(place)
  await kill()
}

describe.each(galenes().slice(0, 1))('groups kept by the API of %s', (binary) => {
  let root: string
  let places: Place[]
  beforeAll(async () => {
    await buildSync()
  })
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'pyrite-kill-api-'))
    const folders = Array.from({ length: PLACES }, (_, n) => join(root, `${n}`))
    const [first = '', ...others] = folders
    await prepareChannels(first)
    for (const folder of others) await cp(first, folder, { recursive: true })
    places = await Promise.all(folders.map((folder) => openPlace(binary, folder)))
  })
  afterEach(async () => {
    for (const place of places) await place.end()
    await rm(root, { recursive: true, force: true })
  })

  it(
    `killed ${KILLS} times while it writes: nobody meets half a group, others' groups stay, and the next start is in step within ten seconds`,
    async () => {
      let [left, interrupted] = [KILLS, 0]
      const killAgain = async (place: Place) => {
        while (left > 0) {
          left -= 1
          if (await killOnce(place, left < WHOLE_KILLS)) interrupted += 1
        }
      }
      await Promise.all(places.map(killAgain))
      // Many hit it in the middle, or this proves nothing.
      expect(interrupted).toBeGreaterThan(KILLS / 5)
      for (const [n, place] of places.entries())
        await mustComeBack(place, n === 0 ? BACK_MS : LATE_MS)
    },
    60_000 + PLACES * LATE_MS + KILLS * 6_000,
  )
})
