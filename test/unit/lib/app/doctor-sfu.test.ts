import { describe, expect, it } from 'vitest'
import { FINDINGS, found, well, worstFirst } from '../../../../lib/app/doctor-findings.ts'
import { sfuFindings } from '../../../../lib/app/doctor-sfu.ts'
import { loadConfig } from '../../../../lib/platform/config/load.ts'
import type { SfuLook } from '../../../../lib/sfu/galene/look/look.ts'

const config = loadConfig('nowhere.toml')
const JOINED: SfuLook['join'] = {
  is: 'joined',
  permissions: [],
  iceServers: [],
  relayOnly: false,
  ms: 3,
}
const WELL: SfuLook = {
  url: 'http://127.0.0.1:8443',
  status: { is: 'answered', status: 200, aheadMs: 0 },
  join: JOINED,
}
const codes = (fields: Partial<SfuLook>) =>
  sfuFindings({ ...WELL, ...fields }, config)
    .filter(({ level }) => level !== 'ok')
    .map(({ code }) => code)
const answered = (status: number, aheadMs = 0) =>
  ({ status: { is: 'answered', status, aheadMs } }) as const

describe('what a look at the call server means', () => {
  it.each<[string, Partial<SfuLook>, string[]]>([
    ['nothing, where all is well', {}, []],
    ['a group that cannot be read', answered(500), ['group-unreadable']],
    [
      'a token that is refused',
      { join: { is: 'refused', why: 'not authorised' } },
      ['token-refused'],
    ],
    ['a server that hangs at the join', { join: { is: 'silent' } }, ['join-silent']],
    ['a server of another age', { join: { is: 'old-protocol', versions: ['1'] } }, ['sfu-old']],
    ['a version nobody tested', { versionProblem: 'this is 0.9' }, ['sfu-unsupported']],
    ['another machine without TLS', { url: 'http://galene.example.org' }, ['sfu-plain-http']],
    ['another machine with TLS', { url: 'https://galene.example.org' }, []],
    ['4.9 s apart', answered(200, 4_900), ['clocks-drift']],
    ['5 s apart', answered(200, -5_000), ['clocks-apart']],
  ])('%s', (_what, fields, expected) => {
    expect(codes(fields)).toEqual(expected)
  })

  it('says one cause once: no refused join beside clocks that are apart', () => {
    const refused = { is: 'refused', why: 'not authorised' } as const
    expect(codes({ ...answered(200, 60_000), join: refused })).toEqual(['clocks-apart'])
    expect(codes({ ...answered(404), join: refused })).toEqual(['groups-not-shared'])
  })
})

describe('findings', () => {
  it('say what was met in the sentence, and why and what to do always', () => {
    expect(found('sfu-unreachable', 'connect ECONNREFUSED').what).toBe(
      'The call server does not answer: connect ECONNREFUSED.',
    )
    for (const { what, why, fix } of Object.values(FINDINGS)) {
      for (const sentence of [what, why, fix]) expect(sentence).toMatch(/^\S.*[.)]$/)
    }
  })

  it('come with the worst first', () => {
    const all = [well('join', 'Joined.'), found('ice-none'), found('host-name')]
    expect(worstFirst(all).map(({ level }) => level)).toEqual(['problem', 'warning', 'ok'])
  })
})
