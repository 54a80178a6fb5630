import { z } from 'zod'
import { MAX_DISPLAY_NAME_LENGTH, MAX_PASSWORD_LENGTH, USERNAME_PATTERN } from './limits.ts'
import { Name } from './line.ts'

export type Role = 'admin' | 'member'

/** A person as everybody in the workspace sees them. `username` never changes. */
export type User = {
  id: string
  username: string
  displayName: string
  role: Role
  disabled: boolean
}

export const Username = z
  .string()
  .regex(USERNAME_PATTERN, 'small letters, digits, dot, dash and underscore; 1 to 32 characters')
export const DisplayName = Name.max(MAX_DISPLAY_NAME_LENGTH)
export const Password = z.string().min(1).max(MAX_PASSWORD_LENGTH)

/** POST /api/session. Answered with `SessionInfo` and the session cookie. */
export const SignIn = z.object({ username: z.string().max(64), password: Password })
/** GET /api/session: who I am. Nobody is answered with 204 and nothing. */
export type SessionInfo = { user: User; expiresAt: string }
/** GET /api/sessions: my devices. `current` is the one that asks. */
export type SessionSummary = {
  id: string
  createdAt: string
  lastSeenAt: string
  userAgent: string
  current: boolean
}

/** POST /api/users (admins). Without `password` one is made and answered once as `password`. */
export const CreateUser = z.object({
  username: Username,
  displayName: DisplayName,
  role: z.enum(['admin', 'member']).default('member'),
  password: Password.optional(),
})
/** PATCH /api/users/:userId (admins; people may change their own displayName). */
export const ChangeUser = z.object({
  displayName: DisplayName.optional(),
  role: z.enum(['admin', 'member']).optional(),
  disabled: z.boolean().optional(),
})
/** PUT /api/session/password: my own. Other sessions end. */
export const ChangePassword = z.object({ current: Password, next: Password })
