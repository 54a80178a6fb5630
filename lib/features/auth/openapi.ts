import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import { ChangePassword, type SessionSummary, SignIn } from '../../protocol/users.ts'
import { UserShape } from '../users/index.ts'

const SessionInfoShape = z.object({ user: UserShape, expiresAt: z.iso.datetime() })
const SessionSummaryShape: z.ZodType<SessionSummary> = z
  .object({
    id: z.string(),
    createdAt: z.iso.datetime(),
    lastSeenAt: z.iso.datetime(),
    userAgent: z.string(),
    current: z.boolean(),
  })
  .meta({ id: 'Session', description: 'One of my devices. `current` is the one that asks.' })

const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } })
const throttled = {
  description: '`too-many-requests`: wait as long as Retry-After says',
  headers: z.object({ 'Retry-After': z.string() }),
}
const done = { 204: { description: 'Done' } }

/** What auth offers under /api, for /api/openapi.json. */
export const authPaths: ZodOpenApiPathsObject = {
  '/api/session': {
    post: {
      summary: 'Sign in: answers who I am, and sets the session cookie',
      security: [],
      requestBody: json(SignIn),
      responses: {
        200: { description: 'Signed in', ...json(SessionInfoShape) },
        401: { description: '`auth.bad-credentials`, whichever half was wrong' },
        429: throttled,
      },
    },
    get: {
      summary: 'Who I am, if anybody',
      security: [],
      responses: {
        200: { description: 'Signed in', ...json(SessionInfoShape) },
        204: { description: 'Nobody is signed in' },
      },
    },
    delete: { summary: 'Sign out', responses: done },
  },
  '/api/session/password': {
    put: {
      summary: 'Change my password; my other sessions end',
      requestBody: json(ChangePassword),
      responses: {
        ...done,
        401: { description: '`auth.bad-credentials`: the current password is wrong' },
        422: { description: '`users.weak-password`' },
        429: throttled,
      },
    },
  },
  '/api/sessions': {
    get: {
      summary: 'My devices, the last used first',
      responses: { 200: { description: 'Sessions', ...json(z.array(SessionSummaryShape)) } },
    },
    delete: { summary: 'Sign out everywhere, here too', responses: done },
  },
  '/api/sessions/{id}': {
    delete: {
      summary: 'End one of my sessions',
      requestParams: { path: z.object({ id: z.string() }) },
      responses: { ...done, 404: { description: '`not-found`' } },
    },
  },
  '/api/users/{userId}/password-reset': {
    post: {
      summary: 'Give a person a new password, shown once (admins); their sessions end',
      requestParams: { path: z.object({ userId: z.string() }) },
      responses: {
        200: { description: 'The password', ...json(z.object({ password: z.string() })) },
        404: { description: '`not-found`' },
      },
    },
  },
}
