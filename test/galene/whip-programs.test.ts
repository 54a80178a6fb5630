import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { NewWhipKey } from '../../lib/protocol/recordings.ts'
import { eventually } from '../support/eventually.ts'
import { startGalene, type TestGalene } from '../support/galene.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'
import { galenes } from '../support/sfu.ts'

const START = 40_000
const FINGERPRINT = `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`
const ICE = ['a=ice-ufrag:oBgU', 'a=ice-pwd:4h0r7QlPwgGV4giNXHf9XV']

/** What OBS Studio 32.2.2 offers by its own settings: Opus and H.264. */
const OBS = [
  ...['v=0', 'o=rtc 3720842499 0 IN IP4 127.0.0.1', 's=-', 't=0 0'],
  ...[
    'a=group:BUNDLE 0 1',
    'a=group:LS 0 1',
    'a=msid-semantic:WMS *',
    'a=ice-options:ice2,trickle',
  ],
  FINGERPRINT,
  ...['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', 'a=mid:0', 'a=sendonly'],
  ...['a=ssrc:4054327404 cname:m4bey9FjWOAVr1Cl', 'a=msid:fGQFBHUGViUtnr89 audio', 'a=rtcp-mux'],
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;maxaveragebitrate=96000;stereo=1;sprop-stereo=1;useinbandfec=1',
  ...['a=setup:actpass', ...ICE],
  ...['m=video 9 UDP/TLS/RTP/SAVPF 96', 'c=IN IP4 0.0.0.0', 'a=mid:1'],
  'a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid',
  'a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  ...['a=sendonly', 'a=ssrc:4054327405 cname:m4bey9FjWOAVr1Cl', 'a=msid:fGQFBHUGViUtnr89 video'],
  ...['a=rtcp-mux', 'a=rtpmap:96 H264/90000'],
  ...['a=rtcp-fb:96 nack', 'a=rtcp-fb:96 nack pli', 'a=rtcp-fb:96 goog-remb'],
  'a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1',
  ...['a=setup:actpass', ...ICE],
]

/** What the WHIP muxer of FFmpeg 9.0.2 offers: H.264 of another profile, and no address before the answer. */
const FFMPEG = [
  ...['v=0', 'o=FFmpeg 4489045141692799359 2 IN IP4 127.0.0.1', 's=FFmpegPublishSession', 't=0 0'],
  ...['a=group:BUNDLE 0 1', 'a=extmap-allow-mixed', 'a=msid-semantic: WMS'],
  ...['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', ...ICE, FINGERPRINT],
  ...['a=setup:passive', 'a=mid:0', 'a=sendonly', 'a=msid:FFmpeg audio', 'a=rtcp-mux'],
  ...['a=rtpmap:111 opus/48000/2', 'a=ssrc:3485131761 cname:FFmpeg'],
  ...['m=video 9 UDP/TLS/RTP/SAVPF 106 105', 'c=IN IP4 0.0.0.0', ...ICE, FINGERPRINT],
  ...['a=setup:passive', 'a=mid:1', 'a=sendonly', 'a=msid:FFmpeg video', 'a=rtcp-mux'],
  ...['a=rtcp-rsize', 'a=rtpmap:106 H264/90000'],
  'a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=420016',
  ...['a=rtcp-fb:106 nack', 'a=rtpmap:105 rtx/90000', 'a=fmtp:105 apt=106'],
  ...['a=ssrc-group:FID 3485131762 3485131763', 'a=ssrc:3485131762 cname:FFmpeg'],
]

describe.each(galenes())('offers of programs that publish by WHIP, on %s', (binary) => {
  let theirs: TestGalene
  let pyrite: Pyrite
  let secret: string

  beforeAll(async () => {
    theirs = await startGalene({ binary })
    const sfu = { url: theirs.url, groups_dir: theirs.groups }
    pyrite = await startPyrite({ settings: { sfu } })
    const alice = await pyrite.signIn('alice')
    const made = await alice.send('POST', '/api/channels/general/whip-keys', { name: 'Studio' })
    ;({ secret } = made.body as NewWhipKey)
  }, START)
  afterAll(async () => {
    await pyrite?.stop()
    await theirs?.end()
  })

  it('a picture that the group takes in no codec is refused, and nothing of it published [WHIP-3]', async () => {
    const alice = await pyrite.signIn('alice')
    const path = '/api/channels/general/sfu_status'
    const mustBeInStep = async () =>
      expect((await alice.send('GET', path)).body).toMatchObject({ sync: { state: 'in-step' } })
    await eventually(mustBeInStep)
    const file = join(theirs.groups, 'general.json')
    const group = JSON.parse(await readFile(file, 'utf8')) as { codecs: string[] }
    /** Resolves when Pyrite has seen it and written it in its own way: until then it may write what it read before. */
    const write = async (codecs: string[]) => {
      const text = JSON.stringify({ ...group, codecs })
      await writeFile(file, text)
      await eventually(async () => {
        expect(await readFile(file, 'utf8')).not.toBe(text)
        await mustBeInStep()
      })
    }
    await write(['vp8', 'opus'])
    onTestFinished(() => write(group.codecs))
    const publish = async (lines: string[]) => {
      const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/sdp' }
      const body = `${lines.join('\r\n')}\r\n`
      const answer = await fetch(`${pyrite.url}/whip/general`, { method: 'POST', headers, body })
      return { status: answer.status, text: await answer.text() }
    }
    const refused = await publish(OBS)
    expect(refused.status).toBe(422)
    expect(JSON.parse(refused.text)).toEqual({
      error: { code: 'whip.unsupported-codec', message: expect.stringContaining('video in H264') },
    })
    expect((await alice.send('GET', path)).body).not.toHaveProperty('devices')
    expect((await publish(OBS.map((line) => line.replace('H264', 'VP8')))).status).toBe(201)
  })

  it.each([
    ['OBS', OBS],
    ['FFmpeg', FFMPEG],
  ])('the sound and the picture of %s are taken', async (_program, offer) => {
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/sdp' }
    const body = `${offer.join('\r\n')}\r\n`
    const answer = await fetch(`${pyrite.url}/whip/general`, { method: 'POST', headers, body })
    expect(answer.status).toBe(201)
    const lines = (await answer.text()).split('\r\n')
    expect(lines.filter((line) => line.startsWith('m='))).toEqual([
      expect.stringMatching(/^m=audio [1-9]/),
      expect.stringMatching(/^m=video [1-9]/),
    ])
    expect(lines).toContainEqual(expect.stringMatching(/^a=rtpmap:\d+ H264\/90000$/))
    const stream = new URL(answer.headers.get('location') ?? '', pyrite.url)
    expect((await fetch(stream, { method: 'DELETE', headers })).status).toBe(200)
  })
})
