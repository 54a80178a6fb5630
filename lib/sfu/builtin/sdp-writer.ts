import {
  ACCEPTED_EXTENSIONS,
  type Codec,
  type Description,
  FORWARDED_EXTENSIONS,
  type Media,
} from './sdp.ts'

/** Our own side of a connection, as the native library made it. `candidates` start with "candidate:". */
export type LocalTransport = {
  ufrag: string
  password: string
  fingerprint: string
  setup: string
  candidates: string[]
}

/** Which session a text belongs to: the id stays, the version grows with each text. */
export type Session = { id: number; version: number }

/** One m-line of a stream that we offer to a subscriber. */
export type OfferedLine = { media: Media; codec: Codec; ssrc: number; active: boolean }

const sessionLines = ({ id, version }: Session, mids: string[]): string[] => [
  'v=0',
  `o=- ${id} ${version} IN IP4 0.0.0.0`,
  's=-',
  't=0 0',
  `a=group:BUNDLE ${mids.join(' ')}`,
  'a=msid-semantic: WMS *',
]

const transportLines = (local: LocalTransport, setup: string): string[] => [
  'a=rtcp-mux',
  'a=rtcp-rsize',
  `a=ice-ufrag:${local.ufrag}`,
  `a=ice-pwd:${local.password}`,
  'a=ice-options:trickle',
  `a=fingerprint:sha-256 ${local.fingerprint}`,
  `a=setup:${setup}`,
  ...local.candidates.map((candidate) => `a=${candidate}`),
  'a=end-of-candidates',
]

const VIDEO_FEEDBACK = ['nack', 'nack pli', 'ccm fir', 'goog-remb']

const codecLines = (media: Media, codec: Codec, extensions: readonly string[]): string[] => [
  `a=rtpmap:${codec.payloadType} ${codec.rtpmap}`,
  ...(codec.fmtp ? [`a=fmtp:${codec.payloadType} ${codec.fmtp}`] : []),
  ...(media.kind === 'video'
    ? VIDEO_FEEDBACK.map((kind) => `a=rtcp-fb:${codec.payloadType} ${kind}`)
    : []),
  ...[...media.extensions]
    .filter(([uri]) => extensions.includes(uri))
    .map(([uri, id]) => `a=extmap:${id} ${uri}`),
]

const mediaLines = (media: Media, codec: Codec, direction: string): string[] => [
  `m=${media.kind} 9 UDP/TLS/RTP/SAVPF ${codec.payloadType}`,
  'c=IN IP4 0.0.0.0',
  `a=mid:${media.mid}`,
  `a=${direction}`,
]

const refusedLines = ({ kind, protocol, formats, mid }: Media): string[] => [
  `m=${kind === 'other' ? 'application' : kind} 0 ${protocol} ${formats}`,
  'c=IN IP4 0.0.0.0',
  `a=mid:${mid}`,
  'a=inactive',
]

const simulcastLines = ({ kind, rids }: Media): string[] =>
  kind === 'video' && rids.length > 1
    ? [...rids.map((rid) => `a=rid:${rid} recv`), `a=simulcast:recv ${rids.join(';')}`]
    : []

const text = (lines: string[]): string => `${lines.join('\r\n')}\r\n`

/** Answers a publisher: every m-line with a chosen codec is received, the others are refused. */
export const writeAnswer = (
  offer: Description,
  local: LocalTransport,
  session: Session,
): string => {
  const taken = offer.media.filter(({ codec }) => codec)
  const lines = sessionLines(
    session,
    taken.map(({ mid }) => mid),
  )
  for (const media of offer.media) {
    if (!media.codec) lines.push(...refusedLines(media))
    else
      lines.push(
        ...mediaLines(media, media.codec, media.sends ? 'recvonly' : 'inactive'),
        ...codecLines(media, media.codec, ACCEPTED_EXTENSIONS),
        ...simulcastLines(media),
        ...transportLines(local, local.setup),
      )
  }
  return text(lines)
}

/** Offers a subscriber a stream just as its publisher sends it: same SSRCs, payload types, extension ids and mids. */
export const writeOffer = (
  offered: OfferedLine[],
  local: LocalTransport,
  session: Session,
  streamId: string,
): string => {
  // The publisher chose the id: nothing in it may end a line or a word.
  const name = streamId.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64)
  const lines = sessionLines(
    session,
    offered.map(({ media }) => media.mid),
  )
  for (const { media, codec, ssrc, active } of offered) {
    lines.push(
      ...mediaLines(media, codec, active ? 'sendonly' : 'inactive'),
      ...codecLines(media, codec, FORWARDED_EXTENSIONS),
      // With "active" Firefox needs a second more to its first frame.
      ...transportLines(local, 'actpass'),
    )
    const track = `${name} ${name}-${media.kind}`
    if (active)
      lines.push(`a=msid:${track}`, `a=ssrc:${ssrc} cname:${name}`, `a=ssrc:${ssrc} msid:${track}`)
  }
  return text(lines)
}
