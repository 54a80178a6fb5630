import { Router } from 'express'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import { callerOf } from '../../platform/http/caller.ts'
import type { CallRules } from './calls.ts'

/** Mounted at /api/channels. */
export const callRoutes = (calls: CallRules) =>
  Router().get('/:channelSlug/sfu_status', async (request, response) => {
    const { userId } = callerOf(response)
    response.json(await calls.status(userId, request.params.channelSlug))
  })

export const callsPaths: ZodOpenApiPathsObject = {
  '/api/channels/{channelSlug}/sfu_status': {
    get: {
      summary: "How the channel's call stands: reachability, group sync, who is in it",
      responses: { 200: { description: 'SfuStatus' }, 404: { description: 'channels.not-found' } },
    },
  },
}
