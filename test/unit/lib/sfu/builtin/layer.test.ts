import { afterEach, expect, test, vi } from 'vitest'
import { createCounters } from '../../../../../lib/sfu/builtin/counters.ts'
import { Layer } from '../../../../../lib/sfu/builtin/layer.ts'
import { announced } from '../../../../../lib/sfu/builtin/link.ts'
import { nackedSequences, rtcpBlocks } from '../../../../../lib/sfu/builtin/rtp.ts'
import type { Media } from '../../../../../lib/sfu/builtin/sdp.ts'

afterEach(() => {
  vi.useRealTimers()
})

const codec = { name: 'vp8', payloadType: 96, rtpmap: 'VP8/90000', fmtp: '' }
const media: Media = {
  kind: 'video',
  mid: '0',
  sends: true,
  ssrc: 42,
  rids: [],
  extensions: new Map(),
  codecs: [codec],
  codec,
  protocol: '',
  formats: '',
}

const packet = (sequence: number) => {
  const bytes = Buffer.alloc(20)
  bytes[0] = 0x80
  bytes[1] = 96
  bytes.writeUInt16BE(sequence & 0xffff, 2)
  bytes.writeUInt32BE(42, 8)
  return bytes
}

/** A layer with one receiver, and what each side got. */
const setUp = () => {
  const asked: Buffer[] = []
  const got: number[] = []
  const layer = new Layer({
    ssrc: 42,
    rid: '',
    media,
    codec,
    counters: createCounters(),
    toPublisher: (each) => asked.push(each),
  })
  const receiver = {
    forward: (each: Buffer) => {
      got.push(each.readUInt16BE(2))
      return true
    },
  }
  layer.receivers.add(receiver)
  return { layer, receiver, asked, got }
}

test('a packet that comes twice is handed on once', () => {
  const { layer, got } = setUp()
  for (const sequence of [1, 2, 2, 1, 3]) layer.receive(packet(sequence))
  expect(got).toEqual([1, 2, 3])
})

test('a missed packet is sent again; one we never had is asked for once in 30 ms', () => {
  const { layer, receiver, asked, got } = setUp()
  for (const sequence of [1, 3]) layer.receive(packet(sequence))
  expect(layer.resend(receiver, [1, 2], 100)).toBe(1)
  layer.resend(receiver, [2], 100)
  expect(got).toEqual([1, 3, 1])
  const blocks = asked.flatMap((each) => [...rtcpBlocks(each)])
  expect(blocks.map((block) => [...nackedSequences(block)])).toEqual([[2]])
})

test('nobody gets more packets again than it is allowed', () => {
  const { layer, receiver } = setUp()
  for (let sequence = 0; sequence < 100; sequence++) layer.receive(packet(sequence))
  const all = Array.from({ length: 100 }, (_, index) => index)
  expect(layer.resend(receiver, all, 10)).toBe(10)
  expect(layer.resend(receiver, all, 0)).toBe(0)
})

test('key frames are asked for at once, and then not more than one in 300 ms', () => {
  vi.useFakeTimers()
  const { layer, asked } = setUp()
  for (let count = 0; count < 10; count++) layer.askKeyFrame()
  expect(asked).toHaveLength(1)
  vi.advanceTimersByTime(310)
  expect(asked).toHaveLength(2)
  layer.askKeyFrame()
  layer.close()
  expect(vi.getTimerCount()).toBe(0)
})

test('a report counts what is missing, across the end of the numbers', () => {
  const { layer } = setUp()
  expect(layer.report()).toBeUndefined()
  for (const sequence of [65_534, 65_535, 65_537, 65_538]) layer.receive(packet(sequence))
  expect(layer.report()).toMatchObject({ ssrc: 42, lost: 1, highest: 65_538, fraction: 51 })
  expect(layer.report()).toMatchObject({ lost: 1, fraction: 0 })
})

/** A VP8 packet, of a key frame or of another one, that begins its frame or goes on with it. */
const vp8 = (sequence: number, { key = false, starts = true } = {}) => {
  const bytes = packet(sequence)
  bytes[12] = starts ? 0x90 : 0x80
  bytes[13] = 0x80
  bytes[14] = 0x81
  bytes[15] = 0x23
  bytes[16] = key ? 0x50 : 0x51
  return bytes
}

/** A second receiver of the same layer. */
const newcomer = () => {
  const got: number[] = []
  const forward = (each: Buffer) => got.push(each.readUInt16BE(2)) > 0
  return { receiver: { forward }, got }
}

test('a newcomer gets everything from the newest key frame on, and nobody is asked for another', () => {
  const { layer, asked } = setUp()
  const { receiver, got } = newcomer()
  for (const [sequence, key] of [[65_532, true], [65_533], [65_534, true], [65_536]] as const)
    layer.receive(vp8(sequence, { key: key ?? false }))
  layer.receive(vp8(65_535, { key: true, starts: false }))
  layer.catchUp(receiver)
  expect(got).toEqual([65_534, 65_535, 0])
  expect(asked).toEqual([])
})

test.each([
  ['there was none', []],
  ['it is long ago', [1]],
])('a newcomer waits for a new key frame when %s', (_, keys: number[]) => {
  const { layer, asked } = setUp()
  const { receiver, got } = newcomer()
  for (let sequence = 1; sequence <= 65; sequence++)
    layer.receive(vp8(sequence, { key: keys.includes(sequence) }))
  layer.catchUp(receiver)
  expect(got).toEqual([])
  expect(asked).toHaveLength(1)
})

test('a public address stands in for the host’s own, with its port', () => {
  const own = ['candidate:1 1 UDP 2114977791 192.0.2.2 4000 typ host']
  expect(announced(own, '')).toEqual(own)
  expect(announced(own, '198.51.100.7')).toEqual([
    'candidate:1 1 UDP 2122260223 198.51.100.7 4000 typ host',
  ])
})
