/** WebSocket close codes used on /ws and /sfu (RFC 6455 section 7.4 and the IANA registry). */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  /** A binary frame where text is spoken. */
  unsupported: 1003,
  policy: 1008,
  tooBig: 1009,
  internal: 1011,
  /** The server restarts: come back by yourself. */
  restart: 1012,
  /** Too slow, or nobody answers behind us: come back later. */
  tryLater: 1013,
  /** The session ended (signed out, disabled, expired): sign in again, do not retry. */
  signedOut: 4401,
} as const
