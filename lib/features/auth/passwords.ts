import type { z } from 'zod'
import { PyriteError } from '../../platform/errors.ts'
import type { ChangePassword, User } from '../../protocol/users.ts'
import type { Users } from '../users/index.ts'
import * as queries from './queries.ts'
import type { SessionRules } from './sessions.ts'

export type Who = { userId: string; sessionId: string }
/** Somebody whose password was right, and the hash it was checked with. */
export type Known = { user: User; passwordHash: string }

/** One answer for an unknown name, a wrong password and a disabled person: it tells nobody which half was wrong. */
export const badCredentials = (): PyriteError =>
  new PyriteError('auth.bad-credentials', 'the name or the password is wrong')

export type PasswordRules = {
  /** Changes my own password and ends my other sessions. Throws `auth.bad-credentials` or `users.weak-password`. */
  changePassword(who: Who, body: z.infer<typeof ChangePassword>, address: string): Promise<void>
  /** Sets a password, or makes one, and ends all sessions of the person. Answers the password in force. */
  resetPassword(userId: string, password?: string): Promise<string>
  /** `resetPassword`, asked by a person: `not-allowed` for all but admins. */
  resetPasswordBy(callerId: string, userId: string): Promise<string>
}

/** Changing passwords: whoever else knew the old one is out at once. */
export const passwordRules = (
  users: Users,
  sessions: SessionRules,
  mustKnow: (name: string, password: string, address: string) => Promise<Known>,
): PasswordRules => {
  const resetPassword = async (userId: string, password?: string): Promise<string> => {
    let gone: string[] = []
    const inForce = await users.setPassword(userId, password, async (tx) => {
      gone = await queries.remove(tx, userId)
    })
    sessions.ended(userId, gone)
    return inForce
  }
  return {
    resetPassword,

    async changePassword({ userId, sessionId }, { current, next }, address) {
      const { username } = await users.get(userId)
      const { passwordHash } = await mustKnow(username, current, address)
      let gone: string[] = []
      await users.setPassword(userId, next, async (tx) => {
        // A reset that came in between wins, or whoever it locks out could undo it.
        if (!(await queries.holds(tx, userId, passwordHash))) throw badCredentials()
        gone = await queries.remove(tx, userId, { except: sessionId })
      })
      sessions.ended(userId, gone)
    },

    async resetPasswordBy(callerId, userId) {
      await users.mustBeAdmin(callerId)
      return resetPassword(userId)
    },
  }
}
