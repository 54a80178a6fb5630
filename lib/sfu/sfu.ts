import type { IncomingMessage } from 'node:http'
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
}

/** Who is at the door, as the session says. `sessionId` lets a sign-out end the connection. */
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

/** The groups that must exist, asked afresh at every synchronisation: all of them, or at least the one that is named. */
export type GroupSource = (name?: string) => Promise<Group[]>

export type SyncState = { state: 'in-step' | 'pending' | 'failed'; reason?: string }

/** One live connection of a person to a call. Ids are made by Pyrite and are not Galene's client ids. */
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
}

export type SfuHealth = {
  kind: 'external' | 'child' | 'builtin'
  reachable: boolean
  /** For people: which SFU carries calls, and from where. */
  description: string
  checkedAt: Date
}

/** Which live connections an ending is meant for. All given fields must agree. */
export type Which = { userId?: string; sessionId?: string; group?: string; connectionId?: string }

/** The media server, as everything else sees it. */
export type Sfu = {
  start(): Promise<void>
  /** Resolves within five seconds, also where the SFU hangs. */
  stop(): Promise<void>
  /** The database changed: bring the group files in step soon. Without a name: all of them. */
  groupsChanged(name?: string): void
  syncState(group: string): SyncState
  health(): SfuHealth
  /** What Galene says of a group: locked, recording (a RECORDING participant was seen). */
  groupState(group: string): { locked: boolean; recording: boolean }
  participants(group?: string): Participant[]
  /** The WebSocket upgrade at /sfu, of a caller already known. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, caller: Caller): void
  /** Ends live connections after a `usermessage` of kind `kicked` saying why [SFU-17]. Answers how many. */
  end(which: Which, reason: string): number
  /** Applies a changed role to live connections, by an announced rejoin [SFU-17]. */
  roleChanged(userId: string, group: string): void
}
