import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Peer, publishing } from '../../bench/load/peer.ts'
import type { NewWhipKey, WhipKeyList } from '../../lib/protocol/recordings.ts'
import type { Client } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'
import { connectTo, galenes } from '../support/sfu.ts'

const CHANNEL = '/api/channels/general'
const START = 40_000

describe.each(galenes())('a device in a call that is locked, on %s', (galene) => {
  let pyrite: Pyrite
  let alice: Client
  let bob: Client
  let secret: string
  let peer: Peer
  let offer: string
  let location: string

  const ask = (method: string, path: string, type?: string, body?: string) =>
    fetch(`${pyrite.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${secret}`, ...(type && { 'content-type': type }) },
      ...(body !== undefined && { body }),
    })
  const publish = () => ask('POST', '/whip/general', 'application/sdp', offer)
  const trickle = (type = 'application/trickle-ice-sdpfrag') => {
    const of = (name: string) => new RegExp(`a=${name}:.*`).exec(offer)?.[0] ?? ''
    const lines = [of('ice-ufrag'), of('ice-pwd'), 'm=video 9 UDP/TLS/RTP/SAVPF 96', 'a=mid:0']
    const candidate = 'a=candidate:1 1 udp 1 192.0.2.1 9 typ host'
    return ask('PATCH', location, type, [...lines, candidate, ''].join('\r\n'))
  }
  const makeBob = (role: 'moderator' | 'member') =>
    alice.send('PUT', `${CHANNEL}/members/${bob.user.id}`, { role })

  beforeAll(async () => {
    pyrite = await startPyrite({ sfu: { galene } })
    alice = await pyrite.signIn('alice')
    bob = await pyrite.signIn('bob')
    await makeBob('moderator')
    const made = await bob.send('POST', `${CHANNEL}/whip-keys`, { name: 'Roof' })
    ;({ secret } = made.body as NewWhipKey)
    await makeBob('member')
    ;({ peer, offer } = await publishing(7))
    const begun = await publish()
    expect(begun.status).toBe(201)
    location = begun.headers.get('location') ?? ''
    expect((await alice.send('POST', `${CHANNEL}/moderation`, { kind: 'lock' })).status).toBe(201)
  }, START)
  afterAll(async () => {
    peer?.close()
    await pyrite?.stop()
  })

  it('goes on with its stream, whatever it writes behind the type, and ends it; another may not begin [WHIP-7]', async () => {
    expect((await trickle()).status).toBe(204)
    expect((await trickle('application/trickle-ice-sdpfrag; charset=utf-8')).status).toBe(204)
    expect((await ask('DELETE', location)).status).toBe(200)
    expect((await ask('DELETE', location)).status).toBe(404)
    expect((await publish()).status).toBe(403)
  })

  it('is out of it with the person it stands for, who is kicked, and may come back as they may [WHIP-7] [MOD-4]', async () => {
    await alice.send('POST', `${CHANNEL}/moderation/unlock`)
    expect((await publish()).status).toBe(201)
    const call = connectTo(`${pyrite.url}/sfu`, { cookie: bob.cookie, origin: pyrite.url })
    await call.opens()
    call.send({ type: 'handshake', version: ['2'], id: 'bob-himself' })
    call.send({ type: 'join', kind: 'join', group: 'general' })
    await call.hears({ type: 'joined', kind: 'join' })
    const wish = { kind: 'kick', userId: bob.user.id }
    expect((await alice.send('POST', `${CHANNEL}/moderation`, wish)).status).toBe(201)
    await call.isClosed()
    await eventually(async () => {
      const { keys } = (await alice.send('GET', `${CHANNEL}/whip-keys`)).body as WhipKeyList
      expect(keys.map(({ publishing }) => publishing)).toEqual([null])
    })
    expect((await publish()).status).toBe(201)
  })
})
