import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import { type CallCard, CallHistory, type CallsPage } from '../../protocol/calls.ts'

const count = z.int().min(0)
const stay = z.object({ userId: z.string(), joinedAt: z.string(), leftAt: z.string().nullable() })
const card: z.ZodType<CallCard> = z
  .object({
    id: z.string(),
    channelSlug: z.string(),
    rev: count,
    startedAt: z.string(),
    endedAt: z.string().nullable(),
    brief: z.boolean(),
    stays: z.array(stay),
  })
  .meta({ id: 'CallCard' })
const page: z.ZodType<CallsPage> = z.object({
  calls: z.array(card),
  hasMore: z.boolean(),
  rev: count,
})

/** The paths of calls in the OpenAPI document. */
export const callsPaths: ZodOpenApiPathsObject = {
  '/api/channels/{channelSlug}/sfu_status': {
    get: {
      summary: "How the channel's call stands: reachability, group sync, who is in it",
      responses: { 200: { description: 'SfuStatus' }, 404: { description: 'channels.not-found' } },
    },
  },
  '/api/channels/{channelSlug}/calls': {
    get: {
      summary: "A page of the channel's calls, oldest first: who was in each, from when to when",
      requestParams: {
        path: z.object({ channelSlug: z.string() }),
        query: CallHistory.omit({ channelSlug: true }),
      },
      responses: {
        200: {
          description: 'The newest page, or the one before',
          content: { 'application/json': { schema: page } },
        },
        404: { description: '`channels.not-found`' },
      },
    },
  },
}
