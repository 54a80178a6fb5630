// Reading a browser's SDP (RFC 8866, 8829). Everything a peer wrote is checked here, before anything else sees it.

/** What the transport of a connection needs to know of the other side. All four are checked against strict patterns. */
export type RemoteTransport = {
  ufrag: string
  password: string
  /** SHA-256, upper case, with colons. */
  fingerprint: string
  setup: 'actpass' | 'active' | 'passive'
}

/** One payload type of an m-line. `rtpmap` and `fmtp` are printable and safe to repeat to another browser. */
export type Codec = { name: string; payloadType: number; rtpmap: string; fmtp: string }

/** One m-line. `ssrc` is 0 when it names none. `codec` is set by `chooseCodecs`. */
export type Media = {
  kind: 'audio' | 'video' | 'other'
  mid: string
  sends: boolean
  ssrc: number
  rids: string[]
  /** Ids of the header extensions that we understand or pass on, by URI. */
  extensions: Map<string, number>
  codecs: Codec[]
  codec: Codec | undefined
  /** The m-line's protocol and formats, to refuse it with. */
  protocol: string
  formats: string
}

export type Description = { transport: RemoteTransport; media: Media[] }

/** Longest SDP that is read, in characters, and the most m-lines in it. */
export const MAX_SDP_LENGTH = 65_536
export const MAX_MEDIA = 8
const MAX_LINE_LENGTH = 4_096

export const EXTENSION = {
  mid: 'urn:ietf:params:rtp-hdrext:sdes:mid',
  rid: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
}
/** Extensions whose meaning survives being forwarded untouched. */
export const FORWARDED_EXTENSIONS: readonly string[] = [
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'urn:3gpp:video-orientation',
  'urn:ietf:params:rtp-hdrext:toffset',
]
/** Extensions we accept from a publisher. */
export const ACCEPTED_EXTENSIONS: readonly string[] = [
  ...FORWARDED_EXTENSIONS,
  EXTENSION.mid,
  EXTENSION.rid,
]

/** An SDP we do not take. The message is meant for the person at the other end. */
export class BadSdp extends Error {}

/** Reads an offer or answer. Throws `BadSdp` when anything we need is missing or out of bounds. */
export const readSdp = (text: string): Description => {
  if (text.length > MAX_SDP_LENGTH) throw new BadSdp('the SDP is too long')
  const lines = text.split(/\r?\n/)
  if (lines.some((line) => line.length > MAX_LINE_LENGTH)) throw new BadSdp('a line is too long')
  const sections = intoSections(lines)
  const media = sections.map(readMedia)
  if (new Set(media.map(({ mid }) => mid)).size !== media.length)
    throw new BadSdp('a mid is doubled')
  return { transport: readTransport(lines), media }
}

const intoSections = (lines: string[]): string[][] => {
  const sections: string[][] = []
  for (const line of lines) {
    if (line.startsWith('m=')) sections.push([])
    sections.at(-1)?.push(line)
  }
  if (!sections.length || sections.length > MAX_MEDIA)
    throw new BadSdp('too few or too many m-lines')
  return sections
}

const first = (lines: string[], pattern: RegExp): string | undefined => {
  for (const line of lines) {
    const found = pattern.exec(line)?.[1]
    if (found !== undefined) return found
  }
  return undefined
}
const must = (lines: string[], what: string, pattern: RegExp): string => {
  const found = first(lines, pattern)
  if (found === undefined) throw new BadSdp(`no usable ${what} in the SDP`)
  return found
}
const every = (lines: string[], pattern: RegExp): string[][] =>
  lines.flatMap((line) => {
    const found = pattern.exec(line)
    return found ? [found.slice(1).map((each) => each ?? '')] : []
  })

const readTransport = (lines: string[]): RemoteTransport => ({
  ufrag: must(lines, 'ice-ufrag', /^a=ice-ufrag:([A-Za-z0-9+/]{4,256})$/),
  password: must(lines, 'ice-pwd', /^a=ice-pwd:([A-Za-z0-9+/]{22,256})$/),
  fingerprint: must(
    lines,
    'fingerprint',
    /^a=fingerprint:sha-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})$/i,
  ).toUpperCase(),
  setup: must(lines, 'setup', /^a=setup:(actpass|active|passive)$/) as RemoteTransport['setup'],
})

const readMedia = (lines: string[]): Media => {
  const line = /^m=([a-z]{1,16}) \d{1,5} ([A-Z/]{1,32}) ([\w -]{1,400})$/.exec(lines[0] ?? '')
  if (!line) throw new BadSdp('an m-line cannot be read')
  const [, kind = '', protocol = '', formats = ''] = line
  return {
    kind: kind === 'audio' || kind === 'video' ? kind : 'other',
    mid: must(lines, 'mid', /^a=mid:([A-Za-z0-9_.-]{1,16})$/),
    sends: lines.some((each) => each === 'a=sendonly' || each === 'a=sendrecv'),
    ssrc: readSsrc(lines),
    rids: every(lines, /^a=rid:([A-Za-z0-9]{1,16}) send\b/)
      .map(([rid = '']) => rid)
      .slice(0, 3),
    extensions: readExtensions(lines),
    codecs: readCodecs(lines),
    codec: undefined,
    protocol,
    formats,
  }
}

const readSsrc = (lines: string[]): number => {
  const ssrc = Number(first(lines, /^a=ssrc:(\d{1,10}) cname:/) ?? 0)
  return ssrc < 2 ** 32 ? ssrc : 0
}

const readExtensions = (lines: string[]): Map<string, number> =>
  new Map(
    every(lines, /^a=extmap:(\d{1,2})(?:\/[a-z]{1,8})? (\S{1,200})$/)
      .map(([id = '', uri = '']) => [uri, Number(id)] as const)
      .filter(([uri, id]) => id > 0 && id < 15 && ACCEPTED_EXTENSIONS.includes(uri)),
  )

/** Payload types 64 to 95 would be taken for RTCP (RFC 5761). */
const isUsablePayloadType = (type: number): boolean => type < 64 || (type > 95 && type < 128)

const readCodecs = (lines: string[]): Codec[] => {
  const formats = new Map(
    every(lines, /^a=fmtp:(\d{1,3}) ([\x20-\x7e]{1,200})$/).map(([type = '', text = '']) => [
      type,
      text,
    ]),
  )
  return every(lines, /^a=rtpmap:(\d{1,3}) ([A-Za-z0-9-]{1,20})(\/\d{1,6}(?:\/\d)?)$/)
    .filter(([type]) => isUsablePayloadType(Number(type)))
    .map(([type = '', name = '', rate = '']) => ({
      name: name.toLowerCase(),
      payloadType: Number(type),
      rtpmap: `${name}${rate}`,
      fmtp: formats.get(type) ?? '',
    }))
}

const KIND_OF_CODEC: Readonly<Record<string, 'audio' | 'video'>> = {
  vp8: 'video',
  vp9: 'video',
  av1: 'video',
  h264: 'video',
  opus: 'audio',
  g722: 'audio',
  pcmu: 'audio',
  pcma: 'audio',
}

/** Browsers offer variants of one codec that others cannot decode; these are the ones everybody has. */
const isWidelyDecoded = ({ name, fmtp }: Codec): boolean => {
  if (name === 'h264') return /packetization-mode=1/.test(fmtp) && /profile-level-id=42/i.test(fmtp)
  return name !== 'vp9' || !/profile-id=[1-9]/.test(fmtp)
}

/** Settles on one codec per m-line, in the group's order. Throws `BadSdp` when nothing that is sent can be carried. */
export const chooseCodecs = (media: Media[], allowed: readonly string[]): void => {
  for (const each of media) {
    const usable = each.codecs.filter(
      (codec) => KIND_OF_CODEC[codec.name] === each.kind && isWidelyDecoded(codec),
    )
    each.codec = allowed
      .map((name) => usable.find((codec) => codec.name === name))
      .find((codec) => codec !== undefined)
  }
  if (!media.some(({ sends, codec }) => sends && codec))
    throw new BadSdp('none of the codecs offered is allowed in this group')
}
