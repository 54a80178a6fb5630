/** The port between the call feature and whatever carries its media. Galene's dialect is one carrier; peer-to-peer will be another. */

/** Somebody in the call. `userId` is Pyrite's, taken from the data the server vouches for; '' when unknown. */
export type Participant = {
  id: string
  userId: string
  displayName: string
  isMe: boolean
  /** A camera or a program that streams into the call: nobody who hears or sees. */
  isDevice?: boolean
  muted: boolean
  cameraOn: boolean
  canPresent: boolean
  /** May start and stop a recording. */
  canRecord: boolean
}

export type StreamKind = 'camera' | 'screen'

/** One stream on show, mine or another's. `localId` stays the same when the carrier replaces the connection below it. */
export type CallStream = {
  localId: string
  participantId: string
  kind: StreamKind
  isMine: boolean
  stream: MediaStream
  state: 'connecting' | 'playing' | 'interrupted'
}

export type ConnectionState =
  | { is: 'connecting' }
  | { is: 'connected' }
  /** Lost; the next try starts at `retryAt` (milliseconds since the epoch). `because` is for people. `isAnnounced`: the server said so itself and waits for me, so that I am back at once. */
  | { is: 'reconnecting'; because: string; retryAt: number; isAnnounced: boolean }
  /** Over for good: left, removed, refused. `because` is for people, '' when I left. */
  | { is: 'ended'; because: string; error?: string }

/** A file on its way between me and one other participant. Bytes. */
export type Transfer = {
  id: string
  participantId: string
  direction: 'sending' | 'receiving'
  name: string
  size: number
  mimeType: string
  transferred: number
  state: 'offered' | 'connecting' | 'moving' | 'done' | 'refused' | 'cancelled' | 'failed'
  /** For people, when it ended otherwise than done. */
  because: string
  /** The whole file, for a finished receipt that was kept in memory. */
  blob?: Blob
  /** Only while possible. */
  accept?: (() => void) | undefined
  refuse?: (() => void) | undefined
  cancel?: (() => void) | undefined
}

export type CallStats = {
  rttMs: number | null
  protocol: 'udp' | 'tcp' | null
  upKbps: number
  downKbps: number
}

export type CallEvents = {
  state: (state: ConnectionState) => void
  participants: (participants: Participant[]) => void
  streams: (streams: CallStream[]) => void
  transfers: (transfers: Transfer[]) => void
  /** Participants heard speaking now, by id. */
  speaking: (ids: ReadonlySet<string>) => void
  /** A sentence for the person (refused stream, moderator's notice). */
  notice: (text: string) => void
  /** A moderator muted my microphone; it is off already. */
  mutedByModerator?: () => void
}

export type JoinOptions = {
  channelSlug: string
  displayName: string
  /** Published as soon as joined; tracks stay owned by the caller until then. */
  camera?: MediaStream | undefined
  muted: boolean
}

/** One call, from joining to leaving. Every method is safe in every state. */
export type Call = {
  /** Publishes or replaces the camera-and-microphone stream; undefined stops publishing it. */
  publishCamera(stream: MediaStream | undefined): void
  publishScreen(stream: MediaStream | undefined): void
  setMuted(muted: boolean): void
  /** Tells the others whether my camera is on; the track itself is the caller's. */
  setCameraOn(on: boolean): void
  /** Starts or stops the recording of this call, for those who may. */
  setRecording(on: boolean): void
  sendFile(participantId: string, file: File): void
  stats(): Promise<CallStats>
  /** Tries at once instead of waiting for the back-off. */
  retryNow(): void
  /** Leaves and stops every track that was published. May be called twice. */
  leave(): void
}

export type Transport = { join(options: JoinOptions, events: CallEvents): Call }
