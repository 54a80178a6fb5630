import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import type { NewWhipKey, WhipKeyList } from '../../lib/protocol/recordings.ts'
import type { Client } from '../support/client.ts'
import { publishByWhip } from '../support/device.ts'
import { eventually } from '../support/eventually.ts'
import { startGalene, type TestGalene } from '../support/galene.ts'
import { startGate } from '../support/gate.ts'
import { attend, type Moving, startMoving } from '../support/moving.ts'
import { galenes } from '../support/sfu.ts'

const at = ({ url, groups }: TestGalene) => ({ settings: { sfu: { url, groups_dir: groups } } })
const KEYS = '/api/channels/general/whip-keys'
const KEY_NAME = 'Stage'

describe.each(galenes())('a device that publishes into a call that moves, with %s', (binary) => {
  let moving: Moving
  afterEach(() => moving.end())
  const keyOf = async (who: Client) =>
    (await who.send('POST', KEYS, { name: KEY_NAME })).body as NewWhipKey
  const publishingSince = async (who: Client) =>
    ((await who.send('GET', KEYS)).body as WhipKeyList).keys[0]?.publishing
  /** Whether somebody in the call is told of the device's stream. */
  const isSeen = (call: Awaited<ReturnType<Moving['callOfTwo']>>) =>
    eventually(() =>
      expect(call.people[1].now().heard).toContainEqual(
        expect.objectContaining({ type: 'user', kind: 'add', username: `${KEY_NAME} (stream)` }),
      ),
    )

  it('is told so by its connection, at once, and publishes on the new server', async () => {
    moving = await startMoving(binary, at)
    const call = await moving.callOfTwo()
    const { alice } = call
    const { secret } = await keyOf(alice)
    const device = await publishByWhip(alice.url, secret)
    await isSeen(call)
    expect(await publishingSince(alice)).toEqual(expect.any(String))
    const next = await moving.newGalene()
    await moving.moves(moving.settingsFor(next), call)
    await device.closed
    expect(await publishingSince(alice)).toBeNull()
    const again = await publishByWhip(alice.url, secret)
    await isSeen(call)
    expect(await publishingSince(alice)).toEqual(expect.any(String))
    for (const { peer } of [device, again]) peer.close()
  })

  it('is forgotten where the server that is left hangs', { timeout: 30_000 }, async () => {
    const left: TestGalene[] = []
    moving = await startMoving(binary, (galene) => {
      left.push(galene)
      return at(galene)
    })
    const call = await moving.callOfTwo()
    const { alice } = call
    const { secret } = await keyOf(alice)
    const device = await publishByWhip(alice.url, secret)
    const next = await moving.newGalene()
    left[0]?.signal('SIGSTOP')
    await moving.pyrite.app.reload(moving.settingsFor(next))
    for (const { isBack } of call.people) await isBack()
    expect(await publishingSince(alice)).toBeNull()
    device.peer.close()
  })

  it('that is ended slowly holds up nobody who has to go: not those who are still on the old server, nor those who were', async () => {
    const old = await startGalene({ binary })
    onTestFinished(old.end)
    const gate = await startGate(old.url)
    onTestFinished(gate.stop)
    moving = await startMoving(binary, at({ ...old, url: gate.url }))
    const { app } = moving.pyrite
    const call = await moving.callOfTwo()
    const { alice, bob, people } = call
    const carol = await attend(await moving.pyrite.signIn('carol'))
    const device = await publishByWhip(alice.url, (await keyOf(alice)).secret)
    let goOn = () => undefined as unknown
    const isHeld = new Promise<void>((held) =>
      gate.before(async ({ method }) => {
        if (method !== 'DELETE') return
        held()
        await new Promise<void>((done) => {
          goOn = done
        })
      }),
    )
    const next = await moving.newGalene()
    const moved = app.reload(moving.settingsFor(next))
    await isHeld
    const act = (kind: string, userId: string) =>
      alice.send('POST', '/api/channels/general/moderation', { kind, userId, reason: 'Enough.' })
    expect((await act('ban', bob.user.id)).status).toBe(201)
    expect((await people[1].now().isClosed(1_000)).code).toBe(1000)
    expect(people[1].now().all({ type: 'usermessage', kind: 'kicked' })).toHaveLength(1)
    expect([people[0].now().isOpen(), carol.now().isOpen()]).toEqual([true, true])
    expect(moving.inCall().sort()).toEqual(['alice', 'carol'])
    goOn()
    expect(await moved).toBe('moved')
    for (const { isBack } of [people[0], carol]) await isBack()
    expect(moving.inCall().sort()).toEqual(['alice', 'carol'])
    device.peer.close()
  })
})
