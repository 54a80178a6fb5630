import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { ADMIN, startGalene, type TestGalene, WITH_ADMIN } from '../support/galene.ts'
import { type Gate, startGate } from '../support/gate.ts'
import { galenes, group, startBridge, type TestBridge } from '../support/sfu.ts'

const HTML = '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>'
const CHANGED = 'Changed meanwhile'
const ODD = 'a long random word'
const BACK_MS = 10_000
/** A resolver may take its time to say that there is no such name. */
const DNS_MS = 30_000

type Fault = { status: number; headers?: Record<string, string>; body: string }
const FAULTS: [string, Fault, RegExp][] = [
  ['502, in HTML', { status: 502, body: HTML }, /before the call server does not reach it.*502/],
  ['200 with a page', { status: 200, body: HTML }, /is not Galene's admin API/],
  ['200 with other JSON', { status: 200, body: '7' }, /is not Galene's admin API/],
  ['200 with half an answer', { status: 200, body: '{"comm' }, /is not Galene's admin API/],
  [
    '301',
    { status: 301, headers: { location: 'https://elsewhere.example/' }, body: '' },
    /sends requests elsewhere.*301/,
  ],
  ['429', { status: 429, headers: { 'retry-after': '1' }, body: '' }, /no more requests.*429/],
  ['401, since the password is another one', { status: 401, body: HTML }, /galene\.api_password/],
]

describe.each(galenes().slice(0, 1))('a Galene paired by its API, %s', (binary) => {
  let galene: TestGalene
  let gate: Gate
  let bridge: TestBridge
  beforeAll(async () => {
    galene = await startGalene({ binary, config: WITH_ADMIN })
    gate = await startGate(galene.url)
    bridge = await startBridge({
      url: gate.url,
      galene: { sync: 'api', api_user: ADMIN.user, api_password: ADMIN.password },
    })
    await isInStep()
  })
  afterAll(async () => {
    await bridge.stop()
    await gate.stop()
    await galene.end()
  })
  const state = () => bridge.sfu.syncState('garden')
  const isInStep = () => eventually(() => expect(state()).toEqual({ state: 'in-step' }), BACK_MS)
  const change = (displayName: string) => {
    bridge.groups[0] = group('garden', { displayName })
    bridge.sfu.groupsChanged('garden')
  }

  it.each(FAULTS)(
    'whose API answers %s: it is said why, calls go on, and all is in step soon after',
    async (_what, fault, why) => {
      const before = await galene.text('garden')
      const alice = await bridge.join('alice')
      gate.before(async ({ url }, response) => {
        if (!url?.startsWith('/galene-api/')) return
        response.writeHead(fault.status, fault.headers).end(fault.body)
        return true
      })
      change(`${CHANGED} ${_what}`)
      await eventually(() => expect(state().reason).toMatch(why))
      expect(state().reason).not.toContain('<')
      expect(await galene.text('garden')).toBe(before)
      const bob = await bridge.join('bob')
      expect(bob.joined.kind).toBe('join')
      gate.before(async () => undefined)
      await isInStep()
      expect((await galene.read('garden')).displayName).toBe(`${CHANGED} ${_what}`)
      expect([alice.isOpen(), bob.isOpen(), bridge.health().reachable]).toEqual([true, true, true])
      alice.socket.close()
      bob.socket.close()
      expect(bridge.lines.join('')).not.toContain(ADMIN.password)
    },
    30_000,
  )
})

it('a call server whose name no DNS knows: it is said', async () => {
  const bridge = await startBridge({
    url: 'http://galene.invalid:8443',
    galene: { sync: 'api', api_user: ADMIN.user, api_password: ODD },
  })
  try {
    await eventually(() => {
      expect(bridge.health()).toMatchObject({
        reachable: false,
        problem: expect.stringMatching(/no address for the host name in sfu\.url/),
      })
      expect(bridge.sfu.syncState('garden').reason).toMatch(/no address for the host name/)
    }, DNS_MS)
  } finally {
    await bridge.stop()
  }
}, 60_000)
