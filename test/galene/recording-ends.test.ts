import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NewWhipKey, WhipKeyList } from '../../lib/protocol/recordings.ts'
import { publishByWhip } from '../support/device.ts'
import { eventually } from '../support/eventually.ts'
import { type Connection, galenes } from '../support/sfu.ts'
import { type StockCalls, startStockCalls } from '../support/stock-call.ts'

const RECORDER = { type: 'user', username: 'RECORDING' }

describe.each(galenes())('the end of a recording, with %s', (binary) => {
  let world: StockCalls
  beforeAll(async () => {
    world = await startStockCalls(binary)
  })
  afterAll(() => world.stop())

  const setRecordable = (slug: string, recordable: boolean) =>
    world.people.alice.send('PATCH', `/api/channels/${slug}`, { recordable })
  const recordable = async () => {
    const slug = await world.channel()
    await setRecordable(slug, true)
    await eventually(async () =>
      expect(await world.galene.read(slug)).toMatchObject({ 'allow-recording': true }),
    )
    await world.inStep(slug)
    return slug
  }
  const record = async (by: Connection) => {
    by.send({ type: 'groupaction', kind: 'record' })
    await by.hears({ ...RECORDER, kind: 'add' })
  }
  const isRecording = (slug: string) => world.pyrite().app.sfu.groupState(slug).recording
  /** What somebody hears who comes in now. */
  const recorderIn = async (slug: string) => {
    const bob = await world.enter('bob', slug)
    bob.send({ type: 'ping' })
    await bob.hears({ type: 'pong' })
    bob.socket.close()
    return bob.all({ ...RECORDER, kind: 'add' }).length > 0
  }

  it('comes when the channel may not be recorded any more, though only members are in the call [REC-1]', async () => {
    const slug = await recordable()
    const bob = await world.join(world.people.bob, slug)
    const alice = await world.join(world.people.alice, slug)
    await record(alice)
    await bob.hears({ ...RECORDER, kind: 'add' })
    alice.socket.close()
    await alice.isClosed()
    await setRecordable(slug, false)
    await bob.hears({ ...RECORDER, kind: 'delete' }, 3_000)
    expect(isRecording(slug)).toBe(false)
    expect(bob.isOpen()).toBe(true)
    bob.socket.close()
  })

  it('comes when the last one leaves, whoever that is [REC-2]', async () => {
    const slug = await recordable()
    const bob = await world.join(world.people.bob, slug)
    const alice = await world.join(world.people.alice, slug)
    await record(alice)
    alice.socket.close()
    await alice.isClosed()
    bob.socket.close()
    await eventually(() => expect(isRecording(slug)).toBe(false), 3_000)
    expect(await recorderIn(slug)).toBe(false)
  })

  it("waits for the last one in Galene's own page, who is still recorded", async () => {
    const slug = await recordable()
    const alice = await world.join(world.people.alice, slug)
    const carol = await world.enter('carol', slug)
    await record(alice)
    alice.socket.close()
    await alice.isClosed()
    await carol.hears({ type: 'user', kind: 'delete', username: 'alice' })
    await eventually(() => expect(world.pyrite().app.sfu.participants(slug)).toHaveLength(1))
    expect(await recorderIn(slug)).toBe(true)
    expect(carol.all({ ...RECORDER, kind: 'delete' })).toEqual([])
    carol.socket.close()
    await eventually(() => expect(isRecording(slug)).toBe(false), 3_000)
    expect(await recorderIn(slug)).toBe(false)
  })

  it('comes when the last person leaves, whatever a camera still shows that somebody set up [REC-2]', async () => {
    const slug = await recordable()
    const keys = `/api/channels/${slug}/whip-keys`
    const { body } = await world.people.alice.send('POST', keys, { name: 'Roof' })
    const { secret } = body as NewWhipKey
    const camera = await publishByWhip(world.pyrite().url, secret, slug)
    const alice = await world.join(world.people.alice, slug)
    await alice.hears({ type: 'user', kind: 'add', username: 'Roof (stream)' })
    await record(alice)
    alice.socket.close()
    await eventually(() => expect(isRecording(slug)).toBe(false), 3_000)
    expect(await recorderIn(slug)).toBe(false)
    const { body: after } = await world.people.alice.send('GET', keys)
    expect((after as WhipKeyList).keys).toMatchObject([{ publishing: expect.any(String) }])
    camera.peer.close()
  })

  it("comes where only people in Galene's own page are, who cannot begin one again", async () => {
    const slug = await recordable()
    const alice = await world.enter('alice', slug)
    await record(alice)
    await setRecordable(slug, false)
    await alice.hears({ ...RECORDER, kind: 'delete' }, 3_000)
    await eventually(() =>
      expect(alice.all({ type: 'joined' }).at(-1)?.permissions).not.toContain('record'),
    )
    expect(alice.isOpen()).toBe(true)
    expect(alice.all({ type: 'joined' }).at(-1)?.permissions).toContain('op')
    alice.socket.close()
  })

  it('comes with the end of Pyrite, where nobody else is left in the call', async () => {
    const slug = await recordable()
    const alice = await world.join(world.people.alice, slug)
    await record(alice)
    await world.restart()
    expect(await recorderIn(slug)).toBe(false)
  })
})
