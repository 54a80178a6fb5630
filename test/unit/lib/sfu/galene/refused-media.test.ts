import { describe, expect, it } from 'vitest'
import { partRefused } from '../../../../../lib/sfu/galene/media-http/refused-media.ts'

const section = (kind: string, port: number, ...lines: string[]) => [
  `m=${kind} ${port} UDP/TLS/RTP/SAVPF 96`,
  ...lines,
]
const text = (...sections: string[][]) => ['v=0', 's=-', ...sections.flat(), ''].join('\r\n')
const H264 = ['a=rtpmap:96 H264/90000', 'a=rtpmap:97 rtx/90000', 'a=rtpmap:98 H264/90000']
const OPUS = ['a=rtpmap:111 opus/48000/2']

const refused = (offer: string, answer: string) =>
  partRefused('garden', Buffer.from(offer), Buffer.from(answer))

describe('what an answer does not take of an offer', () => {
  it('is named with its codecs, each once, without those that only repair', () => {
    const offer = text(section('audio', 9, ...OPUS), section('video', 9, ...H264))
    const answer = text(section('audio', 9, ...OPUS), section('video', 0))
    expect(refused(offer, answer)).toMatchObject({
      code: 'whip.unsupported-codec',
      message: expect.stringMatching(/^the call takes no video in H264: .* "garden"/),
    })
    expect(refused(offer, offer)).toBeUndefined()
  })

  it('is not what was not offered, nor what is sent along with another', () => {
    const bundled = [...H264, 'a=bundle-only']
    const offer = text(section('audio', 0, ...OPUS), section('video', 0, ...bundled))
    const taken = text(section('audio', 0), section('video', 9, ...H264))
    expect(refused(offer, taken)).toBeUndefined()
    expect(refused(offer, text(section('audio', 0), section('video', 0)))).toBeDefined()
  })

  it('is nothing where either is no description at all', () => {
    for (const other of ['', 'm=', 'm=video', '\0', 'v=0\r\nm=video x'])
      for (const one of ['', 'm=', text(section('video', 9))])
        expect(refused(one, other)).toBeUndefined()
  })
})
