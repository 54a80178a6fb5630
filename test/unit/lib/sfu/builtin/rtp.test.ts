import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as rtp from '../../../../../lib/sfu/builtin/rtp.ts'

const blocksOf = (packet: Buffer) => [...rtp.rtcpBlocks(packet)]

test('media and reports are told apart', () => {
  const media = Buffer.from('80600001000000000000002a', 'hex')
  expect([rtp.isRtp(media), rtp.isRtcp(media)]).toEqual([true, false])
  expect([rtp.payloadType(media), rtp.sequenceNumber(media), rtp.ssrcOf(media)]).toEqual([
    96, 1, 42,
  ])
  expect(rtp.isRtcp(rtp.pictureLoss(42))).toBe(true)
  expect(rtp.isRtp(Buffer.alloc(12))).toBe(false)
  expect(rtp.isRtcp(Buffer.from('80c8', 'hex'))).toBe(false)
})

test('asking for a key frame is twelve bytes that name the stream', () => {
  expect(rtp.pictureLoss(0x0a0b0c0d).toString('hex')).toBe('81ce0002000000010a0b0c0d')
})

test('asking for packets again names exactly those', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(0xffff), { minLength: 1, maxLength: 50 }), (sequences) => {
      const [block] = blocksOf(rtp.nack(7, sequences))
      expect(block && [...rtp.nackedSequences(block)]).toEqual(sequences)
      expect(block && rtp.mediaSsrc(block)).toBe(7)
    }),
  )
})

test('a mask of lost packets is counted from the first, around the end of the numbers', () => {
  const packet = rtp.nack(7, [0xffff])
  packet.writeUInt16BE(0b101, 14)
  const [block] = blocksOf(packet)
  expect(block && [...rtp.nackedSequences(block)]).toEqual([0xffff, 0, 2])
})

test('a bit rate comes back as it went, to within its 18 bits', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (rate) => {
      const [block] = blocksOf(rtp.remb(rate, [1, 2]))
      const back = block ? rtp.rembBitsPerSecond(block) : 0
      expect(Math.abs(back - rate)).toBeLessThanOrEqual(rate / 2 ** 17)
    }),
  )
})

test('a receiver report carries its figures, and a negative loss counts as none', () => {
  const figures = { ssrc: 9, fraction: 128, highest: 70_000, jitter: 3, lsr: 4, dlsr: 5 }
  const packet = rtp.receiverReport([{ ...figures, lost: -3 }])
  expect(packet.length).toBe(32)
  expect(packet.readUInt32BE(8)).toBe(9)
  expect(packet.readUInt32BE(12)).toBe(128 * 2 ** 24)
  expect(packet.readUInt32BE(16)).toBe(70_000)
})

test('a compound packet is read block by block, up to the first that lies about its length', () => {
  const packet = Buffer.concat([rtp.receiverReport([]), rtp.pictureLoss(1), rtp.pictureLoss(2)])
  expect(blocksOf(packet).map(({ type }) => type)).toEqual([201, 206, 206])
  packet.writeUInt16BE(500, packet.length - 10)
  expect(blocksOf(packet).map(({ type }) => type)).toEqual([201, 206])
})

test('a header extension is found by its number', () => {
  const head = Buffer.from('906000010000000000000001', 'hex')
  const packet = Buffer.concat([head, Buffer.from('bede0002105541686900'.padEnd(24, '0'), 'hex')])
  expect([0, 1, 2, 4].map((id) => rtp.headerExtension(packet, id))).toEqual(['', 'U', '', 'hi'])
  expect(rtp.headerExtension(head, 1)).toBe('')
})

test('no packet, however it is made, throws or is read beyond its end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(15), (bytes, id) => {
      const packet = Buffer.from(bytes)
      if (rtp.isRtp(packet)) rtp.headerExtension(packet, id)
      if (rtp.isRtcp(packet))
        for (const block of rtp.rtcpBlocks(packet)) {
          rtp.mediaSsrc(block)
          rtp.rembBitsPerSecond(block)
          rtp.senderReportTime(block)
          expect([...rtp.nackedSequences(block)].length).toBeLessThanOrEqual(17 * 50)
        }
    }),
    { numRuns: 3_000 },
  )
})

test('whatever a packet holds, it begins a VP8 key frame or not', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(typeof rtp.startsVp8KeyFrame(Buffer.from(bytes))).toBe('boolean')
    }),
  )
})

test.each([
  ['a key frame', '10' + '00', true],
  ['a key frame with a short picture id', '9080' + '01' + '50', true],
  [
    'a key frame with a long picture id and all indexes',
    '90f0' + '8123' + '05' + '40' + '10',
    true,
  ],
  ['another frame', '10' + '01', false],
  ['the middle of a key frame', '00' + '00', false],
  ['a later partition of a key frame', '11' + '00', false],
  ['padding', '', false],
  ['a descriptor without a frame', '9080' + '01', false],
])('%s is seen behind its header, with and without an extension', (_, payload, isKey) => {
  const header = '806000010000000000000042'
  const extended = `90${header.slice(2)}bede0001aaaaaaaa`
  for (const start of [header, extended])
    expect(rtp.startsVp8KeyFrame(Buffer.from(start + payload, 'hex'))).toBe(isKey)
})
