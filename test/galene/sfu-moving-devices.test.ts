import { afterEach, describe, expect, it } from 'vitest'
import { publishing } from '../../bench/load/peer.ts'
import type { NewWhipKey, WhipKeyList } from '../../lib/protocol/recordings.ts'
import type { Client } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import type { TestGalene } from '../support/galene.ts'
import { type Moving, startMoving } from '../support/moving.ts'
import { galenes } from '../support/sfu.ts'

const at = ({ url, groups }: TestGalene) => ({ settings: { sfu: { url, groups_dir: groups } } })
const KEYS = '/api/channels/general/whip-keys'
const KEY_NAME = 'Stage'

/** A device that publishes a camera by WHIP, and notices by its connection alone that the server is gone. */
const publish = async (url: string, secret: string) => {
  const { peer, opened, closed, offer, accept } = await publishing(4_711)
  const answer = await fetch(`${url}/whip/general`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/sdp' },
    body: offer,
  })
  if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`)
  accept(await answer.text())
  await opened
  return { peer, closed }
}

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
    const device = await publish(alice.url, secret)
    await isSeen(call)
    expect(await publishingSince(alice)).toEqual(expect.any(String))
    const next = await moving.newGalene()
    await moving.moves(moving.settingsFor(next), call)
    await device.closed
    expect(await publishingSince(alice)).toBeNull()
    const again = await publish(alice.url, secret)
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
    const device = await publish(alice.url, secret)
    const next = await moving.newGalene()
    left[0]?.signal('SIGSTOP')
    await moving.pyrite.app.reload(moving.settingsFor(next))
    for (const { isBack } of call.people) await isBack()
    expect(await publishingSince(alice)).toBeNull()
    device.peer.close()
  })
})
