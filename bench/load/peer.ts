import { PeerConnection, type Track, Video } from 'node-datachannel'

/** What one side of a connection tells the other in its SDP. */
type Side = { ufrag: string; password: string; fingerprint: string; setup: string }

const CONFIG = { iceServers: [], disableAutoNegotiation: true, forceMediaTransport: true }
const PAYLOAD_TYPE = 96

const find = (sdp: string, pattern: RegExp): string => {
  const found = pattern.exec(sdp)?.[1]
  if (found === undefined) throw new Error(`${pattern.source} is missing in ${sdp}`)
  return found.trim()
}
const sideOf = (sdp: string): Side => ({
  ufrag: find(sdp, /a=ice-ufrag:(\S+)/),
  password: find(sdp, /a=ice-pwd:(\S+)/),
  fingerprint: find(sdp, /a=fingerprint:sha-256 (\S+)/i),
  setup: find(sdp, /a=setup:(\S+)/),
})
const candidatesOf = (sdp: string): string[] =>
  [...new Set(sdp.match(/^a=candidate:.*$/gm) ?? [])].map((line) => line.trim())

const head = (mid: string) => [
  'v=0',
  'o=- 1 1 IN IP4 0.0.0.0',
  's=-',
  't=0 0',
  `a=group:BUNDLE ${mid}`,
]
const transport = ({ ufrag, password, fingerprint, setup }: Side) => [
  `a=ice-ufrag:${ufrag}`,
  `a=ice-pwd:${password}`,
  `a=fingerprint:sha-256 ${fingerprint}`,
  `a=setup:${setup}`,
]
const write = (lines: string[]): string => `${lines.join('\r\n')}\r\n`

/** What the library reads of the other side: its transport only. Everything passes through one track. */
const bare = (sdp: string): string =>
  write([
    ...head('0'),
    `m=video 9 UDP/TLS/RTP/SAVPF ${PAYLOAD_TYPE}`,
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=sendrecv',
    'a=rtcp-mux',
    `a=rtpmap:${PAYLOAD_TYPE} VP8/90000`,
    ...transport(sideOf(sdp)),
    ...candidatesOf(sdp),
  ])

/** The offer of a camera: one VP8 video. */
const cameraOffer = (local: string, ssrc: number): string =>
  write([
    ...head('0'),
    `m=video 9 UDP/TLS/RTP/SAVPF ${PAYLOAD_TYPE}`,
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=sendonly',
    'a=msid:camera video',
    'a=rtcp-mux',
    `a=rtpmap:${PAYLOAD_TYPE} VP8/90000`,
    `a=rtcp-fb:${PAYLOAD_TYPE} nack`,
    `a=rtcp-fb:${PAYLOAD_TYPE} nack pli`,
    `a=ssrc:${ssrc} cname:bench`,
    ...transport(sideOf(local)),
    ...candidatesOf(local),
  ])

/** Takes the one video of an offer as it is. */
const viewerAnswer = (offer: string, local: string): string => {
  const media = offer.slice(offer.indexOf('\nm=') + 1).split(/\r?\n/)
  const kept = media.filter((line) => /^(m=|a=(mid|rtpmap|fmtp|rtcp-fb):)/.test(line))
  const [, ...rest] = kept
  return write([
    ...head(find(offer, /a=mid:(\S+)/)),
    kept[0] ?? '',
    'c=IN IP4 0.0.0.0',
    ...rest,
    'a=recvonly',
    'a=rtcp-mux',
    ...transport(sideOf(local)),
    ...candidatesOf(local),
  ])
}

/** One connection to a media server, with one video track. */
export type Peer = { send(packet: Buffer): void; candidate(line: string): void; close(): void }

const open = (onPacket: (packet: Buffer) => void) => {
  const native = new PeerConnection('bench', CONFIG)
  const video = new Video('0', 'SendRecv')
  video.addVP8Codec(PAYLOAD_TYPE)
  const track: Track = native.addTrack(video)
  const opened = new Promise<void>((done) => track.onOpen(done))
  track.onMessage(onPacket)
  const closed = new Promise<void>((done) => track.onClosed(done))
  const gathered = new Promise<void>((done) =>
    native.onGatheringStateChange((state) => {
      if (state === 'complete') done()
    }),
  )
  const peer: Peer = {
    send(packet) {
      if (track.isOpen()) track.sendMessageBinary(packet)
    },
    candidate(line) {
      if (line !== '' && native.remoteDescription()) native.addRemoteCandidate(line, '0')
    },
    close() {
      track.close()
      native.close()
    },
  }
  return { native, peer, opened, closed, gathered }
}

const localSdp = (native: PeerConnection): string => native.localDescription()?.sdp ?? ''

/** A connection that publishes. Give `offer` to the server and its answer to `accept`; `opened` resolves when media may flow, `closed` when none may any more. */
export const publishing = async (ssrc: number) => {
  const { native, peer, opened, closed, gathered } = open(() => undefined)
  native.setLocalDescription('offer')
  await gathered
  const accept = (answer: string) => native.setRemoteDescription(bare(answer), 'answer')
  return { peer, opened, closed, offer: cameraOffer(localSdp(native), ssrc), accept }
}

/** A connection that receives what `offer` offers. */
export const receiving = async (offer: string, onPacket: (packet: Buffer) => void) => {
  const { native, peer, gathered } = open(onPacket)
  native.setRemoteDescription(bare(offer), 'offer')
  native.setLocalDescription('answer')
  await gathered
  return { peer, answer: viewerAnswer(offer, localSdp(native)) }
}
