import { createSocket } from 'node:dgram'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Config } from '../../lib/platform/config/schema.ts'
import type { CallsReport, Examination } from '../../lib/protocol/admin.ts'
import { startCoturn, TURN_SECRET, turnserver } from '../support/coturn.ts'
import { startGalene } from '../support/galene.ts'
import { startPyrite } from '../support/pyrite.ts'
import { galenes } from '../support/sfu.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})
const coturnWith = async (...more: string[]) => {
  const coturn = await startCoturn(...more)
  ends.push(coturn.stop)
  return coturn
}

/** What an admin hears of the ICE servers in these settings. */
const checkedOf = async (
  settings: { [S in keyof Config]?: Partial<Config[S]> },
  galene?: string,
) => {
  const pyrite = await startPyrite({ settings, ...(galene && { sfu: { galene } }) })
  ends.push(() => pyrite.stop())
  const alice = await pyrite.signIn('alice')
  const { body } = await alice.send('POST', '/api/admin/calls/check', {})
  return (body as CallsReport).examination as Examination
}
const codesOf = ({ findings }: Examination) =>
  findings.map(({ code }) => code).filter((code) => code.startsWith('ice'))

describe.each(galenes())('ICE servers that go wrong, with %s', (binary) => {
  const checked = (ice_urls: string[], ice_secret = TURN_SECRET) =>
    checkedOf({ galene: { ice_urls, ice_secret } }, binary)

  it('where nobody listens, and an address that is none', async () => {
    const examination = await checked(['turn:127.0.0.1:9?transport=tcp', 'turns:127.0.0.1:9'])
    expect(codesOf(examination)).toEqual(['ice-unreachable', 'ice-unreachable'])
    expect(codesOf(await checked(['stun:nobody.invalid:3478']))).toContain('ice-unreachable')
  })

  it('a STUN server that says nothing', async () => {
    const mute = createSocket('udp4')
    await new Promise<void>((done) => mute.bind(0, '127.0.0.1', done))
    ends.push(() => mute.close())
    const examination = await checked([`stun:127.0.0.1:${mute.address().port}`])
    expect(codesOf(examination)).toEqual(['ice-silent', 'ice-none'])
    expect(examination.tookMs).toBeLessThan(15_000)
  })

  it('a file that somebody else wrote', async () => {
    const galene = await startGalene({ binary })
    ends.push(galene.end)
    const ice_file = join(galene.groups, '../data/ice-servers.json')
    await writeFile(ice_file, '[{"urls":["stun:theirs.example.org"]}]')
    const examination = await checkedOf({
      sfu: { url: galene.url, groups_dir: galene.groups },
      galene: { ice_urls: ['stun:127.0.0.1:9'], ice_file },
    })
    const finding = examination.findings.find(({ code }) => code === 'ice-file')
    expect(finding?.what).toContain(ice_file)
    expect(codesOf(examination)).toContain('ice-not-given')
  })

  describe.runIf(turnserver)('of a real coturn', () => {
    it('that answers over UDP only', async () => {
      const { port } = await coturnWith()
      expect(codesOf(await checked([`turn:127.0.0.1:${port}`]))).toEqual(['ice-udp-only', 'ice'])
    })

    it('that hangs, over UDP and TCP', async () => {
      const { port, hang } = await coturnWith()
      hang()
      const urls = ['udp', 'tcp'].map((by) => `turn:127.0.0.1:${port}?transport=${by}`)
      const examination = await checked(urls)
      expect(codesOf(examination)).toEqual(['ice-silent', 'ice-silent'])
      expect(examination.tookMs).toBeLessThan(15_000)
    })

    it('that has no relay left for them', async () => {
      const { port } = await coturnWith('--user-quota=1')
      const urls = ['udp', 'tcp', 'udp', 'tcp'].map(
        (by) => `turn:localhost:${port}?transport=${by}`,
      )
      const examination = await checked(urls)
      expect(codesOf(examination)).toContain('ice-refused')
    })

    it('whose certificate is for nobody that browsers trust', async () => {
      const { tlsPort } = await coturnWith()
      const examination = await checked([`turns:localhost:${tlsPort}`])
      expect(codesOf(examination)).toEqual(['ice-certificate'])
    })
  })
})
