import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../lib/platform/db/open.ts'
import { type Adopting, prepareAdopting } from '../support/adopting.ts'
import { eventually } from '../support/eventually.ts'
import { startGalene, type TestGalene, WITH_ADMIN } from '../support/galene.ts'
import { type Gate, startGate } from '../support/gate.ts'
import { galenes, type Json } from '../support/sfu.ts'

const GARDEN = `{"displayName": "The garden", "contact": "me", "max-clients": 7,
  "users": {"jch": {"password": "1234", "permissions": "op"}},
  "wildcard-user": {"password": {"type": "wildcard"}, "permissions": "observe"}}
`
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const KILLER = pathToFileURL(join(import.meta.dirname, '../support/die-at.mjs')).href
const MAIN = join(import.meta.dirname, '../../lib/main.ts')
const ADOPT = ['adopt', 'garden', '--owner', 'alice', '--forget-passwords']
const RELEASE = ['release', 'garden']

/** Runs a command in a process of its own. `is` how it ended: its exit code, or the signal. */
const inProcess = (world: Adopting, args: string[], more: Record<string, string> = {}) => {
  const words = ['--import', TSX, ...(more.DIE_AT ? ['--import', KILLER] : []), MAIN, 'galene']
  const environment = { PATH: process.env.PATH ?? '', ...world.environment, ...more }
  const child = spawn(process.execPath, [...words, ...args], { env: environment, stdio: 'ignore' })
  const ended = new Promise<string>((done) =>
    child.once('exit', (code, signal) => done(String(signal ?? code))),
  )
  return { child, ended }
}

describe.each(galenes().slice(0, 1))('killed while adopting or releasing, with %s', (binary) => {
  let galene: TestGalene
  let gate: Gate
  let world: Adopting

  const prepare = async (way: 'files' | 'api') => {
    world = await prepareAdopting({ url: gate.url, groups: galene.groups }, way)
    for (const name of await galene.names()) await galene.remove(name)
    await galene.write('garden', GARDEN)
  }
  /** A server that runs afterwards, and brings in step what it finds. */
  const serveOnce = async () => {
    const pyrite = await world.start()
    pyrite.app.sfu.groupsChanged()
    await eventually(() => expect(pyrite.app.sfu.syncState('general').state).toBe('in-step'))
    await pyrite.stop({ keep: true })
  }
  /** As before the first adoption: no backup, no channel. */
  const forget = async () => {
    await rm(world.backups, { recursive: true, force: true })
    const { db, close } = await openDatabase({ path: join(world.folder, 'data/pyrite.db') })
    const { id } = await db
      .selectFrom('channels')
      .select('id')
      .where('slug', '=', 'garden')
      .executeTakeFirstOrThrow()
    await db.deleteFrom('memberships').where('channelId', '=', id).execute()
    await db.deleteFrom('channels').where('id', '=', id).execute()
    await close()
  }
  const isWhole = async () => {
    const { users, comment, contact } = await galene.read('garden')
    expect([Object.keys(users as Json), contact]).toEqual([['alice'], 'me'])
    expect(comment).toMatch(/^managed by Pyrite \(key/)
  }

  beforeEach(async () => {
    galene = await startGalene({ binary, config: WITH_ADMIN })
    gate = await startGate(galene.url)
  })
  afterEach(async () => {
    await gate.stop()
    await galene.end()
    await world.end()
  })

  it('at any step with files, the group is the old or the new one, and the same command finishes', async () => {
    await prepare('files')
    const dieAt = async (args: string[], step: number) =>
      inProcess(world, args, { DIE_AT: String(step) }).ended
    let step = 1
    while ((await dieAt(ADOPT, step)) === 'SIGKILL') {
      await serveOnce()
      if ((await galene.text('garden')) !== GARDEN) await isWhole()
      expect((await world.run(...ADOPT)).code).toBe(0)
      await isWhole()
      expect((await world.copies('garden')).every((copy) => copy === GARDEN)).toBe(true)
      await world.run(...RELEASE)
      expect(await galene.text('garden')).toBe(GARDEN)
      await forget()
      step += 1
    }
    expect(step).toBeGreaterThan(9)
    await isWhole()
    step = 1
    while ((await dieAt(RELEASE, step)) === 'SIGKILL') {
      await serveOnce()
      if ((await galene.text('garden')) === GARDEN) await world.run(...ADOPT)
      await isWhole()
      step += 1
    }
    expect(step).toBeGreaterThan(2)
    expect(await galene.text('garden')).toBe(GARDEN)
  }, 180_000)

  it("at any write to Galene's API, the backup has what was there, and the same command finishes", async () => {
    await prepare('api')
    /** Kills the command at its write number `step`, of which Galene hears nothing. */
    const dieAt = async (args: string[], step: number) => {
      let writes = 0
      const { child, ended } = inProcess(world, args)
      gate.before(async ({ method }) => {
        if (method !== 'PUT' && method !== 'DELETE') return
        writes += 1
        if (writes !== step) return
        child.kill('SIGKILL')
        await ended
        return true
      })
      const how = await ended
      gate.before(async () => undefined)
      return how
    }
    const users = { jch: { permissions: 'op' } }
    let step = 1
    while ((await dieAt(ADOPT, step)) === 'SIGKILL') {
      const [copy] = await world.copies('garden')
      expect(JSON.parse(copy ?? '')).toMatchObject({ users, displayName: 'The garden' })
      await serveOnce()
      expect((await world.run(...ADOPT)).code).toBe(0)
      await isWhole()
      expect(await galene.read('garden')).not.toHaveProperty('wildcard-user')
      expect((await world.run(...RELEASE)).code).toBe(0)
      if (step % 2 === 0) await forget()
      step += 1
    }
    expect(step).toBeGreaterThan(6)
    await isWhole()
    step = 1
    while ((await dieAt(RELEASE, step)) === 'SIGKILL') {
      await serveOnce()
      const { code, said } = await world.run(...RELEASE)
      if (code !== 0) expect(said).toMatch(/does not belong to Pyrite/)
      const { authKeys: _none, comment, ...after } = await galene.read('garden')
      expect([comment, after.users]).toEqual([undefined, users])
      expect(after['wildcard-user']).toEqual({ permissions: 'observe' })
      expect((await world.run(...ADOPT)).code).toBe(0)
      step += 1
    }
    expect(step).toBeGreaterThan(6)
  }, 180_000)
})
