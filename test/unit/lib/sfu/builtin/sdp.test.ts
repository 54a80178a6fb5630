import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  BadSdp,
  chooseCodecs,
  MAX_SDP_LENGTH,
  readSdp,
} from '../../../../../lib/sfu/builtin/sdp.ts'
import { writeAnswer, writeOffer } from '../../../../../lib/sfu/builtin/sdp-writer.ts'

const FINGERPRINT = Array(32).fill('AB').join(':')
const TRANSPORT = [
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
  'a=setup:actpass',
  'a=rtcp-mux',
]
const AUDIO = [
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63',
  'c=IN IP4 0.0.0.0',
  'a=mid:0',
  'a=sendonly',
  ...TRANSPORT,
  'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'a=extmap:14 urn:nobody:knows',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=ssrc:1111 cname:x',
]
const VIDEO = [
  'm=video 9 UDP/TLS/RTP/SAVPF 96 97 102',
  'c=IN IP4 0.0.0.0',
  'a=mid:1',
  'a=sendrecv',
  ...TRANSPORT,
  'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
  'a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  'a=rtpmap:96 VP8/90000',
  'a=rtpmap:97 rtx/90000',
  'a=fmtp:97 apt=96',
  'a=rtpmap:102 H264/90000',
  'a=fmtp:102 packetization-mode=0;profile-level-id=42001f',
  'a=rid:h send',
  'a=rid:l send',
]
const SESSION = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0 1']
const text = (...lines: string[]) => `${lines.join('\r\n')}\r\n`
const GOOD = text(...SESSION, ...AUDIO, ...VIDEO)
const replaced = (from: string | RegExp, to: string) => GOOD.replaceAll(from, to)

const LOCAL = {
  ufrag: 'ours',
  password: 'oursoursoursoursoursours',
  fingerprint: FINGERPRINT,
  setup: 'active',
  candidates: ['candidate:1 1 UDP 1 127.0.0.1 9 typ host'],
}

test('what is needed is read from an offer', () => {
  const { transport, media } = readSdp(GOOD)
  expect(transport).toEqual({
    ufrag: 'abcd',
    password: 'abcdefghijklmnopqrstuvwx',
    fingerprint: FINGERPRINT,
    setup: 'actpass',
  })
  expect(media).toMatchObject([
    { kind: 'audio', mid: '0', sends: true, ssrc: 1111, rids: [] },
    { kind: 'video', mid: '1', sends: true, ssrc: 0, rids: ['h', 'l'] },
  ])
  expect(media[0]?.extensions).toEqual(
    new Map([['urn:ietf:params:rtp-hdrext:ssrc-audio-level', 1]]),
  )
  expect(media[0]?.codecs).toEqual([
    { name: 'opus', payloadType: 111, rtpmap: 'opus/48000/2', fmtp: 'minptime=10;useinbandfec=1' },
  ])
})

test.each([
  ['nothing', ''],
  ['no m-line', text(...SESSION, ...TRANSPORT)],
  ['nine m-lines', text(...SESSION, ...Array.from({ length: 9 }, () => AUDIO).flat())],
  ['one mid twice', replaced('a=mid:1', 'a=mid:0')],
  ['no mid', replaced('a=mid:1\r\n', '')],
  ['a mid of other signs', replaced('a=mid:1', 'a=mid:1 2')],
  ['no ufrag', replaced(/a=ice-ufrag.*\r\n/g, '')],
  ['a short ufrag', replaced('ufrag:abcd', 'ufrag:abc')],
  ['a short password', replaced('pwd:abcdefghijklmnopqrstuvwx', 'pwd:abc')],
  ['a ufrag of other signs', replaced('ufrag:abcd', 'ufrag:ab$d')],
  ['no fingerprint', replaced(/a=fingerprint.*\r\n/g, '')],
  ['a fingerprint of another kind', replaced('sha-256', 'sha-1')],
  ['a fingerprint cut short', replaced(FINGERPRINT, FINGERPRINT.slice(3))],
  ['no setup', replaced(/a=setup.*\r\n/g, '')],
  ['an unknown setup', replaced('setup:actpass', 'setup:holdconn')],
  ['an m-line of other signs', replaced('m=audio 9', 'm=<b> 9')],
  ['one endless line', replaced('s=-', `s=${'-'.repeat(5_000)}`)],
  ['too much text', `${GOOD}${'a=x\r\n'.repeat(MAX_SDP_LENGTH / 4)}`],
])('an SDP with %s is refused', (_what, sdp) => {
  expect(() => readSdp(sdp)).toThrow(BadSdp)
})

test.each([
  ['payload types that look like RTCP', 'a=rtpmap:72 opus/48000/2', 'a=rtpmap:111 opus/48000/2'],
  ['payload types out of range', 'a=rtpmap:300 opus/48000/2', 'a=rtpmap:111 opus/48000/2'],
  ['codecs of the other kind', 'a=rtpmap:111 VP8/90000', 'a=rtpmap:111 opus/48000/2'],
])('%s are not chosen', (_what, instead, line) => {
  const { media } = readSdp(text(...SESSION, ...AUDIO).replace(line, instead))
  expect(() => chooseCodecs(media, ['vp8', 'opus'])).toThrow(BadSdp)
})

test('the group’s order of codecs wins, and H.264 only in the form everybody decodes', () => {
  const chosen = (sdp: string, allowed: string[]) => {
    const { media } = readSdp(sdp)
    chooseCodecs(media, allowed)
    return media.map(({ codec }) => codec?.payloadType)
  }
  expect(chosen(GOOD, ['h264', 'vp8', 'opus'])).toEqual([111, 96])
  expect(chosen(replaced('packetization-mode=0', 'packetization-mode=1'), ['h264', 'vp8'])).toEqual(
    [undefined, 102],
  )
})

test('an SSRC out of range is as good as none', () => {
  expect(readSdp(replaced('ssrc:1111', 'ssrc:9999999999')).media[0]?.ssrc).toBe(0)
})

test('the answer receives what was chosen, refuses the rest, and offers our side only', () => {
  const offer = readSdp(GOOD)
  chooseCodecs(offer.media, ['opus'])
  const answer = writeAnswer(offer, LOCAL, { id: 7, version: 1 })
  expect(answer).toContain('a=group:BUNDLE 0\r\n')
  expect(answer).toContain(
    'm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=recvonly',
  )
  expect(answer).toContain('m=video 0 UDP/TLS/RTP/SAVPF 96 97 102\r\n')
  expect(answer).toContain('a=ice-ufrag:ours\r\n')
  expect(answer).not.toContain('abcd\r\n')
  expect(answer).not.toContain('urn:nobody:knows')
})

test('the answer takes both layers of a simulcast, high first', () => {
  const offer = readSdp(GOOD)
  chooseCodecs(offer.media, ['vp8', 'opus'])
  expect(writeAnswer(offer, LOCAL, { id: 7, version: 1 })).toContain('a=simulcast:recv h;l\r\n')
})

test('an offer to a subscriber repeats what the publisher sends, and no stream id can add a line to it', () => {
  const { media } = readSdp(GOOD)
  chooseCodecs(media, ['vp8', 'opus'])
  const lines = media.flatMap((each) =>
    each.codec ? [{ media: each, codec: each.codec, ssrc: 5, active: each.kind === 'audio' }] : [],
  )
  const offer = writeOffer(lines, LOCAL, { id: 7, version: 2 }, 'id\r\na=evil:1')
  expect(offer).toContain('a=ssrc:5 cname:')
  expect(offer).toContain(
    'm=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=inactive',
  )
  expect(offer).toContain('a=setup:actpass')
  expect(offer.split('\r\n')).not.toContain('a=evil:1')
})

test('whatever text comes, it is read or refused, and never for long', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 2_000 }),
    fc
      .array(
        fc.oneof(fc.constantFrom(...SESSION, ...AUDIO, ...VIDEO), fc.string({ maxLength: 60 })),
        { maxLength: 80 },
      )
      .map((lines) => text(...lines)),
    fc
      .tuple(fc.nat(GOOD.length), fc.nat(40), fc.string({ maxLength: 10 }))
      .map(([at, cut, more]) => GOOD.slice(0, at) + more + GOOD.slice(at + cut)),
  )
  fc.assert(
    fc.property(anything, (sdp) => {
      const start = process.cpuUsage()
      try {
        const description = readSdp(sdp)
        chooseCodecs(description.media, ['vp8', 'opus', 'h264'])
        const answer = writeAnswer(description, LOCAL, { id: 1, version: 1 })
        expect(
          answer.split('\r\n').every((line) => line === '' || /^[a-z]=[\x20-\x7e]+$/.test(line)),
        ).toBe(true)
      } catch (error) {
        expect(error).toBeInstanceOf(BadSdp)
      }
      const { user, system } = process.cpuUsage(start)
      expect(user + system).toBeLessThan(1_000_000)
    }),
    { numRuns: 3_000 },
  )
})
