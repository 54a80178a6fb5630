import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Peer, publishing } from '../../bench/load/peer.ts'
import type { NewWhipKey, WhipKeyList } from '../../lib/protocol/recordings.ts'
import { type Authority, createAuthority } from '../support/certificates.ts'
import type { Client } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startGalene, type TestGalene } from '../support/galene.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'
import { connectTo, galenes } from '../support/sfu.ts'

const CHANNEL = '/api/channels/general'
/** How long it may take until who comes in hears what is right: the first may be refused while Galene goes on. Milliseconds. */
const RIGHT_MS = 30_000
/** How long one of them waits, before the next comes. Milliseconds. */
const LOOK_MS = 2_000
const NAMES = ['Roof', 'Stage']

describe.each(galenes())('the devices of somebody who is kicked while %s hangs', (binary) => {
  let authority: Authority
  let galene: TestGalene
  let pyrite: Pyrite
  let alice: Client
  let bob: Client
  const peers: Peer[] = []
  beforeEach(async () => {
    authority = await createAuthority()
    galene = await startGalene({ binary, tls: await authority.sign('IP:127.0.0.1') })
    const sfu = { url: galene.url, groups_dir: galene.groups }
    pyrite = await startPyrite({ settings: { sfu, galene: { ca_file: authority.file } } })
    alice = await pyrite.signIn('alice')
    bob = await pyrite.signIn('bob')
    await alice.send('PUT', `${CHANNEL}/members/${bob.user.id}`, { role: 'moderator' })
  })
  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.close()
    galene.signal('SIGCONT')
    await pyrite.stop()
    await galene.end()
    await authority.remove()
  })

  const join = async ({ cookie, url, user }: Client, withinMs?: number) => {
    const call = connectTo(`${url}/sfu`, { cookie, origin: url })
    await call.opens()
    call.send({ type: 'handshake', version: ['2'], id: `${user.username}-${performance.now()}` })
    call.send({ type: 'join', kind: 'join', group: 'general' })
    await call.hears({ type: 'joined', kind: 'join' }, withinMs)
    return call
  }
  const newKey = async (name: string) => {
    const { body } = await bob.send('POST', `${CHANNEL}/whip-keys`, { name })
    return (body as NewWhipKey).secret
  }
  const publish = async (secret: string) => {
    const { peer, offer } = await publishing(7)
    peers.push(peer)
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/sdp' }
    return fetch(`${pyrite.url}/whip/general`, { method: 'POST', headers, body: offer })
  }
  /** The devices in the call, as somebody hears who comes in: Galene says who is there before it answers what is asked then. */
  const devices = async () => {
    const call = await join(alice, LOOK_MS)
    call.send({ type: 'ping' })
    await call.hears({ type: 'pong' }, LOOK_MS)
    call.socket.close()
    const names = call.all({ type: 'user', kind: 'add' }).map(({ username }) => String(username))
    return names.filter((name) => name.endsWith(' (stream)')).sort()
  }

  it('are gone when it goes on, all of them, and may publish again [WHIP-7]', async () => {
    const secrets = await Promise.all(NAMES.map(newKey))
    for (const secret of secrets) expect((await publish(secret)).status).toBe(201)
    await eventually(
      async () => expect(await devices()).toEqual(NAMES.map((name) => `${name} (stream)`)),
      RIGHT_MS,
    )
    const call = await join(bob)
    galene.signal('SIGSTOP')
    const wish = { kind: 'kick', userId: bob.user.id }
    expect((await alice.send('POST', `${CHANNEL}/moderation`, wish)).status).toBe(201)
    await call.isClosed()
    await eventually(
      () => expect(pyrite.logLines.join('')).toContain('a published stream could not be ended'),
      20_000,
    )
    galene.signal('SIGCONT')
    await eventually(async () => expect(await devices()).toEqual([]), RIGHT_MS)
    await eventually(async () => {
      const { keys } = (await alice.send('GET', `${CHANNEL}/whip-keys`)).body as WhipKeyList
      expect(keys.map(({ publishing }) => publishing)).toEqual([null, null])
    })
    for (const secret of secrets) expect((await publish(secret)).status).toBe(201)
  }, 120_000)
})
