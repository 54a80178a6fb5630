import { CLOSE } from '../../../protocol/close-codes.ts'
import type { Counts, JoinOutcome } from './counts.ts'

/** How a connection ends by itself: what both legs are closed with, what the record says, what the person is told, and what is counted. */
export type Ending = {
  code: number
  reason: string
  why: string
  says?: string
  refused?: string
  /** It is the SFU's fault. */
  failed?: Parameters<Counts['failed']>[0]
  /** It is the end of a join. */
  joined?: JoinOutcome
}

type More = Omit<Ending, 'code' | 'reason' | 'why'>

const ending = (code: number, reason: string, why: string, more: More = {}): Ending => ({
  code,
  reason,
  why,
  ...more,
})

const AWAY = 'the call server does not answer'
const SLOW = 'the call server answers too slowly'

export const ENDINGS = {
  noHandshake: ending(CLOSE.policy, 'no handshake', 'no-handshake'),
  notGreeted: ending(CLOSE.protocolError, 'you must handshake first', 'no-handshake'),
  left: ending(CLOSE.normal, '', 'left'),
  tooMany: ending(CLOSE.policy, 'too many messages', 'too-many-messages', {
    says: 'Too much at once.',
    refused: 'rate',
  }),
  tooManyRefused: ending(CLOSE.policy, 'too many refused messages', 'too-many-refused'),
  tooMuchWaits: ending(CLOSE.tooBig, 'too much is waiting', 'too-much-waiting'),
  frameTooBig: ending(CLOSE.tooBig, '', 'frame-too-big', { refused: 'frame' }),
  malformedFrame: ending(CLOSE.protocolError, '', 'malformed-frame'),
  readsTooSlowly: ending(CLOSE.tryLater, 'reads too slowly', 'slow-reader', {
    refused: 'slow-reader',
  }),
  unreachable: ending(CLOSE.tryLater, AWAY, 'sfu-unreachable', {
    says: 'The call server does not answer. Trying again may help.',
    failed: 'unreachable',
  }),
  tooSlow: ending(CLOSE.tryLater, SLOW, 'sfu-slow', {
    says: 'The call server answers too slowly.',
    failed: 'slow',
  }),
  hungUp: ending(CLOSE.internal, 'the call server hung up', 'closed-by-sfu'),
  gone: ending(CLOSE.restart, 'service restart', 'sfu-gone'),
}
