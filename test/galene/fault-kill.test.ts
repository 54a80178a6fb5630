import { randomInt } from 'node:crypto'
import { watch } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startPyrite } from '../support/pyrite.ts'
import { type PyriteProcess, spawnPyrite } from '../support/pyrite-process.ts'
import { connectTo, sfusUnderTest } from '../support/sfu.ts'

/** How often Pyrite is killed. */
const KILLS = Number(process.env.KILLS ?? 20)
const CHANNELS = 300
/** From the first write of a start until it is killed, at most. Milliseconds. */
const LONGEST_MS = 120
const BACK_MS = 10_000
const FOREIGN = { 'theirs.json': '{"displayName":"Theirs"}', 'half.json': '{"displayName":' }
/** Nobody answers there: what is killed is Pyrite while it writes. */
const AWAY = { SFU_URL: 'http://127.0.0.1:9' }

let folder: string
let groups: string
let process_: PyriteProcess | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pyrite-kill-'))
  groups = join(folder, 'data/groups')
  await mkdir(groups, { recursive: true })
  for (const [name, text] of Object.entries(FOREIGN)) await writeFile(join(groups, name), text)
})
afterEach(async () => {
  await process_?.kill()
  await rm(folder, { recursive: true, force: true })
})

const prepareChannels = async () => {
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

const files = async () => (await readdir(groups)).filter((name) => name.endsWith('.json'))
const ours = async () => (await files()).filter((name) => !(name in FOREIGN))

/** Every file is whole and says what its channel says, and what is not ours is as it was. */
const mustBeWhole = async () => {
  for (const name of await ours()) {
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
const firstWrite = () => {
  const watcher = watch(groups)
  return new Promise<void>((done) =>
    watcher.once('change', () => {
      watcher.close()
      done()
    }),
  )
}

/** Some files are lost, some emptied by whoever: so that there is something to do at the next start. */
const disturb = async () => {
  for (const name of await ours()) {
    if (randomInt(4) > 0) await rm(join(groups, name))
  }
}

it(
  `killed ${KILLS} times while it writes: no group file is half written or not ours, and the next start is in step within ten seconds`,
  async () => {
    await prepareChannels()
    const sfu = sfusUnderTest().at(-1) ?? { name: '', galene: undefined }
    let interrupted = 0
    for (let n = 0; n < KILLS; n += 1) {
      await disturb()
      const isWriting = firstWrite()
      process_ = spawnPyrite({ folder, sfu, settings: AWAY })
      await isWriting
      // Early moments more often than late ones: a fast disk is done soon.
      await pause(LONGEST_MS * Math.random() ** 2)
      await process_.kill()
      await mustBeWhole()
      if ((await ours()).length < CHANNELS + 1) interrupted += 1
    }
    // Many hit it in the middle, or this proves nothing.
    expect(interrupted).toBeGreaterThan(KILLS / 5)

    const since = performance.now()
    process_ = spawnPyrite({ folder, sfu })
    const url = await process_.isUp()
    await eventually(async () => expect((await ours()).length).toBe(CHANNELS + 1), BACK_MS)
    const alice = await process_.signIn(url, 'alice')
    await eventually(async () => {
      const { body } = await alice.send('GET', '/api/channels/room-7/sfu_status')
      expect(body).toMatchObject({ sync: { state: 'in-step' }, reachable: true })
    }, BACK_MS)
    expect(performance.now() - since).toBeLessThan(BACK_MS)
    await mustBeWhole()
    expect((await readdir(groups)).filter((name) => name.endsWith('.tmp'))).toEqual([])
    const call = connectTo(`${url}/sfu`, { cookie: alice.cookie, origin: url })
    await call.opens()
    call.send({ type: 'handshake', version: ['2'], id: 'alice' })
    call.send({ type: 'join', kind: 'join', group: 'room-7' })
    expect((await call.hears({ type: 'joined' })).kind).toBe('join')
    call.socket.close()
  },
  60_000 + KILLS * 5_000,
)
