import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { MyChannel } from '../../lib/protocol/channels.ts'
import type { NewWhipKey } from '../../lib/protocol/recordings.ts'
import type { SfuStatus, Workspace } from '../../lib/protocol/workspace.ts'
import type { Client, Socket } from '../support/client.ts'
import { publishByWhip } from '../support/device.ts'
import { eventually } from '../support/eventually.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'
import { galenes } from '../support/sfu.ts'

const CHANNEL = '/api/channels/general'
const START = 40_000

describe.each(galenes())('a device that publishes, as others hear of it, on %s', (galene) => {
  let pyrite: Pyrite
  let alice: Client
  let bob: Client
  let carol: Client
  let carols: Socket
  let made: NewWhipKey

  const role = (who: Client, name: 'moderator' | 'member') =>
    alice.send('PUT', `${CHANNEL}/members/${who.user.id}`, { role: name })
  const publish = async () => {
    const { peer } = await publishByWhip(pyrite.url, made.secret)
    onTestFinished(() => peer.close())
  }
  /** What everybody in the channel was told last. */
  const toldDevices = () =>
    carols
      .of('calls.status')
      .filter(({ channelSlug }) => channelSlug === 'general')
      .at(-1)
      ?.status.devices?.map(({ name, by }) => ({ name, by })) ?? []
  const hears = (devices: object[]) => eventually(() => expect(toldDevices()).toEqual(devices))
  const roof = () => ({ name: 'Roof', by: bob.user.id })

  beforeAll(async () => {
    pyrite = await startPyrite({ sfu: { galene } })
    alice = await pyrite.signIn('alice')
    bob = await pyrite.signIn('bob')
    carol = await pyrite.signIn('carol')
    carols = await carol.socket()
    await role(bob, 'moderator')
    const answer = await bob.send('POST', `${CHANNEL}/whip-keys`, { name: 'Roof' })
    made = answer.body as NewWhipKey
  }, START)
  afterAll(() => pyrite?.stop())

  it('is told to everybody in the channel, begins no call, and is nobody in it; a moderator ends it [WHIP-10] [WHIP-11]', async () => {
    await publish()
    await hears([roof()])
    const device = { ...roof(), id: made.key.id, since: expect.stringMatching(/^\d{4}-/) }
    const status = (await carol.send('GET', `${CHANNEL}/sfu_status`)).body as SfuStatus
    expect(status).toMatchObject({ devices: [device], participants: [] })
    const { channels } = (await carol.send('GET', '/api/workspace')).body as Workspace
    const general = channels.find(({ slug }) => slug === 'general') as MyChannel
    expect(general).toMatchObject({ devices: [device], call: [] })
    expect((await carol.send('GET', `${CHANNEL}/calls`)).body).toMatchObject({ calls: [] })

    const stream = `${CHANNEL}/whip-keys/${made.key.id}/stream`
    expect((await carol.send('DELETE', stream)).status).toBe(403)
    expect((await alice.send('DELETE', stream)).status).toBe(200)
    await hears([])
    await publish()
    await hears([roof()])
  })

  it('ends with a kick of the person it stands for, who is not in the call [MOD-4] [WHIP-7]', async () => {
    await publish()
    await hears([roof()])
    const kick = { kind: 'kick', userId: bob.user.id, reason: 'Later.' }
    expect((await alice.send('POST', `${CHANNEL}/moderation`, kick)).status).toBe(201)
    await hears([])
    const again = await alice.send('POST', `${CHANNEL}/moderation`, kick)
    expect(again).toMatchObject({
      status: 409,
      body: { error: { code: 'moderation.not-in-call' } },
    })
  })
})
