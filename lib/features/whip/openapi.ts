import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import { CreateWhipKey, type NewWhipKey, type WhipKey } from '../../protocol/recordings.ts'

const key: z.ZodType<WhipKey> = z
  .object({
    id: z.string(),
    name: z.string(),
    createdBy: z.string(),
    createdAt: z.string(),
    publishing: z.string().nullable(),
  })
  .meta({ id: 'WhipKey' })
const newKey: z.ZodType<NewWhipKey> = z.object({ key, secret: z.string(), path: z.string() })

const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } })
const channel = { path: z.object({ channelSlug: z.string() }) }
const stream = { path: z.object({ channelSlug: z.string(), resource: z.string() }) }
const refusals = {
  403: { description: '`not-allowed`: only moderators may do this' },
  404: { description: '`channels.not-found`, `not-found`: not there, or not for you' },
}
const badKey = { description: '`whip.bad-key`: not a key of this channel' }
const gone = { description: '`not-found`: there is no such stream' }
const noAnswer = { description: '`calls.no-answer`' }

/** Publishing devices in the OpenAPI document. */
export const whipPaths: ZodOpenApiPathsObject = {
  '/api/channels/{channelSlug}/whip-keys': {
    get: {
      summary: 'The keys with which devices publish into the call (moderators)',
      requestParams: channel,
      responses: {
        200: { description: 'Oldest first', ...json(z.object({ keys: z.array(key) })) },
        ...refusals,
      },
    },
    post: {
      summary: 'Make a key; the secret is in this answer and never again (moderators)',
      requestParams: channel,
      requestBody: json(CreateWhipKey.omit({ channelSlug: true })),
      responses: {
        201: { description: 'Made', ...json(newKey) },
        409: { description: '`whip.too-many-keys`' },
        501: { description: '`calls.not-supported`' },
        ...refusals,
      },
    },
  },
  '/api/channels/{channelSlug}/whip-keys/{keyId}': {
    delete: {
      summary: 'Revoke a key; what it publishes ends (moderators)',
      requestParams: { path: z.object({ channelSlug: z.string(), keyId: z.string() }) },
      responses: { 200: { description: 'Revoked' }, ...refusals },
    },
  },
  '/api/channels/{channelSlug}/whip-keys/{keyId}/stream': {
    delete: {
      summary: 'End what a key publishes; it may publish again (moderators)',
      requestParams: { path: z.object({ channelSlug: z.string(), keyId: z.string() }) },
      responses: { 200: { description: 'Ended' }, 502: noAnswer, ...refusals },
    },
  },
  '/whip/{channelSlug}': {
    post: {
      summary: 'Publish into the call (WHIP, RFC 9725), with the key as bearer token',
      requestParams: channel,
      requestBody: { content: { 'application/sdp': { schema: z.string() } } },
      responses: {
        201: { description: 'The answer; the stream is at Location, ICE servers are in Link' },
        401: badKey,
        403: { description: '`whip.refused`: whoever made the key may not present now' },
        415: { description: '`whip.wrong-type`' },
        422: {
          description:
            '`whip.unsupported-codec`: the call takes none of the codecs of its picture, or of its sound',
        },
        501: { description: '`calls.not-supported`' },
        502: noAnswer,
      },
    },
  },
  '/whip/{channelSlug}/{resource}': {
    patch: {
      summary: 'More candidates, or an ICE restart',
      requestParams: stream,
      requestBody: { content: { 'application/trickle-ice-sdpfrag': { schema: z.string() } } },
      responses: {
        200: { description: 'Restarted, with a new ETag' },
        204: { description: 'Taken' },
        400: { description: '`malformed`: no such fragment can be taken' },
        401: badKey,
        404: gone,
        412: { description: 'If-Match names another state' },
        502: noAnswer,
      },
    },
    delete: {
      summary: 'End the stream',
      requestParams: stream,
      responses: { 200: { description: 'Ended' }, 401: badKey, 404: gone, 502: noAnswer },
    },
  },
}
