import { Router } from 'express'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import { callerOf } from '../../platform/http/caller.ts'
import { parse } from '../../platform/parse.ts'
import { CheckCalls } from '../../protocol/admin.ts'
import type { AdminRules } from './admin.ts'

/** Mounted at /api/admin. */
export const adminRoutes = (admin: AdminRules) =>
  Router()
    .get('/calls', async (_request, response) => {
      response.json(await admin.calls(callerOf(response).userId))
    })
    .post('/calls/check', async (request, response) => {
      const { origin } = parse(CheckCalls, request.body ?? {})
      response.json(await admin.check(callerOf(response).userId, origin))
    })

export const adminPaths: ZodOpenApiPathsObject = {
  '/api/admin/calls': {
    get: {
      summary:
        'How calls stand: the call server, every channel, what the last check found (admins)',
      responses: { 200: { description: 'CallsReport' }, 403: { description: '`not-allowed`' } },
    },
  },
  '/api/admin/calls/check': {
    post: {
      summary: 'Look over everything that calls need, which takes seconds (admins)',
      requestBody: { content: { 'application/json': { schema: CheckCalls } } },
      responses: {
        200: { description: 'CallsReport' },
        403: { description: '`not-allowed`' },
        429: { description: '`too-many-requests`: wait as long as Retry-After says' },
      },
    },
  },
}
