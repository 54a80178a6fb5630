import { randomInt } from 'node:crypto'
import { watch } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startPyrite } from '../support/pyrite.ts'
import { type PyriteProcess, spawnPyrite } from '../support/pyrite-process.ts'
import { connectTo, sfusUnderTest } from '../support/sfu.ts'

/** How often Pyrite is killed. */
const KILLS = Number(process.env.KILLS ?? 200)
/** Folders with a Pyrite each, side by side: a start waits for the disk as long as for the processor. */
const FOLDERS = 4
const CHANNELS = 300
/** From the first write of a start until it is killed, at most. Milliseconds. */
const LONGEST_MS = 120
const BACK_MS = 10_000
const FOREIGN = { 'theirs.json': '{"displayName":"Theirs"}', 'half.json': '{"displayName":' }
const sfu = sfusUnderTest().at(-1) ?? { name: '', galene: undefined }
/** Nobody answers there: what is killed is Pyrite while it writes. */
const AWAY = { SFU_URL: 'http://127.0.0.1:9' }

/** What a Pyrite of its own works in. */
type Place = { folder: string; groups: string }
let root: string
let places: Place[]
const running = new Set<PyriteProcess>()
const spawnAt = ({ folder }: Place, settings = {}) => {
  const pyrite = spawnPyrite({ folder, sfu, settings })
  running.add(pyrite)
  return pyrite
}
const kill = async (pyrite: PyriteProcess) => {
  await pyrite.kill()
  running.delete(pyrite)
}
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pyrite-kill-'))
  places = Array.from({ length: FOLDERS }, (_, n) => {
    const folder = join(root, `${n}`)
    return { folder, groups: join(folder, 'data/groups') }
  })
})
afterEach(async () => {
  for (const pyrite of running) await kill(pyrite)
  await rm(root, { recursive: true, force: true })
})

const prepareChannels = async ({ folder, groups }: Place) => {
  await mkdir(groups, { recursive: true })
  for (const [name, text] of Object.entries(FOREIGN)) await writeFile(join(groups, name), text)
  const settings = { channels: { creations_burst: CHANNELS, creations_per_minute: CHANNELS } }
  const pyrite = await startPyrite({ folder, settings })
  const alice = await pyrite.signIn('alice')
  for (let n = 0; n < CHANNELS; n += 1) {
    const { status } = await alice.send('POST', '/api/channels', {
      name: `Room ${n}`,
      slug: `room-${n}`,
    })
    expect(status).toBe(201)
  }
  await pyrite.stop({ keep: true })
}

const ours = async ({ groups }: Place) =>
  (await readdir(groups)).filter((name) => name.endsWith('.json') && !(name in FOREIGN))

/** Every file is whole and says what its channel says, and what is not ours is as it was. */
const mustBeWhole = async (place: Place) => {
  const { groups } = place
  for (const name of await ours(place)) {
    const text = await readFile(join(groups, name), 'utf8')
    const { comment, authKeys, users } = JSON.parse(text)
    expect([name, comment, authKeys.length, users.alice]).toEqual([
      name,
      expect.stringMatching(/^managed by Pyrite/),
      1,
      { permissions: 'op' },
    ])
  }
  for (const [name, text] of Object.entries(FOREIGN)) {
    expect(await readFile(join(groups, name), 'utf8')).toBe(text)
  }
}

/** Resolves when something appears in the folder. */
const firstWrite = ({ groups }: Place) => {
  const watcher = watch(groups)
  return new Promise<void>((done) =>
    watcher.once('change', () => {
      watcher.close()
      done()
    }),
  )
}

/** Some files are lost: so that there is something to do at the next start. */
const disturb = async (place: Place) => {
  for (const name of await ours(place)) {
    if (randomInt(4) > 0) await rm(join(place.groups, name))
  }
}

/** Whether it was killed in the middle. */
const killOnce = async (place: Place): Promise<boolean> => {
  await disturb(place)
  const isWriting = firstWrite(place)
  const pyrite = spawnAt(place, AWAY)
  await isWriting
  // Early moments more often than late ones: a fast disk is done soon.
  await pause(LONGEST_MS * Math.random() ** 2)
  await kill(pyrite)
  await mustBeWhole(place)
  return (await ours(place)).length < CHANNELS + 1
}

const mustComeBack = async (place: Place) => {
  const since = performance.now()
  const pyrite = spawnAt(place)
  const url = await pyrite.isUp()
  await eventually(async () => expect((await ours(place)).length).toBe(CHANNELS + 1), BACK_MS)
  const alice = await pyrite.signIn(url, 'alice')
  await eventually(async () => {
    const { body } = await alice.send('GET', '/api/channels/room-7/sfu_status')
    expect(body).toMatchObject({ sync: { state: 'in-step' }, reachable: true })
  }, BACK_MS)
  expect(performance.now() - since).toBeLessThan(BACK_MS)
  await mustBeWhole(place)
  expect((await readdir(place.groups)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  const call = connectTo(`${url}/sfu`, { cookie: alice.cookie, origin: url })
  await call.opens()
  call.send({ type: 'handshake', version: ['2'], id: 'alice' })
  call.send({ type: 'join', kind: 'join', group: 'room-7' })
  expect((await call.hears({ type: 'joined' })).kind).toBe('join')
  call.socket.close()
  await kill(pyrite)
}

it(
  `killed ${KILLS} times while it writes: no group file is half written or not ours, and the next start is in step within ten seconds`,
  async () => {
    const [first, ...others] = places as [Place, ...Place[]]
    await prepareChannels(first)
    for (const { folder } of others) await cp(first.folder, folder, { recursive: true })
    let [left, interrupted] = [KILLS, 0]
    const killAgain = async (place: Place) => {
      while (left > 0) {
        left -= 1
        if (await killOnce(place)) interrupted += 1
      }
    }
    await Promise.all(places.map(killAgain))
    // Many hit it in the middle, or this proves nothing.
    expect(interrupted).toBeGreaterThan(KILLS / 5)
    for (const place of places) await mustComeBack(place)
  },
  60_000 + KILLS * 5_000,
)
