import type { Log } from '../../platform/log.ts'

/** How long a client may stay silent, in milliseconds. Galene's own figures, but for `frozen`. */
export type Patience = {
  /** From the connection to its handshake. */
  handshakeMs: number
  /** Silence after which we ask, and ask again every half of it. */
  pingMs: number
  /** Silence after which the connection is given up. */
  deadMs: number
  /** Silence on the socket and on all media links together after which a client with media is given up. */
  frozenMs: number
}

export const PATIENCE: Patience = {
  handshakeMs: 15_000,
  pingMs: 20_000,
  deadMs: 45_000,
  frozenMs: 15_000,
}

/** Everything the built-in SFU is told. */
export type BuiltinSfuOptions = {
  /** Folder of the group files; read only. */
  groupsDir: string
  /** "host:port" of HTTP and WebSocket; port 0 takes a free one. */
  listen: string
  /** Galene's ice-servers.json: STUN and TURN servers for browsers. Absent: none. */
  iceFile?: string
  log: Log
  /** Media on 127.0.0.1 instead of the host's addresses. */
  loopback: boolean
  /** The address told to browsers; empty: the host's own. */
  publicAddress: string
  /** The one UDP port for media; 0 takes a free one. */
  udpPort: number
  /** People in one group, operators included. */
  maxParticipants: number
  /** Streams forwarded at once, over all groups. */
  maxStreams: number
  /** Streams one participant may publish. */
  streamsPerPerson: number
  messagesPerSecond: number
  messagesBurst: number
  maxFrameBytes: number
  /** New streams are refused while our own work keeps the 99th percentile of the loop's delay above this; 50 when absent. */
  maxLoopDelayMs?: number
  /** Shorter times, for tests. */
  patience?: Partial<Patience>
}

export const MAX_LOOP_DELAY_MS = 50
/** Sockets at once, over all groups; more are answered 503. */
export const MAX_CONNECTIONS = 2_000
/** Bytes that may wait for a client that reads slowly before it is cut off. */
export const MAX_BUFFERED_BYTES = 4_194_304
/** Messages of one client that wait for an earlier one of its own; more are left unread in its socket. */
export const MAX_WAITING_MESSAGES = 64
