import { createSocket } from 'node:dgram'
import { afterEach, describe, expect, it } from 'vitest'
import { lookAtIce } from '../../../../lib/app/doctor-ice.ts'
import { loadConfig } from '../../../../lib/platform/config/load.ts'
import { ATTRIBUTE, METHOD, messageLength } from '../../../../lib/sfu/ice/stun-message.ts'

const config = loadConfig('nowhere.toml')
const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** A STUN message as a server writes it. */
const response = (request: Buffer, type: number, attributes: [number, Buffer][]) => {
  const body = Buffer.concat(
    attributes.map(([attribute, value]) => {
      const head = Buffer.alloc(4)
      head.writeUInt16BE(attribute, 0)
      head.writeUInt16BE(value.length, 2)
      return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)])
    }),
  )
  const head = Buffer.from(request.subarray(0, 20))
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(body.length, 2)
  return Buffer.concat([head, body])
}

const masked = (address: string): Buffer => {
  const cookie = [0x21, 0x12, 0xa4, 0x42]
  const bytes = address.split('.').map((part, at) => Number(part) ^ (cookie[at] ?? 0))
  return Buffer.from([0, 1, 0, 0, ...bytes])
}

/** A server over UDP on loopback that answers as it is told. */
const serving = async (answer: (request: Buffer) => Buffer) => {
  const socket = createSocket('udp4')
  socket.on('message', (request, { port }) => {
    if (messageLength(request) === request.length) socket.send(answer(request), port)
  })
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done))
  ends.push(() => socket.close())
  return `127.0.0.1:${socket.address().port}`
}

const look = (urls: string[], ice_urls: string[] = []) =>
  lookAtIce({
    config: { ...config, galene: { ...config.galene, ice_urls } },
    given: [{ urls, username: 'u', credential: 'p' }],
  })
const codesOf = async (...of: Parameters<typeof look>) =>
  (await look(...of)).findings.map(({ code }) => code)

describe('the ICE servers that a browser is given', () => {
  it('are none: said, and nothing tried', async () => {
    expect(await codesOf([])).toEqual(['ice-none'])
  })

  it('have an address that browsers do not take', async () => {
    const { findings, servers } = await look(['turns:127.0.0.1:9?transport=udp', 'http://x'])
    expect(findings.map(({ code }) => code)).toEqual(expect.arrayContaining(['ice-url', 'ice-url']))
    expect(servers.map(({ ok }) => ok)).toEqual([false, false])
  })

  it('are not those of the settings', async () => {
    const codes = await codesOf(['turn:127.0.0.1:9?transport=tcp'], ['turn:turn.example.org'])
    expect(codes).toEqual(['ice-not-given', 'ice-unreachable'])
  })

  it('relay over UDP only, from an address that a server elsewhere should not have', async () => {
    const relay = (request: Buffer) =>
      response(request, METHOD.allocate | 0x100, [
        [ATTRIBUTE.xorRelayedAddress, masked('10.0.0.9')],
        [ATTRIBUTE.xorMappedAddress, masked('192.0.2.9')],
      ])
    const { findings, candidates } = await look([`turn:${await serving(relay)}`])
    // Here the server itself is in a private network, so its relay may be.
    expect(findings.map(({ code }) => code)).toEqual(['ice-udp-only', 'ice'])
    expect(candidates).toEqual([{ type: 'relay', address: '10.0.0.9', isPrivate: true }])
  })

  it('refuse to relay', async () => {
    const full = (request: Buffer) =>
      response(request, METHOD.allocate | 0x110, [
        [ATTRIBUTE.errorCode, Buffer.concat([Buffer.from([0, 0, 4, 86]), Buffer.from('Quota')])],
      ])
    const { findings } = await look([`turn:${await serving(full)}`])
    expect(findings.at(-1)).toMatchObject({
      code: 'ice-refused',
      what: expect.stringContaining('486 Quota'),
    })
  })

  it('answer another request than ours, which counts for nothing', async () => {
    const strange = (request: Buffer) => {
      const answer = response(request, METHOD.binding | 0x100, [])
      answer.fill(7, 8, 20)
      return answer
    }
    expect(await codesOf([`stun:${await serving(strange)}`])).toEqual(['ice-none', 'ice-silent'])
  }, 10_000)
})
