import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newSigningKey } from '../../lib/app/secrets.ts'
import { loadConfig } from '../../lib/platform/config/load.ts'
import type { CallsPage } from '../../lib/protocol/calls.ts'
import type { MyChannel } from '../../lib/protocol/channels.ts'
import type { NewWhipKey, RecordingList } from '../../lib/protocol/recordings.ts'
import { createTokens } from '../../lib/sfu/galene/wire/tokens.ts'
import type { Client } from '../support/client.ts'
import { publishByWhip } from '../support/device.ts'
import { eventually } from '../support/eventually.ts'
import { startGalene, type TestGalene } from '../support/galene.ts'
import { type PyriteProcess, preparePeople, spawnPyrite } from '../support/pyrite-process.ts'
import { connectTo, galenes } from '../support/sfu.ts'

const CHANNEL = '/api/channels/general'
const KEY = newSigningKey()
const RECORDER = { type: 'user', username: 'RECORDING' }
let clients = 0

describe.each(galenes())('a recording by %s', { timeout: 60_000 }, (binary) => {
  let folder: string
  let galene: TestGalene
  let recordings: string
  let pyrite: PyriteProcess
  let alice: Client
  const start = async () => {
    pyrite = spawnPyrite({
      folder,
      sfu: { name: binary, galene: binary },
      settings: {
        SFU_URL: galene.url,
        SFU_SIGNING_KEY: KEY,
        SFU_GROUPS_DIR: galene.groups,
        GALENE_RECORDINGS_DIR: recordings,
      },
    })
    alice = await pyrite.signIn(await pyrite.isUp(), 'alice')
  }
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pyrite-recording-'))
    await preparePeople(folder)
    galene = await startGalene({ binary })
    recordings = join(dirname(galene.groups), 'recordings')
    await start()
    await alice.send('PATCH', CHANNEL, { recordable: true })
  })
  afterEach(async () => {
    await pyrite.kill()
    await galene.end()
    await rm(folder, { recursive: true, force: true })
  })

  const enter = async ({ url, cookie } = alice) => {
    const call = connectTo(`${url}/sfu`, { cookie, origin: url })
    await call.opens()
    clients += 1
    call.send({ type: 'handshake', version: ['2'], id: `recorded-${clients}` })
    call.send({ type: 'join', kind: 'join', group: 'general' })
    expect((await call.hears({ type: 'joined' }, 10_000)).kind).toBe('join')
    return call
  }
  /** Somebody who looks in past Pyrite, and has heard who is there. */
  const lookIn = async () => {
    const visitor = connectTo(`${galene.url}/ws`)
    await visitor.opens()
    clients += 1
    visitor.send({ type: 'handshake', version: ['2'], id: `visitor-${clients}` })
    const ticket = {
      username: 'carol',
      group: 'general',
      role: 'listener',
      recording: false,
    } as const
    const config = { ...loadConfig('/nowhere/config.toml').sfu, signing_key: KEY }
    const token = await createTokens({ config, now: () => new Date() }).sign(ticket)
    visitor.send({ type: 'join', kind: 'join', group: 'general', token, username: 'carol' })
    await visitor.hears({ type: 'joined', kind: 'join' })
    visitor.send({ type: 'ping' })
    await visitor.hears({ type: 'pong' })
    return visitor
  }
  const isSaid = (is: boolean) =>
    eventually(async () => {
      const { body } = await alice.send('GET', CHANNEL)
      expect((body as MyChannel).recording !== undefined).toBe(is)
    }, 10_000)
  /** A call in which a camera is recorded. */
  const record = async () => {
    const { body } = await alice.send('POST', `${CHANNEL}/whip-keys`, { name: 'Roof' })
    const camera = await publishByWhip(alice.url, (body as NewWhipKey).secret)
    const call = await enter()
    call.send({ type: 'groupaction', kind: 'record' })
    await call.hears({ ...RECORDER, kind: 'add' })
    await isSaid(true)
    return { camera, call }
  }

  /** Whether somebody who comes in now hears that a recording runs. */
  const runs = async () => {
    const call = await enter()
    call.send({ type: 'ping' })
    await call.hears({ type: 'pong' })
    call.socket.close()
    return call.all({ ...RECORDER, kind: 'add' }).length > 0
  }

  it('that runs when Pyrite is killed ends when it is back, though nobody comes and a camera stays [REC-2]', async () => {
    const { camera } = await record()
    const visitor = await lookIn()
    expect(visitor.all({ ...RECORDER, kind: 'add' })).toHaveLength(1)
    visitor.socket.close()
    await pyrite.kill()
    await start()
    await eventually(async () => {
      const again = await lookIn()
      again.socket.close()
      expect(again.all({ ...RECORDER, kind: 'add' })).toEqual([])
    }, 10_000)
    camera.peer.close()
  })

  it('that runs when Galene is killed is over: it is said, its call ends, what was written is listed, and it does not begin again', async () => {
    const { camera, call } = await record()
    const bob = await enter(await pyrite.signIn(alice.url, 'bob'))
    const file = '2026-11-20T09:30:00.000-alice.webm'
    await mkdir(join(recordings, 'general'), { recursive: true })
    await writeFile(join(recordings, 'general', file), Buffer.alloc(50_000))
    await galene.stop()
    for (const each of [call, bob]) {
      expect(await each.isClosed(10_000)).toMatchObject({ code: 1012 })
    }
    await isSaid(false)
    await eventually(async () => {
      const { calls } = (await alice.send('GET', `${CHANNEL}/calls`)).body as CallsPage
      expect(calls).toMatchObject([{ endedAt: expect.any(String) }])
    }, 10_000)
    const { body } = await alice.send('GET', `${CHANNEL}/recordings`)
    expect((body as RecordingList).recordings).toMatchObject([{ name: file }])
    await galene.start()
    await eventually(async () => expect(await runs()).toBe(false), 10_000)
    await isSaid(false)
    camera.peer.close()
  })
})
