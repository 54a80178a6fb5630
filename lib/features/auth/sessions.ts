import { createHash, randomBytes } from 'node:crypto'
import type { Bus } from '../../platform/bus/bus.ts'
import type { Config } from '../../platform/config/schema.ts'
import type { Db } from '../../platform/db/index.ts'
import { PyriteError } from '../../platform/errors.ts'
import type { Role, SessionSummary } from '../../protocol/users.ts'
import * as queries from './queries.ts'

declare module '../../platform/bus/bus.ts' {
  interface Events {
    /** A session is over, however it ended: its live connections must go. */
    'auth.session-ended': { sessionId: string; userId: string }
  }
}

export type SessionsNeeds = {
  db: Db
  bus: Bus
  now: () => Date
  newId: () => string
  config: Pick<Config['auth'], 'session_days'>
}

/** Somebody who is signed in. `expiresAt` is ISO 8601 in UTC; `byCookie` says that the Origin must be ours. */
export type Identity = {
  userId: string
  sessionId: string
  expiresAt: string
  username: string
  displayName: string
  role: Role
  byCookie: boolean
}
/** Where a session is used from, as it says itself. */
export type Device = { userAgent: string; address: string }

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const MAX_USER_AGENT_LENGTH = 256
const TOKEN_PATTERN = /^[A-Za-z0-9_-]{43}$/

/** 256 random bits need no slow hash: nobody can try them all. */
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')

const bearerIn = (authorization: string | undefined): string | undefined =>
  /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]

/** Finding out whose token this is. */
const identification = (
  { db, now }: SessionsNeeds,
  lifetimeMs: number,
  expiryFrom: (at: Date) => string,
) => {
  /** Short lifetimes are prolonged more often, so that a visit always counts. */
  const prolongAfterMs = Math.min(HOUR_MS, lifetimeMs / 10)
  const prolonged = async (found: queries.Found, at: Date): Promise<string> => {
    if (at.getTime() - Date.parse(found.lastSeenAt) < prolongAfterMs) return found.expiresAt
    const expiresAt = expiryFrom(at)
    try {
      await queries.prolong(db, found.sessionId, at.toISOString(), expiresAt)
      return expiresAt
    } catch (error) {
      // A full disk keeps nobody from reading: the session lives as long as was stored.
      if (error instanceof PyriteError) return found.expiresAt
      throw error
    }
  }
  return async (
    cookieToken: string | undefined,
    authorization?: string,
  ): Promise<Identity | undefined> => {
    const bearer = bearerIn(authorization)
    const token = bearer ?? cookieToken
    if (token === undefined || !TOKEN_PATTERN.test(token)) return
    const found = await queries.byTokenHash(db, hashOf(token))
    const at = now()
    if (!found || found.disabled === 1 || found.expiresAt <= at.toISOString()) return
    const { userId, sessionId, username, displayName, role } = found
    const expiresAt = await prolonged(found, at)
    const byCookie = bearer === undefined
    return { userId, sessionId, expiresAt, username, displayName, role, byCookie }
  }
}

/** Sessions: the browser holds a random token, the database only its hash. */
export const sessionRules = (needs: SessionsNeeds) => {
  const { db, bus, now, newId, config } = needs
  const lifetimeMs = config.session_days * DAY_MS
  const expiryFrom = (at: Date): string => new Date(at.getTime() + lifetimeMs).toISOString()
  const ended = (userId: string, sessionIds: readonly string[]) => {
    for (const sessionId of sessionIds) bus.publish('auth.session-ended', { sessionId, userId })
  }
  const rules = {
    identify: identification(needs, lifetimeMs, expiryFrom),
    ended,

    /** A new session, stored by `db`. The token is answered once and stored nowhere. */
    async open(db: Db, userId: string, { userAgent, address }: Device) {
      const token = randomBytes(32).toString('base64url')
      const [at, tokenHash] = [now(), hashOf(token)]
      const [createdAt, expiresAt] = [at.toISOString(), expiryFrom(at)]
      await queries.insert(db, {
        id: newId(),
        tokenHash,
        userId,
        createdAt,
        lastSeenAt: createdAt,
        expiresAt,
        userAgent: userAgent.slice(0, MAX_USER_AGENT_LENGTH),
        address,
      })
      return { token, expiresAt }
    },

    /** My devices, the last used first. */
    async list(userId: string, currentId: string): Promise<SessionSummary[]> {
      const rows = await queries.ofUser(db, userId, now().toISOString())
      return rows.map(({ id, createdAt, lastSeenAt, userAgent }) => ({
        id,
        createdAt,
        lastSeenAt,
        userAgent,
        current: id === currentId,
      }))
    },

    /** Ends one of the person's own sessions. Throws `not-found` for everybody else's. */
    async end(userId: string, sessionId: string): Promise<void> {
      const gone = await queries.remove(db, userId, { only: sessionId })
      if (gone.length === 0) throw new PyriteError('not-found', 'there is no such session of yours')
      ended(userId, gone)
    },

    /** Ends every session of a person: signed out everywhere, or disabled. */
    async endAllOf(userId: string): Promise<void> {
      ended(userId, await queries.remove(db, userId))
    },

    /** Removes sessions that nobody used for too long or whose person was disabled, and says so. */
    async sweep(): Promise<void> {
      const gone = await queries.removeEnded(db, now().toISOString())
      for (const { id, userId } of gone) ended(userId, [id])
    },

    /** Which of these sessions still hold: for connections that outlive the request that opened them. */
    stillOpen: (sessionIds: readonly string[]): Promise<string[]> =>
      queries.openAmong(db, sessionIds, now().toISOString()),
  }
  return rules
}
export type SessionRules = ReturnType<typeof sessionRules>
