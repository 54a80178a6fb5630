import { type AuthNeeds, authRules } from './auth.ts'
import { sessionCookie } from './cookie.ts'
import { authMiddleware, authRoutes } from './routes.ts'
import { sessionRules } from './sessions.ts'

export { authPaths } from './openapi.ts'
export type { Identity } from './sessions.ts'

/**
 * Who is there: signing in, sessions, passwords. `routes` belongs at /api, before `middleware`, which lets nobody past who is
 * not signed in.
 */
export const createAuth = (needs: AuthNeeds) => {
  const cookie = sessionCookie(needs.publicUrl)
  const sessions = sessionRules(needs)
  const auth = authRules(needs, sessions)
  /**
   * Who sends these headers: `Cookie`, or `Authorization: Bearer` with a session's token, which wins. Undefined when the session is
   * unknown, expired or of a disabled person. Prolongs the session, writing at most once an hour.
   */
  const authenticate = (cookieHeader: string | undefined, authorization?: string) =>
    sessions.identify(cookie.read(cookieHeader), authorization)
  const middleware = authMiddleware(authenticate)
  return {
    ...auth,
    authenticate,
    middleware,
    routes: authRoutes({ auth, cookie, authenticate, middleware }),
  }
}
export type Auth = ReturnType<typeof createAuth>
