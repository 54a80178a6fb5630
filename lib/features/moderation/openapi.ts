import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import {
  type ModerationAct,
  type ModerationLog,
  type ModerationState,
  ModerationWish,
  ReadModerationLog,
} from '../../protocol/moderation.ts'

const role = z.enum(['moderator', 'member', 'listener'])
const act: z.ZodType<ModerationAct> = z
  .object({
    id: z.string(),
    channelSlug: z.string(),
    kind: z.enum(['kick', 'ban', 'timeout', 'forbid-presenting', 'mute', 'lock']),
    userId: z.string().nullable(),
    byUserId: z.string(),
    reason: z.string(),
    at: z.string(),
    until: z.string().nullable(),
    endedAt: z.string().nullable(),
    endedBy: z.string().nullable(),
    lock: z.object({ scope: z.enum(['call', 'channel']), exempt: z.array(role) }).nullable(),
  })
  .meta({ id: 'ModerationAct' })
const log: z.ZodType<ModerationLog> = z.object({ acts: z.array(act), hasMore: z.boolean() })
const state: z.ZodType<ModerationState> = z.object({
  acts: z.array(act),
  rights: z.object({ write: z.boolean(), present: z.boolean(), enter: z.boolean() }),
})

const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } })
const answer = (description: string, schema: z.ZodType) => ({ description, ...json(schema) })
const slug = z.object({ channelSlug: z.string() })
const notFound = { description: '`channels.not-found`, `not-found`' }
const notAllowed = { description: '`not-allowed`, `moderation.protected`, `moderation.timed-out`' }

/** The moderation paths of the OpenAPI document. */
export const moderationPaths: ZodOpenApiPathsObject = {
  '/api/channels/{channelSlug}/moderation': {
    get: {
      summary: 'The log, newest first: all of it to those who manage the channel',
      requestParams: { path: slug, query: ReadModerationLog.omit({ channelSlug: true }) },
      responses: { 200: answer('A page', log), 404: notFound },
    },
    post: {
      summary: 'Kick, ban, time out, forbid presenting, ask to mute, lock',
      requestParams: { path: slug },
      requestBody: json(ModerationWish),
      responses: {
        201: answer('In the ledger, and in force', act),
        403: notAllowed,
        404: notFound,
        409: { description: '`moderation.not-in-call`, `channels.last-moderator`' },
      },
    },
  },
  '/api/channels/{channelSlug}/moderation/state': {
    get: {
      summary: 'What is in force, and what I may do',
      requestParams: { path: slug },
      responses: { 200: answer('Now', state), 404: notFound },
    },
  },
  '/api/channels/{channelSlug}/moderation/unlock': {
    post: {
      summary: "Open the channel and its call: a lock of Galene's own client too",
      requestParams: { path: slug },
      responses: {
        200: answer('Open', z.object({ wasLocked: z.boolean() })),
        403: notAllowed,
        404: notFound,
      },
    },
  },
  '/api/channels/{channelSlug}/moderation/{actId}': {
    delete: {
      summary: 'Lift an act: unban, unlock, allow again',
      requestParams: { path: z.object({ channelSlug: z.string(), actId: z.string() }) },
      responses: { 200: answer('Ended', act), 403: notAllowed, 404: notFound },
    },
  },
}
