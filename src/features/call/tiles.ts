import type { CallStream, Participant } from '../../media/transport.ts'

/** One picture in the strip: somebody's camera, or somebody's screen. */
export type Tile = {
  /** Stays the same for as long as the tile means the same, also over a lost connection. */
  key: string
  participant: Participant
  kind: CallStream['kind']
  /** Undefined while nothing comes: a person without camera and microphone. */
  stream: CallStream | undefined
  /** Whether there is a picture to show. */
  hasPicture: boolean
}

const hasLiveVideo = ({ stream }: CallStream): boolean =>
  stream.getVideoTracks().some(({ readyState }) => readyState === 'live')

const showsPicture = (participant: Participant, stream: CallStream | undefined): boolean =>
  stream !== undefined && participant.cameraOn && hasLiveVideo(stream)

const tilesOf = (participant: Participant, streams: readonly CallStream[], nth: number): Tile[] => {
  const own = streams.filter(({ participantId }) => participantId === participant.id)
  const camera = own.find(({ kind }) => kind === 'camera')
  const person = `${participant.userId || participant.displayName}-${nth}`
  const screens = own
    .filter(({ kind }) => kind === 'screen')
    .map((stream) => ({
      key: stream.localId,
      participant,
      kind: stream.kind,
      stream,
      hasPicture: hasLiveVideo(stream),
    }))
  const face: Tile = {
    key: participant.isMe ? 'me' : person,
    participant,
    kind: 'camera',
    stream: camera,
    hasPicture: showsPicture(participant, camera),
  }
  return [...screens, face]
}

/** The strip, top to bottom: the others in order of arrival, each screen above its person, then me. */
export const tilesFor = (
  participants: readonly Participant[],
  streams: readonly CallStream[],
): Tile[] => {
  const ordered = [
    ...participants.filter(({ isMe }) => !isMe),
    ...participants.filter(({ isMe }) => isMe),
  ]
  const seen = new Map<string, number>()
  return ordered.flatMap((participant) => {
    const person = participant.userId || participant.displayName
    const nth = seen.get(person) ?? 0
    seen.set(person, nth + 1)
    return tilesOf(participant, streams, nth)
  })
}
