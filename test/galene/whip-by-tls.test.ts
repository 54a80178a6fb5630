import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Peer, publishing } from '../../bench/load/peer.ts'
import { packetWriter } from '../../bench/load/rtp.ts'
import type { NewWhipKey } from '../../lib/protocol/recordings.ts'
import { type Authority, createAuthority, fingerprintAt } from '../support/certificates.ts'
import { eventually } from '../support/eventually.ts'
import { startGalene, type TestGalene } from '../support/galene.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'
import { connectTo, galenes } from '../support/sfu.ts'

const CHANNEL = '/api/channels/general'
const TRICKLE = 'application/trickle-ice-sdpfrag'

describe.each(galenes())('a device that publishes by WHIP, with %s behind TLS', (binary) => {
  let galene: TestGalene
  let pyrite: Pyrite
  let secret: string
  let authority: Authority
  let peer: Peer | undefined
  beforeEach(async () => {
    authority = await createAuthority()
    galene = await startGalene({ binary, tls: await authority.sign('IP:127.0.0.1') })
  })
  afterEach(async () => {
    peer?.close()
    await pyrite.stop()
    await galene.end()
    await authority.remove()
  })
  const start = async (trust: { ca_file?: string; certificate_sha256?: string }) => {
    const sfu = { url: galene.url, groups_dir: galene.groups }
    pyrite = await startPyrite({ settings: { sfu, galene: trust } })
    const alice = await pyrite.signIn('alice')
    const made = await alice.send('POST', `${CHANNEL}/whip-keys`, { name: 'Roof' })
    ;({ secret } = made.body as NewWhipKey)
  }
  const ask = (method: string, path: string, type?: string, body?: string) =>
    fetch(`${pyrite.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${secret}`, ...(type && { 'content-type': type }) },
      ...(body !== undefined && { body }),
    })
  const watch = async () => {
    const { cookie } = await pyrite.signIn('bob')
    const call = connectTo(`${pyrite.url}/sfu`, { cookie, origin: pyrite.url })
    await call.opens()
    call.send({ type: 'handshake', version: ['2'], id: 'bob-1' })
    call.send({ type: 'join', kind: 'join', group: 'general' })
    await call.hears({ type: 'joined', kind: 'join' })
    call.send({ type: 'request', request: { '': ['video'] } })
    return call
  }

  it.each(['pin', 'authority'])(
    'is connected, seen, and gone again; trusted by its %s',
    async (by) => {
      const certificate_sha256 = await fingerprintAt(galene.url)
      await start(by === 'pin' ? { certificate_sha256 } : { ca_file: authority.file })
      const bob = await watch()
      const device = await publishing(7)
      peer = device.peer
      const begun = await ask('POST', '/whip/general', 'application/sdp', device.offer)
      expect(begun.status).toBe(201)
      const location = begun.headers.get('location') ?? ''
      expect(location).toMatch(/^\/whip\/general\/|^https?:\/\/127\.0\.0\.1:\d+\/whip\/general\//)
      const path = new URL(location, pyrite.url).pathname
      device.accept(await begun.text())
      await device.opened
      const line = (name: string) => new RegExp(`a=${name}:.*`).exec(device.offer)?.[0] ?? ''
      const fragment = [
        line('ice-ufrag'),
        line('ice-pwd'),
        'm=video 9 UDP/TLS/RTP/SAVPF 96',
        'a=mid:0',
      ]
      const candidate = 'a=candidate:1 1 udp 1 192.0.2.1 9 typ host'
      const trickled = await ask('PATCH', path, TRICKLE, [...fragment, candidate, ''].join('\r\n'))
      expect(trickled.status).toBe(204)
      const write = packetWriter(7, 300)
      const { id } = await eventually(() => {
        // Galene shows a stream when its first packets come.
        device.peer.send(write(true))
        const [offer] = bob.all({ type: 'offer' })
        if (!offer) throw new Error('nothing is seen of it')
        return offer
      }, 10_000)
      expect((await ask('DELETE', path)).status).toBe(200)
      await bob.hears({ type: 'close', id })
      bob.socket.close()
    },
  )

  it('is sent nowhere when another certificate is shown', async () => {
    await start({ certificate_sha256: '00'.repeat(32) })
    const device = await publishing(7)
    peer = device.peer
    const answer = await ask('POST', '/whip/general', 'application/sdp', device.offer)
    expect(answer.status).toBe(502)
    expect(await answer.json()).toMatchObject({ error: { code: 'calls.no-answer' } })
    await eventually(() => expect(pyrite.logLines.join('')).toContain('another certificate'))
  })
})
