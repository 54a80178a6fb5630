import pino, { type DestinationStream, type Logger } from 'pino'

export type Log = Logger

const SECRETS = [
  'password',
  'token',
  'cookie',
  'authorization',
  'signingKey',
  'sdp',
  'candidate',
  'text',
  'credential',
]

/** Where a secret may stand in a logged object: at the top, in any object below it, or in a request's headers. */
export const REDACTED_PATHS = SECRETS.flatMap((word) => [word, `*.${word}`, `*.*.${word}`]).concat(
  'req.headers["set-cookie"]',
  'res.headers["set-cookie"]',
)

/** The logger of the process. Message text, passwords, tokens, SDP and candidates are cut out wherever they stand. */
export const createLog = (level: string, destination?: DestinationStream): Log =>
  pino(
    {
      level,
      base: {},
      redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  )
