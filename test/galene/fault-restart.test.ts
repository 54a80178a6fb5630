import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { ADMIN, startGalene, type TestGalene, WITH_ADMIN } from '../support/galene.ts'
import { type Gate, startGate } from '../support/gate.ts'
import { galenes, startBridge, type TestBridge } from '../support/sfu.ts'

const BACK_MS = 10_000
const BY_API = { sync: 'api', api_user: ADMIN.user, api_password: ADMIN.password } as const

const another = (binary: string) => galenes().find((each) => each !== binary)

describe.each(galenes())('a paired Galene that is back before anybody looked, %s', (binary) => {
  let galene: TestGalene
  let gate: Gate
  let bridge: TestBridge
  beforeEach(async () => {
    galene = await startGalene({ binary, config: WITH_ADMIN })
    gate = await startGate(galene.url)
  })
  afterEach(async () => {
    await bridge.stop()
    await gate.stop()
    await galene.end()
  })
  const pair = async () => {
    bridge = await startBridge({ url: gate.url, galene: BY_API })
    await isInStep()
  }
  const isInStep = () =>
    eventually(async () => {
      expect(bridge.health().reachable).toBe(true)
      for (const name of ['attic', 'garden']) {
        expect(bridge.sfu.syncState(name)).toEqual({ state: 'in-step' })
      }
      expect(await galene.names()).toEqual(['attic', 'garden'])
    }, BACK_MS)
  /** Down for a moment, with nobody in a call. */
  const restart = async (meanwhile: () => Promise<unknown>) => {
    await galene.stop()
    await meanwhile()
    await galene.start()
  }

  it('without its groups: all of them are there again, though nobody joins [SFU-16]', async () => {
    await pair()
    await restart(() =>
      Promise.all(['attic', 'garden'].map((name) => rm(join(galene.groups, `${name}.json`)))),
    )
    await isInStep()
  }, 30_000)

  it('from an old backup: no group stays as it was then', async () => {
    await pair()
    const old = await galene.text('garden')
    const since = { ...JSON.parse(old), displayName: 'Long ago', users: { mallory: {} } }
    await restart(() => galene.write('garden', JSON.stringify(since)))
    await eventually(async () => {
      expect(JSON.parse(await galene.text('garden'))).toEqual(JSON.parse(old))
    }, BACK_MS)
    await isInStep()
  }, 30_000)

  if (another(binary)) {
    it('as another program: people join there, and an old one is called unsupported at once [FACT-VERSION]', async () => {
      await pair()
      await eventually(() => expect(bridge.health().version).toBeDefined(), BACK_MS)
      const { version } = bridge.health()
      await galene.stop()
      await galene.start(another(binary))
      await eventually(() => {
        expect(bridge.health().version).toBeDefined()
        expect(bridge.health().version).not.toBe(version)
      }, BACK_MS)
      const isOld = bridge.health().version?.includes('0.9')
      expect(bridge.health().problem).toEqual(
        isOld ? expect.stringMatching(/not support/) : undefined,
      )
      await isInStep()
      const { joined, socket } = await bridge.join('bob')
      socket.close()
      expect(joined.kind).toBe('join')
    }, 30_000)
  }

  it('as another version: it is asked again which it is [FACT-VERSION]', async () => {
    gate.before(async ({ url, method }, response) => {
      if (method !== 'OPTIONS' || !url?.startsWith('/galene-api/')) return
      response.writeHead(404).end()
      return true
    })
    await pair()
    await eventually(() => expect(bridge.health().version).toMatch(/^unknown/), BACK_MS)
    gate.before(async () => undefined)
    const { since: before } = bridge.health()
    await restart(async () => undefined)
    await eventually(() => expect(bridge.health().version).toMatch(/^[01]\./), BACK_MS)
    expect(bridge.health().since?.getTime()).toBeGreaterThan(before?.getTime() ?? 0)
  }, 30_000)
})
