import type { Agent, IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ChannelRole } from '../protocol/channels.ts'

/** What the media server should know about one channel. `name` is the channel's slug. */
export type Group = {
  name: string
  displayName: string
  description: string
  maxClients: number
  allowRecording: boolean
  /** By username. */
  members: ReadonlyMap<string, ChannelRole>
  /** Where Galene's own page takes a name and a password, and where it sends people who have no token; absent while it is off. */
  authServer?: string
  authPortal?: string
}

/** Who is at the door, as the session says. `sessionId` lets a sign-out end the connection; '' where there is none, as past the bridge. */
export type Caller = {
  userId: string
  username: string
  displayName: string
  sessionId: string
  /** True when the caller came with a cookie, so that the Origin must be ours. */
  byCookie: boolean
  /** Where the person's browser is, behind the proxies that are trusted. Absent: the socket's own peer. */
  address?: string
}

/** May this person join this group now, and as what? Answered by the calls feature; `error` is a stable word. */
export type Admission = { role: ChannelRole } | { error: string; message: string }
export type AccessPolicy = (caller: Caller, group: string) => Promise<Admission>

/** What somebody in a call asks to be done there, in the words of the ledger. Without `userId` it concerns the call, or everybody in it. */
export type CallAct = {
  kind: 'kick' | 'forbid-presenting' | 'allow-presenting' | 'mute' | 'lock' | 'unlock'
  userId: string | undefined
  reason: string
}
/** Rejects with what the person is told. */
export type CallModeration = (caller: Caller, group: string, act: CallAct) => Promise<void>

/** The groups that must exist, asked afresh at every synchronisation: all of them, or at least the one that is named. */
export type GroupSource = (name?: string) => Promise<Group[]>

export type SyncState = { state: 'in-step' | 'pending' | 'failed'; reason?: string }

/**
 * One way of keeping Galene's groups (`galene.sync`). Groups are worked on side by side, each by one caller at a time; `flush` may be
 * called meanwhile. What it throws is a sentence for who runs the server. A group that Pyrite does not manage is never touched.
 */
export type GroupPort = {
  /** Before the first round. */
  prepare(): Promise<void>
  /** The names of all groups there that a channel could have. */
  names(): Promise<string[]>
  /** Brings one group in step. Answers whether anything had to be written. */
  keep(group: Group): Promise<boolean>
  /** Removes the group of a channel that is gone, where this very Pyrite made it. Answers whether it did. */
  drop(name: string): Promise<boolean>
  /** What the round wrote lasts when this resolves. */
  flush(): Promise<void>
  /** The groups that somebody else has touched since `keep` or `drop` saw them last, where that is cheap to know; it is asked often. */
  touched?(): Promise<string[]>
  /** Makes Galene look at a group that `keep` has brought in step, and answers what is known of it then. */
  look(name: string): Promise<SyncState>
}

/**
 * Where the SFU answers HTTP, without a slash at the end, and the agent that connects to it as the settings demand. Ask for it each
 * time: it changes when a supervised SFU starts anew, and when calls move to another one.
 */
export type SfuOrigin = { url: string; agent: Agent }

/** One live connection of a person to a call, over the bridge or by Galene's own page. Ids are made by Pyrite and are not Galene's client ids. */
export type Participant = { connectionId: string; caller: Caller; group: string; joinedAt: Date }

/** How one connection went [SFU-18]. Never any content. */
export type CallRecord = {
  connectionId: string
  userId: string
  group: string
  joinedAt: Date
  leftAt: Date
  reason: string
  peerAddress: string
  bytesUp: number
  bytesDown: number
  messagesUp: number
  messagesDown: number
}

/** What the media server tells us; app/ links these to the calls feature. */
export type SfuListener = {
  participantsChanged(group: string): void
  connectionEnded(record: CallRecord): void
  /** Reachability or a group's sync state changed. */
  statusChanged(): void
  /** Live connections were asked again: what a person's devices publish has to be looked at as well. */
  rightsChanged?(which: { userId?: string | undefined; group?: string | undefined }): void
  /** A person's live connections were ended, in one group or in all: what their devices publish has to end as well. */
  personEnded?(which: { userId: string; group?: string | undefined }): void
}

export type SfuHealth = {
  kind: 'external' | 'child' | 'builtin'
  reachable: boolean
  /** For people: which SFU carries calls, and from where. */
  description: string
  /** As far as it can be known, such as "1.1 or newer"; absent while it was never reached. */
  version?: string
  /** What is wrong with it, in a sentence: why it cannot be reached, or that its version is not supported. */
  problem?: string
  checkedAt: Date
  /** Since when it is reachable without a break; absent while it is not. */
  since?: Date
}

/** One recorded file by the name it has there, which somebody else chose. Bytes. */
export type RecordedFile = { name: string; size: number }

/** What the media server recorded. Names are checked here, whatever is asked for. Each throws `calls.not-supported` where files cannot be reached. */
export type Recordings = {
  /** Finished files of a group. Throws `calls.no-answer`. */
  list(group: string): Promise<RecordedFile[]>
  /**
   * Where the bytes of a file are: on this machine, or at the media server, which then answers the request itself, ranges included.
   * Undefined where there is no such file. `forward` throws `calls.no-answer`, `not-found`.
   */
  open(group: string, name: string): Promise<RecordingSource | undefined>
  /** Whether there was such a file. Throws `calls.no-answer`. */
  remove(group: string, name: string): Promise<boolean>
}
export type RecordingSource =
  | { path: string }
  | { forward(request: IncomingMessage, response: ServerResponse): Promise<void> }

/** A stream that a device publishes: what the media server calls it, and the token that it was published with. */
export type Published = { group: string; resource: string; token: string }

/** A device's request with its body read; whoever asks writes the answer. */
export type WhipRequest = { request: IncomingMessage; response: ServerResponse; body: Buffer }
export type WhipAnswer = {
  status: number
  headers: Record<string, string | string[]>
  body: Buffer
}

/** Publishing over HTTP (WHIP). Each throws `calls.no-answer`, and `calls.not-supported` where the SFU cannot. An answer holds only headers that may be passed on. */
export type Whip = {
  /**
   * Publishes what the device of this name shows; `published` is absent where the media server refused. Throws `whip.unsupported-codec`
   * where it takes only a part.
   */
  publish(
    group: string,
    device: string,
    request: WhipRequest,
  ): Promise<WhipAnswer & { published?: Published }>
  forward(published: Published, request: WhipRequest): Promise<WhipAnswer>
  /** What a device should know before it publishes: servers for ICE, in Link headers. */
  describe(group: string, request: WhipRequest): Promise<WhipAnswer>
  /** Whether a published stream is still there. */
  lives(published: Published): Promise<boolean>
  /** Ends a published stream; one that is gone already is fine. */
  end(published: Published): Promise<void>
}

/** Who is let in by Galene's own page, where, and as what. */
export type StockPerson = { username: string; group: string; role: ChannelRole }

/** Galene's own page, with which people open calls past the bridge (`galene.stock_client`). */
export type StockClient = {
  /** The origin of its pages. */
  origin: string
  /** The group whose page is at this address; undefined for every other address. */
  groupAt(location: string): string | undefined
  /** A token for a join that follows at once. */
  token(person: StockPerson): Promise<string>
  /** The address of the group's page, with a token in it. */
  pageFor(person: StockPerson): Promise<string>
}

/** Which live connections an ending is meant for. All given fields must agree. */
export type Which = { userId?: string; sessionId?: string; group?: string; connectionId?: string }

/** The media server, as everything else sees it. */
export type Sfu = {
  start(): Promise<void>
  /**
   * Ends calls, which browsers join again by themselves; `words` are said to everybody in one before. Resolves within five seconds,
   * also where the SFU hangs.
   */
  stop(words?: string): Promise<void>
  /** The database changed: bring the group files in step soon. Without a name: all of them. */
  groupsChanged(name?: string): void
  syncState(group: string): SyncState
  health(): SfuHealth
  /** For recordings, WHIP and whoever else speaks HTTP with the SFU. */
  origin(): SfuOrigin
  /** What Galene says of a group: locked, recording (a RECORDING participant was seen). */
  groupState(group: string): { locked: boolean; recording: boolean; recordingBy?: string }
  /** What the SFU that carries calls now can do. */
  abilities(): { record: boolean; whip: boolean }
  recordings: Recordings
  whip: Whip
  /** Undefined while it is off. */
  stockClient: StockClient | undefined
  participants(group?: string): Participant[]
  /** By which sessions connections are open, in a call or not yet, each once. */
  sessions(): string[]
  /** The WebSocket upgrade at /sfu, of a caller already known. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, caller: Caller): void
  /** Ends live connections after a `usermessage` of kind `kicked` saying why [SFU-17]. Answers how many. */
  end(which: Which, reason: string): number
  /**
   * The policy may answer otherwise than it did: it is asked again for the live connections to a group, or for those of one person.
   * Those that it refuses now end; those with another role join again, announced [SFU-17]. `words` tell the person why.
   */
  accessChanged(group: string, userId?: string, words?: string): void
  /** Asks live connections to switch their microphones off, as an operator of a stock client does. */
  askToMute(which: Which): void
  /**
   * Lifts a lock that the media server itself keeps, made by an operator in its own client, soon. Answers whether one is known of.
   */
  unlock(group: string): boolean
}
