import { CLOSE } from '../../../protocol/close-codes.ts'
import type { AccessPolicy, Which } from '../../sfu.ts'
import type { BridgeNeeds } from './bridge.ts'
import type { Connection } from './connection.ts'

const ROLE_CHANGED = 'Your role in this channel changed: joining again.'

/** Announced, then the browser joins again by itself. */
const comeBack = (connection: Connection, words: string | undefined) => {
  connection.notice(words === undefined ? 'info' : 'kicked', words ?? ROLE_CHANGED)
  connection.finish(CLOSE.restart, 'role changed', 'role-changed')
}

/** Ends a connection after saying why. */
const end = (connection: Connection, why: string, code: number = CLOSE.normal) => {
  connection.notice('kicked', why)
  connection.finish(code, why, 'ended-by-pyrite')
}

/**
 * Asks the policy again for a connection to a group, for it may answer otherwise than at the join [SFU-17]. One that is still joining
 * was perhaps admitted by an answer that no longer holds, so it begins anew.
 */
const reconsider = async (
  connection: Connection,
  policy: AccessPolicy,
  words: string | undefined,
): Promise<void> => {
  if (connection.phase === 'joining') return comeBack(connection, words)
  if (connection.phase !== 'joined') return
  const admission = await policy(connection.caller, connection.group)
  if ('error' in admission) return end(connection, words ?? admission.message)
  if (admission.role !== connection.admitted) comeBack(connection, words)
}

const agrees = (which: Which, { caller, group, id }: Connection): boolean =>
  (which.userId === undefined || which.userId === caller.userId) &&
  (which.sessionId === undefined || which.sessionId === caller.sessionId) &&
  (which.group === undefined || which.group === group) &&
  (which.connectionId === undefined || which.connectionId === id)

/** The whole person or session is meant, not one call: they must sign in again. */
const isSignedOut = ({ group, connectionId }: Which): boolean =>
  group === undefined && connectionId === undefined

/** What the rest of Pyrite does to live connections. */
export const liveAccess = (
  connections: ReadonlySet<Connection>,
  { policy, log }: Pick<BridgeNeeds, 'policy' | 'log'>,
) => {
  const all = (which: Which, run: (connection: Connection) => void): number => {
    const meant = [...connections].filter((c) => agrees(which, c))
    meant.forEach(run)
    return meant.length
  }
  return {
    all,
    /** Ends connections, saying why to the person [SFU-17]. Answers how many. */
    end: (which: Which, reason: string): number =>
      all(which, (c) => end(c, reason, isSignedOut(which) ? CLOSE.signedOut : CLOSE.normal)),
    /** Who may be in the call, or as what, may have changed [SFU-17]. */
    accessChanged(group: string, userId?: string, words?: string) {
      all(userId === undefined ? { group } : { group, userId }, (c) => {
        reconsider(c, policy, words).catch((error: unknown) => {
          log.error({ err: error, group }, 'a live connection could not be judged again')
          c.finish(CLOSE.restart, 'service restart', 'not-judged')
        })
      })
    },
    /** As an operator of a stock client does: the server's own words are privileged. */
    askToMute(which: Which) {
      all(which, (c) => c.joinedAt && c.notice('mute', ''))
    },
  }
}
