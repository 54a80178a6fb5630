import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { CallCard, CallsPage } from '../../lib/protocol/calls.ts'
import type { Client } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type PyriteProcess, preparePeople, spawnPyrite } from '../support/pyrite-process.ts'
import { connectTo } from '../support/sfu.ts'

let folder: string
let server: PyriteProcess
let url: string
const start = async () => {
  server = spawnPyrite({ folder, sfu: { name: 'the built-in SFU', galene: undefined } })
  url = await server.isUp()
}
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pyrite-killed-'))
  await preparePeople(folder)
  await start()
}, 60_000)
afterEach(async () => {
  await server.kill()
  await rm(folder, { recursive: true, force: true })
})

const calls = async (who: Client): Promise<CallCard[]> =>
  ((await who.send('GET', '/api/channels/general/calls')).body as CallsPage).calls
/** Tries until the SFU answers, which is still being started. */
const joinCall = ({ cookie }: Client) =>
  eventually(async () => {
    const person = connectTo(`${url}/sfu`, { cookie, origin: url })
    await person.opens()
    person.send({ type: 'handshake', version: ['2'], id: crypto.randomUUID() })
    person.send({ type: 'join', kind: 'join', group: 'general' })
    await person.hears({ type: 'joined', kind: 'join' }, 3_000)
    return person
  }, 30_000)

it('a call that ran when the server was killed ended when it was last known to run, and goes on when people come back [CALL-8]', async () => {
  const signIn = () =>
    Promise.all([server.signIn(url, 'alice'), server.signIn(url, 'bob')] as const)
  let [alice, bob] = await signIn()
  await joinCall(alice)
  await joinCall(bob)
  const [running] = await eventually(async () => {
    const found = await calls(bob)
    expect(found).toMatchObject([{ endedAt: null, stays: [{ leftAt: null }, { leftAt: null }] }])
    return found
  })
  const killedAt = new Date().toISOString()
  await server.kill()
  await start()
  ;[alice, bob] = await signIn()

  const ended = await calls(bob)
  expect(ended).toHaveLength(1)
  const { id, endedAt, stays, startedAt, rev } = ended[0] as CallCard
  expect([id, startedAt]).toEqual([running?.id, running?.startedAt])
  expect(rev).toBeGreaterThan(running?.rev ?? 0)
  const lastComing = running?.stays[1]?.joinedAt ?? ''
  expect([(endedAt ?? '') >= lastComing, (endedAt ?? '') <= killedAt]).toEqual([true, true])
  expect(stays.map(({ leftAt }) => leftAt)).toEqual([endedAt, endedAt])

  const back = await joinCall(alice)
  await eventually(async () =>
    expect(await calls(bob)).toMatchObject([
      { id, startedAt, endedAt: null, stays: [{ leftAt: null }, { leftAt: endedAt }] },
    ]),
  )
  back.socket.close()
}, 120_000)
