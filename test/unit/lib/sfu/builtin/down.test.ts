import { afterEach, expect, test, vi } from 'vitest'
import { createCounters } from '../../../../../lib/sfu/builtin/counters.ts'
import { Down } from '../../../../../lib/sfu/builtin/down.ts'
import type { Engine, LinkEvents, MediaLink } from '../../../../../lib/sfu/builtin/link.ts'
import * as rtp from '../../../../../lib/sfu/builtin/rtp.ts'
import { type Party, Up } from '../../../../../lib/sfu/builtin/up.ts'

afterEach(() => {
  vi.useRealTimers()
})

const TRANSPORT = [
  'a=ice-ufrag:abcd',
  'a=ice-pwd:0123456789abcdef012345',
  `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AA').join(':')}`,
]
const sdp = (direction: string, setup: string) =>
  [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'a=mid:0',
    `a=${direction}`,
    'a=rtpmap:96 VP8/90000',
    ...TRANSPORT,
    `a=setup:${setup}`,
    'a=ssrc:42 cname:x',
    '',
  ].join('\r\n')

/** A link that does what it is told, and keeps what is sent. */
const openFakeLink = (events: LinkEvents) => {
  const sent: Buffer[] = []
  const link: MediaLink = {
    isOpen: false,
    isLive: true,
    heardAt: 0,
    offer: () => undefined,
    answer: () => undefined,
    accept: () => undefined,
    local: async () => ({
      ufrag: 'efgh',
      password: 'x'.repeat(22),
      fingerprint: 'AA',
      setup: 'active',
      candidates: [],
    }),
    send: (packet) => {
      if (link.isOpen) sent.push(packet)
      return link.isOpen
    },
    close: () => undefined,
  }
  return { link, sent, events }
}
type FakeLink = ReturnType<typeof openFakeLink>

const partyNamed = (id: string) => {
  const heard: Record<string, unknown>[] = []
  const party: Party = {
    id,
    username: id,
    send: (message) => heard.push(message),
    error: (text) => heard.push({ error: text }),
  }
  return { party, heard }
}

/** Alice shows herself; bob is about to be sent her stream. */
const setUp = async () => {
  const links: FakeLink[] = []
  const make = (events: LinkEvents) => {
    const fake = openFakeLink(events)
    links.push(fake)
    return fake.link
  }
  const engine: Engine = {
    udpPort: 1,
    offerer: make,
    answerer: (_, events) => make(events),
    close: () => undefined,
  }
  const counters = createCounters()
  const nothing = () => undefined
  const told = { changed: nothing, lost: nothing, failed: nothing, ended: nothing }
  const [alice, bob] = [partyNamed('alice'), partyNamed('bob')]
  const common = { engine, counters, ...told }
  const up = new Up({ ...common, owner: alice.party, id: 's', label: 'camera', codecs: ['vp8'] })
  await up.offer(sdp('sendonly', 'actpass'))
  const [toAlice] = links
  if (!toAlice) throw new Error('no link to the publisher')
  toAlice.link.isOpen = true
  toAlice.events.open()
  const down = new Down({
    ...common,
    subscriber: bob.party,
    up,
    words: ['video'],
    replaces: undefined,
  })
  const toBob = links[1]
  if (!toBob) throw new Error('no link to the subscriber')
  await vi.waitFor(() => expect(bob.heard[0]).toMatchObject({ type: 'offer' }))
  const keyFramesAsked = () =>
    toAlice.sent.filter((packet) => packet.equals(rtp.pictureLoss(42))).length
  const arrive = (sequence: number, key: boolean) => {
    const packet = Buffer.alloc(20)
    packet.set([0x80, 96])
    packet.writeUInt16BE(sequence, 2)
    packet.writeUInt32BE(42, 8)
    packet.set([0x10, key ? 0 : 1], 12)
    toAlice.events.packet(packet)
  }
  const opens = () => {
    toBob.link.isOpen = true
    toBob.events.open()
  }
  const offers = () => bob.heard.filter(({ type }) => type === 'offer').length
  return { up, down, opens, arrive, keyFramesAsked, offers, got: toBob.sent }
}

test('a key frame that came while the subscriber was connecting is its first picture; one is asked for in all', async () => {
  const { up, down, opens, arrive, keyFramesAsked, got } = await setUp()
  expect(keyFramesAsked()).toBe(1)
  for (const [sequence, key] of [
    [1, false],
    [2, true],
    [3, false],
  ] as const)
    arrive(sequence, key)
  down.answer(sdp('recvonly', 'active'))
  opens()
  arrive(4, false)
  expect(got.map((packet) => rtp.sequenceNumber(packet))).toEqual([2, 3, 4])
  expect(keyFramesAsked()).toBe(1)
  up.close()
})

test('a subscriber whose connection opens too late for the last key frame gets a new one', async () => {
  vi.useFakeTimers()
  const { up, down, opens, arrive, keyFramesAsked, got } = await setUp()
  for (let sequence = 1; sequence <= 100; sequence++) arrive(sequence, sequence === 1)
  down.answer(sdp('recvonly', 'active'))
  vi.advanceTimersByTime(400)
  expect(keyFramesAsked()).toBe(1)
  opens()
  expect(keyFramesAsked()).toBe(2)
  expect(got).toEqual([])
  up.close()
  expect(vi.getTimerCount()).toBe(0)
})

test('what changes on an open connection is asked a key frame for once, when the browser knows of it', async () => {
  vi.useFakeTimers()
  const { up, down, opens, keyFramesAsked, offers } = await setUp()
  const answer = () => down.answer(sdp('recvonly', 'active'))
  answer()
  opens()
  vi.advanceTimersByTime(1_000)
  const before = keyFramesAsked()
  for (const [index, words] of [[], ['video']].entries()) {
    down.apply(words)
    await vi.waitFor(() => expect(offers()).toBe(index + 2))
    expect(keyFramesAsked()).toBe(before)
    answer()
  }
  expect(keyFramesAsked()).toBe(before + 1)
  up.close()
})
