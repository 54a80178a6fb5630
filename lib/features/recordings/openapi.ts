import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import type { Recording, RecordingList } from '../../protocol/recordings.ts'

const recording: z.ZodType<Recording> = z
  .object({
    name: z.string(),
    who: z.string(),
    startedAt: z.string().nullable(),
    size: z.int().min(0),
    playable: z.boolean(),
  })
  .meta({ id: 'Recording' })
const list: z.ZodType<RecordingList> = z.object({ recordings: z.array(recording) })

const one = { path: z.object({ channelSlug: z.string(), name: z.string() }) }
const growing = { description: '`recordings.not-finished`: it still runs' }
const notFound = { description: '`channels.not-found`, `not-found`: not there, or not for you' }
const unreachable = {
  501: {
    description: '`calls.not-supported`: this call server has none, or they cannot be reached',
  },
  502: { description: '`calls.no-answer`' },
}

/** The recordings in the OpenAPI document. */
export const recordingsPaths: ZodOpenApiPathsObject = {
  '/api/channels/{channelSlug}/recordings': {
    get: {
      summary: "What was recorded of the channel's calls, newest first",
      requestParams: { path: z.object({ channelSlug: z.string() }) },
      responses: {
        200: { description: 'Finished ones', content: { 'application/json': { schema: list } } },
        404: notFound,
        ...unreachable,
      },
    },
  },
  '/api/channels/{channelSlug}/recordings/{name}': {
    get: {
      summary: 'One recording, or the range of it that is asked for; with ?download to keep it',
      requestParams: { ...one, query: z.object({ download: z.string().optional() }) },
      responses: {
        200: { description: 'The file' },
        206: { description: 'Part of it' },
        404: notFound,
        409: growing,
        ...unreachable,
      },
    },
    delete: {
      summary: 'Delete a recording (moderators)',
      requestParams: one,
      responses: {
        200: { description: 'Gone' },
        403: { description: '`not-allowed`: only moderators may do this' },
        404: notFound,
        409: growing,
        ...unreachable,
      },
    },
  },
}
