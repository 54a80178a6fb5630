import { type Request, type RequestHandler, Router } from 'express'
import { PyriteError } from '../../platform/errors.ts'
import { callerOf } from '../../platform/http/caller.ts'
import { parse } from '../../platform/parse.ts'
import { ChangePassword, SignIn } from '../../protocol/users.ts'
import type { AuthRules } from './auth.ts'
import type { SessionCookie } from './cookie.ts'
import type { Identity } from './sessions.ts'

export type Authenticate = (
  cookieHeader: string | undefined,
  authorization?: string,
) => Promise<Identity | undefined>
export type Doors = {
  auth: AuthRules
  cookie: SessionCookie
  authenticate: Authenticate
  middleware: RequestHandler
}

const addressOf = (request: Request): string => request.ip ?? ''

/** Lets pass who is signed in, as `response.locals.caller`. Throws `auth.signed-out` for everybody else. */
export const authMiddleware =
  (authenticate: Authenticate): RequestHandler =>
  async (request, response, next) => {
    const { cookie, authorization } = request.headers
    response.locals.caller ??= await authenticate(cookie, authorization)
    if (!response.locals.caller) throw new PyriteError('auth.signed-out', 'sign in first')
    next()
  }

/** Signing in needs no session; a session that is there is replaced. */
const signIn =
  ({ auth, cookie, authenticate }: Doors): RequestHandler =>
  async (request, response) => {
    const credentials = parse(SignIn, request.body)
    const before = await authenticate(request.headers.cookie)
    const device = { userAgent: request.get('user-agent') ?? '', address: addressOf(request) }
    const { token, info } = await auth.signIn(credentials, device, before)
    response.set('Set-Cookie', cookie.keep(token)).json(info)
  }

/**
 * Who I am: nothing (204) for nobody, who asks in earnest and did nothing wrong.
 * Every visit asks this first, so the cookie starts its life afresh here.
 */
const whoAmI =
  ({ auth, cookie, authenticate }: Doors): RequestHandler =>
  async (request, response) => {
    const token = cookie.read(request.headers.cookie)
    const identity = await authenticate(request.headers.cookie, request.headers.authorization)
    if (!identity) {
      response.status(204).end()
      return
    }
    if (identity.byCookie && token) response.set('Set-Cookie', cookie.keep(token))
    response.json(await auth.info(identity))
  }

/** What people do about the session they ask with. */
const sessionRoutes = (doors: Doors) => {
  const { auth, cookie, middleware } = doors
  return Router()
    .post('/session', signIn(doors))
    .get('/session', whoAmI(doors))
    .delete('/session', middleware, async (_request, response) => {
      const { userId, sessionId } = callerOf(response)
      await auth.end(userId, sessionId)
      response.set('Set-Cookie', cookie.forget()).status(204).end()
    })
    .put('/session/password', middleware, async (request, response) => {
      const body = parse(ChangePassword, request.body)
      await auth.changePassword(callerOf(response), body, addressOf(request))
      response.status(204).end()
    })
}

/** Mounted at /api, before the middleware: each route here brings its own. */
export const authRoutes = (doors: Doors) => {
  const { auth, cookie, middleware } = doors
  return Router()
    .use(sessionRoutes(doors))
    .get('/sessions', middleware, async (_request, response) => {
      const { userId, sessionId } = callerOf(response)
      response.json(await auth.list(userId, sessionId))
    })
    .delete('/sessions', middleware, async (_request, response) => {
      await auth.endAllOf(callerOf(response).userId)
      response.set('Set-Cookie', cookie.forget()).status(204).end()
    })
    .delete('/sessions/:id', middleware, async (request, response) => {
      await auth.end(callerOf(response).userId, String(request.params.id))
      response.status(204).end()
    })
    .post('/users/:userId/password-reset', middleware, async (request, response) => {
      const { userId } = callerOf(response)
      const password = await auth.resetPasswordBy(userId, String(request.params.userId))
      response.json({ password })
    })
}
