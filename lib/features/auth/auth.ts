import type { z } from 'zod'
import type { Config } from '../../platform/config/schema.ts'
import type { SessionInfo, SignIn, User } from '../../protocol/users.ts'
import type { Hashing, Users } from '../users/index.ts'
import { badCredentials, type Known, passwordRules, type Who } from './passwords.ts'
import * as queries from './queries.ts'
import type { Device, Identity, SessionRules, SessionsNeeds } from './sessions.ts'
import { createThrottle } from './throttle.ts'

export type AuthNeeds = SessionsNeeds & {
  users: Users
  hashing: Hashing
  config: Config['auth']
  /** The address people type, '' when none is set. With https the cookie is Secure. */
  publicUrl: string
}
export type SignedIn = { token: string; info: SessionInfo }

/** What people may do about their sessions and passwords. Knows no HTTP. */
export const authRules = (needs: AuthNeeds, sessions: SessionRules) => {
  const { db, users, hashing, config } = needs
  const throttle = createThrottle({
    ...config,
    addressesOf: (name) => queries.addressesOf(db, name, needs.now().toISOString()),
  })
  const { list, end, endAllOf, sweep, stillOpen } = sessions

  /** Checks a password, with as much work whoever it is. */
  const mustKnow = async (name: string, password: string, address: string): Promise<Known> => {
    const attempt = { name: name.trim().toLowerCase(), address }
    const entry = await throttle.enter(attempt)
    const user = await users.byUsername(attempt.name)
    const passwordHash = user && (await users.passwordHashOf(user.id))
    const right = await hashing.verify(passwordHash, password)
    const known = right && user && passwordHash && !user.disabled
    await entry.settle(known === true)
    if (!known) throw badCredentials()
    return { user, passwordHash }
  }
  return {
    list,
    end,
    endAllOf,
    sweep,
    stillOpen,

    /** What a signed-in person is told about themselves. */
    info: async ({ userId, expiresAt }: Identity): Promise<SessionInfo> => ({
      user: await users.get(userId),
      expiresAt,
    }),

    /** Whose name and password these are; counted like a sign-in, and opens no session. Throws as `signIn`. */
    check: async ({ username, password }: z.infer<typeof SignIn>, address: string): Promise<User> =>
      (await mustKnow(username, password, address)).user,

    /**
     * Opens a session and ends the one this browser had. Throws `auth.bad-credentials`, or `too-many-requests` with the seconds
     * to wait, for a name nobody has as well.
     */
    async signIn(
      { username, password }: z.infer<typeof SignIn>,
      device: Device,
      before?: Who,
    ): Promise<SignedIn> {
      const { user, passwordHash } = await mustKnow(username, password, device.address)
      const { token, expiresAt, gone } = await db.transaction().execute(async (tx) => {
        if (!(await queries.holds(tx, user.id, passwordHash))) throw badCredentials()
        const replaced = before
          ? await queries.remove(tx, before.userId, { only: before.sessionId })
          : []
        return { ...(await sessions.open(tx, user.id, device)), gone: replaced }
      })
      if (before) sessions.ended(before.userId, gone)
      return { token, info: { user, expiresAt } }
    },
    ...passwordRules(users, sessions, mustKnow),
  }
}
export type AuthRules = ReturnType<typeof authRules>
