import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newSigningKey } from '../../lib/app/secrets.ts'
import { loadConfig } from '../../lib/platform/config/load.ts'
import { joinAsStock } from '../support/adopting.ts'
import { eventually } from '../support/eventually.ts'
import { ADMIN, joinDirectly, startGalene, type TestGalene, WITH_ADMIN } from '../support/galene.ts'
import { type Gate, startGate } from '../support/gate.ts'
import { startPyrite } from '../support/pyrite.ts'
import { type PyriteProcess, spawnPyrite } from '../support/pyrite-process.ts'
import { galenes, type Json } from '../support/sfu.ts'

/** How often Pyrite is killed. */
const KILLS = Number(process.env.KILLS ?? 10)
const CHANNELS = 60
/** From the first write of a start until it is killed, at most. Milliseconds. */
const LONGEST_MS = 400
const BACK_MS = 10_000
const KEY = newSigningKey()
const FOREIGN: Record<string, string> = {
  theirs: '{"displayName":"Theirs","users":{"root":{"password":"theirs","permissions":"op"}}}',
  half: '{"displayName":',
}
const ROOMS = Array.from({ length: CHANNELS }, (_, n) => `room-${n}`)
const OURS = ['general', ...ROOMS]

const prepareChannels = async (folder: string) => {
  const settings = { channels: { creations_burst: CHANNELS, creations_per_minute: CHANNELS } }
  const pyrite = await startPyrite({ folder, settings })
  const alice = await pyrite.signIn('alice')
  for (const slug of ROOMS) {
    expect((await alice.send('POST', '/api/channels', { name: slug, slug })).status).toBe(201)
  }
  await pyrite.stop({ keep: true })
}

describe.each(galenes().slice(0, 1))('groups kept by the API of %s', (binary) => {
  let folder: string
  let galene: TestGalene
  let gate: Gate
  let pyrite: PyriteProcess | undefined

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pyrite-kill-api-'))
    galene = await startGalene({ binary, config: WITH_ADMIN })
    gate = await startGate(galene.url)
    for (const [name, text] of Object.entries(FOREIGN)) await galene.write(name, text)
  })
  afterEach(async () => {
    await pyrite?.kill()
    await gate.stop()
    await galene.end()
    await rm(folder, { recursive: true, force: true })
  })

  const startAgain = () => {
    const settings = {
      SFU_URL: gate.url,
      SFU_SIGNING_KEY: KEY,
      GALENE_SYNC: 'api',
      GALENE_API_USER: ADMIN.user,
      GALENE_API_PASSWORD: ADMIN.password,
    }
    pyrite = spawnPyrite({ folder, sfu: { name: 'away', galene: undefined }, settings })
    return pyrite
  }
  const firstWrite = () =>
    new Promise<void>((done) =>
      gate.before(async ({ method }) => {
        if (method === 'PUT' || method === 'DELETE') done()
      }),
    )
  const { sfu: settings } = loadConfig('/nowhere/config.toml')
  const joins = (username: string, role: 'moderator' | 'member', group: string) => {
    const config = { ...settings, signing_key: KEY }
    return joinDirectly(galene.url, config, { username, role, group, recording: false })
  }

  /** Some groups are lost, and some changed by whoever: so that there is something to do at the next start. */
  const disturb = async () => {
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
  const mustBeWholeOrClosed = async (name: string) => {
    // In this order: what lets a member in lets a moderator in a moment later.
    const member = await joins('bob', 'member', name)
    const moderator = await joins('alice', 'moderator', name)
    const guess = await joinAsStock(galene.url, name, { username: 'alice', password: '' })
    expect([name, guess.kind]).toEqual([name, 'fail'])
    if (member.kind === 'join') expect(member.permissions).toEqual(['present', 'message'])
    if (moderator.kind !== 'join') return expect([name, member.kind]).toEqual([name, 'fail'])
    const { authKeys, users, 'max-clients': most, comment } = await galene.read(name)
    expect([name, comment]).toEqual([name, expect.stringMatching(/^managed by Pyrite/)])
    expect([name, (authKeys as Json[]).length, most]).toEqual([name, 1, settings.max_clients])
    expect(users).toMatchObject({ alice: { permissions: 'op' } })
  }
  const mustBeTheirs = async () => {
    for (const [name, text] of Object.entries(FOREIGN)) expect(await galene.text(name)).toBe(text)
  }
  const isInStep = async (name: string) => {
    const { users = {}, expires } = await galene.read(name)
    return !('mallory' in (users as Json)) && expires === undefined
  }
  const inStep = async () => {
    const there = (await galene.names()).filter((name) => OURS.includes(name))
    return (await Promise.all(there.map(isInStep))).filter(Boolean).length
  }

  it(
    `killed ${KILLS} times while it writes: nobody meets half a group, others' groups stay, and the next start is in step within ten seconds`,
    async () => {
      await prepareChannels(folder)
      let interrupted = 0
      for (let n = 0; n < KILLS; n += 1) {
        await disturb()
        const isWriting = firstWrite()
        const { kill } = startAgain()
        await isWriting
        const killed = pause(LONGEST_MS * Math.random() ** 2).then(() => kill())
        await mustBeWholeOrClosed(OURS[randomInt(OURS.length)] ?? '')
        await killed
        await Promise.all(OURS.filter(() => randomInt(4) === 0).map(mustBeWholeOrClosed))
        await mustBeTheirs()
        if ((await inStep()) < OURS.length) interrupted += 1
      }
      // Many hit it in the middle, or this proves nothing.
      expect(interrupted).toBeGreaterThan(KILLS / 5)

      const since = performance.now()
      const { isUp, signIn } = startAgain()
      await eventually(async () => expect(await inStep()).toBe(OURS.length), BACK_MS)
      const alice = await signIn(await isUp(), 'alice')
      await eventually(async () => {
        const { body } = await alice.send('GET', '/api/channels/room-7/sfu_status')
        expect(body).toMatchObject({ sync: { state: 'in-step' }, reachable: true })
      }, BACK_MS)
      expect(performance.now() - since).toBeLessThan(BACK_MS)
      await Promise.all(OURS.map(mustBeWholeOrClosed))
      for (const name of OURS) expect((await joins('bob', 'member', name)).kind).toBe('join')
      await mustBeTheirs()
    },
    60_000 + KILLS * 6_000,
  )
})
