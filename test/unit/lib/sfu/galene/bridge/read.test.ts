import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maskedTextFrame, textFrame } from '../../../../../../lib/platform/ws/text-frame.ts'
import { readLikeGo } from '../../../../../../lib/sfu/galene/bridge/read.ts'
import { IN_CALL } from '../../../../../../lib/sfu/galene/bridge/write.ts'
import { closeFrame, sendable } from '../../../../../../lib/sfu/galene/wire/close-frame.ts'

const speaker = { clientId: 'me', username: 'bob', userId: 'id-bob', displayName: 'Bob' }

describe('reading like Go', () => {
  it('never throws, whatever comes [SFU-9]', () => {
    const noise = fc.oneof(
      fc.string(),
      fc.json(),
      fc.string({
        unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'type', ' ', '1'),
      }),
    )
    fc.assert(
      fc.property(noise, (text) => {
        const read = readLikeGo(text)
        expect(read === undefined || typeof read === 'object').toBe(true)
      }),
      { numRuns: 5_000 },
    )
  })

  it('takes the last spelling of a key, in the order of the text, as an oracle does [SFU-9]', () => {
    const spelling = fc.constantFrom(
      'type',
      'TYPE',
      'Type',
      'tYpe',
      '\u0074ype',
      'kind',
      'KIND',
      '\u212aind',
    )
    const member = fc.tuple(spelling, fc.oneof(fc.string(), fc.constant(null)))
    fc.assert(
      fc.property(
        fc.array(member, { maxLength: 8 }),
        fc.constantFrom('', ' x', '{}'),
        (members, tail) => {
          const text = `{${members.map(([k, v]) => `${JSON.stringify(k)}: ${JSON.stringify(v)}`).join(' ,')}}${tail}`
          const hasExactNull = members.some(
            ([key, value]) => value === null && (key === 'type' || key === 'kind'),
          )
          fc.pre(!hasExactNull)
          const expected: Record<string, unknown> = {}
          for (const [key, value] of members) {
            const name = key.replace('\u212a', 'k').toLowerCase()
            if (value !== null) expected[name] = value
          }
          expect({ ...readLikeGo(text) }).toEqual(expected)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('a rewritten message names only the speaker, whatever was sent [SFU-12]', () => {
    const types = fc.constantFrom(...IN_CALL.keys())
    const fields = fc.dictionary(
      fc.constantFrom(
        'source',
        'username',
        'token',
        'password',
        'privileged',
        'id',
        'dest',
        'kind',
        'value',
        'sdp',
        'candidate',
        'request',
        'SOURCE',
      ),
      fc.jsonValue(),
    )
    fc.assert(
      fc.property(types, fields, (type, sent) => {
        const message = readLikeGo(JSON.stringify({ ...sent, type })) ?? {}
        const out = IN_CALL.get(type)?.(message, speaker, {
          streams: new Map([['a', 0]]),
          shown: new Map(),
          data: {},
          isOthers: () => false,
        })
        if (typeof out !== 'string') return
        const written = JSON.parse(out) as Record<string, unknown>
        expect([undefined, 'me']).toContain(written.source)
        expect([undefined, 'bob']).toContain(written.username)
        for (const secret of ['token', 'password', 'privileged'])
          expect(written).not.toHaveProperty(secret)
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('close frames', () => {
  it('carry only codes that may be sent, and a reason that fits [SFU-15]', () => {
    expect([1005, 1006, 1015, 1000, 1004, 999, 2999, 4401, 5000].map(sendable)).toEqual([
      ...[1001, 1001, 1011, 1000, 1011, 1011, 1011, 4401, 1011],
    ])
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (reason) => {
        const [, cut] = closeFrame(1000, reason)
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(123)
        expect(reason.startsWith(cut.slice(0, -1))).toBe(true)
      }),
    )
  })
})

describe('a text frame', () => {
  it.each([
    [0, 2],
    [125, 2],
    [126, 4],
    [65_535, 4],
    [65_536, 10],
  ])('of %i bytes has a header of %i and its length in it', (length, header) => {
    const frame = textFrame(Buffer.alloc(length, 'x'))
    expect([frame.length, frame[0]]).toEqual([header + length, 0x81])
    const said =
      header === 2
        ? frame[1]
        : header === 4
          ? frame.readUInt16BE(2)
          : Number(frame.readBigUInt64BE(2))
    expect(said).toBe(length)
    expect(frame.subarray(header).equals(Buffer.alloc(length, 'x'))).toBe(true)
  })
})

describe('a masked text frame', () => {
  it('is what a WebSocket server reads as the same text, of any length', () => {
    const lengths = [0, 1, 2, 3, 4, 5, 125, 126, 65_535, 65_536, 70_001, 300]
    for (const text of [...lengths.map((n) => 'é'.repeat(n / 2) + 'x'.repeat(n % 2)), '\ud800']) {
      const { data, bytes } = maskedTextFrame(text)
      const payload = Buffer.from(text)
      expect([bytes, data[0], (data[1] ?? 0) & 0x80]).toEqual([payload.length, 0x81, 0x80])
      const start = data.length - bytes
      const mask = data.subarray(start - 4, start)
      const read = data.subarray(start).map((byte, at) => byte ^ (mask[at % 4] ?? 0))
      expect(Buffer.from(read).equals(payload)).toBe(true)
    }
  })
  it('has another mask each time', () => {
    const masks = new Set(
      Array.from({ length: 5_000 }, () => maskedTextFrame('').data.readUInt32BE(2)),
    )
    expect(masks.size).toBeGreaterThan(4_990)
  })
})
