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

/** What may wait while standard output takes nothing. */
const MAX_WAITING_BYTES = 1_048_576

/**
 * Standard output, each line at once. A log that cannot be written never ends the server: on a full disk lines wait, the newest are
 * lost, and it goes on where space returns; into a pipe that nobody reads any more nothing is written.
 */
export const standardOutput = (): DestinationStream => {
  const output = pino.destination({ fd: 1, sync: true, maxLength: MAX_WAITING_BYTES })
  output.on('error', () => undefined)
  // Only this: its flushSync, which pino calls after a fatal line, tries a full disk for ever.
  return { write: (line) => void output.write(line) }
}

/** The logger of the process. Message text, passwords, tokens, SDP and candidates are cut out wherever they stand. */
export const createLog = (level: string, destination?: DestinationStream): Log =>
  pino(
    {
      level,
      base: {},
      redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    destination ?? standardOutput(),
  )
