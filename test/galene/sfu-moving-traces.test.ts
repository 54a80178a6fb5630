import { afterEach, describe, expect, it } from 'vitest'
import type { CallsPage } from '../../lib/protocol/calls.ts'
import { createTokens } from '../../lib/sfu/galene/wire/tokens.ts'
import { eventually } from '../support/eventually.ts'
import type { TestGalene } from '../support/galene.ts'
import { type Moving, startMoving } from '../support/moving.ts'
import { connectTo, galenes } from '../support/sfu.ts'

const at = ({ url, groups }: TestGalene) => ({ settings: { sfu: { url, groups_dir: groups } } })

describe.each(galenes())('what is known of a call that moves, with %s', (binary) => {
  let moving: Moving
  afterEach(() => moving.end())

  it('stays one call of two people, in the channel and in its history', async () => {
    moving = await startMoving(binary, at)
    const call = await moving.callOfTwo()
    const { alice, chat } = call
    await moving.moves(moving.settingsFor(await moving.newGalene()), call)
    const history = '/api/channels/general/calls'
    await eventually(async () => {
      const { calls } = (await alice.send('GET', history)).body as CallsPage
      expect(calls).toMatchObject([{ endedAt: null, stays: [{ leftAt: null }, { leftAt: null }] }])
    })
    const now = moving.pyrite.app.sfu.participants('general').map((one) => one.connectionId)
    await eventually(() => {
      const told = chat.of('calls.participants').at(-1)?.participants
      expect(told?.map(({ connectionId }) => connectionId).sort()).toEqual(now.sort())
    })
  })

  it('says at once what the new server can do', async () => {
    moving = await startMoving(binary, { sfu: 'builtin' })
    const call = await moving.callOfTwo()
    await moving.moves(moving.settingsFor(await moving.newGalene()), call)
    await call.chat.hear(
      'calls.status',
      ({ status }) => status.can?.record === true && status.reachable,
      1_000,
    )
  })

  it('says that a recording has ended, and leaves none running on the old server', async () => {
    moving = await startMoving(binary, at)
    const { config } = moving.pyrite
    const admin = await moving.pyrite.signIn('alice')
    await admin.send('PATCH', '/api/channels/general', { recordable: true })
    const call = await moving.callOfTwo()
    const recording = (is: boolean) =>
      eventually(() => expect(call.chat.of('calls.status').at(-1)?.status.recording).toBe(is))
    call.people[0].now().send({ type: 'groupaction', kind: 'record' })
    await recording(true)
    await moving.moves(moving.settingsFor(await moving.newGalene()), call)
    await recording(false)
    const visitor = connectTo(`${config.sfu.url}/ws`)
    await visitor.opens()
    visitor.send({ type: 'handshake', version: ['2'], id: 'visitor' })
    const ticket = {
      username: 'carol',
      group: 'general',
      role: 'member',
      recording: false,
    } as const
    const token = await createTokens({ config: config.sfu, now: () => new Date() }).sign(ticket)
    visitor.send({ type: 'join', kind: 'join', group: 'general', token, username: 'carol' })
    await visitor.hears({ type: 'user', kind: 'add', id: 'visitor' })
    expect(visitor.all({ type: 'user', kind: 'add' })).toHaveLength(1)
    visitor.socket.close()
  })
})
