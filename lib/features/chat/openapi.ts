import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import {
  type Changes,
  EditMessage,
  History,
  type HistoryPage,
  MarkRead,
  type Message,
  PostMessage,
  type ReadPosition,
  Since,
} from '../../protocol/chat.ts'

const count = z.int().min(0)
const message: z.ZodType<Message> = z
  .object({
    id: z.string(),
    channelSlug: z.string(),
    seq: count,
    rev: count,
    authorId: z.string(),
    clientId: z.string(),
    kind: z.enum(['text', 'me']),
    text: z.string(),
    postedAt: z.string(),
    editedAt: z.string().nullable(),
    deletedAt: z.string().nullable(),
  })
  .meta({ id: 'Message' })
const page: z.ZodType<HistoryPage> = z.object({
  messages: z.array(message),
  hasMore: z.boolean(),
  rev: count,
})
const changes: z.ZodType<Changes> = z.object({
  messages: z.array(message),
  rev: count,
  reset: z.boolean(),
})
const position: z.ZodType<ReadPosition> = z.object({
  channelSlug: z.string(),
  readSeq: count,
  unread: count,
})

const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } })
const answer = (description: string, schema: z.ZodType) => ({ description, ...json(schema) })
const slug = z.object({ channelSlug: z.string() })
const slugAndMessage = z.object({ channelSlug: z.string(), messageId: z.string() })
const errors = {
  403: { description: '`chat.listener`, `chat.not-yours`' },
  404: { description: '`channels.not-found`, `not-found`' },
  413: { description: '`chat.too-long`' },
  429: { description: '`too-many-requests`' },
}

/** The message paths of the OpenAPI document. */
export const chatPaths: ZodOpenApiPathsObject = {
  '/api/channels/{channelSlug}/messages': {
    get: {
      summary: 'A page of messages, oldest first',
      requestParams: { path: slug, query: History.omit({ channelSlug: true }) },
      responses: { 200: answer('The newest page, or the one before', page), 404: errors[404] },
    },
    post: {
      summary: 'Post a message; the same clientId again is harmless',
      requestParams: { path: slug },
      requestBody: json(PostMessage.omit({ channelSlug: true })),
      responses: { 201: answer('Stored', message), ...errors },
    },
  },
  '/api/channels/{channelSlug}/messages/{messageId}': {
    patch: {
      summary: 'Edit my message',
      requestParams: { path: slugAndMessage },
      requestBody: json(EditMessage.pick({ text: true })),
      responses: { 200: answer('Stored', message), ...errors },
    },
    delete: {
      summary: 'Delete a message; its place stays',
      requestParams: { path: slugAndMessage },
      responses: { 200: answer('Emptied', message), 403: errors[403], 404: errors[404] },
    },
  },
  '/api/channels/{channelSlug}/changes': {
    get: {
      summary: 'Messages changed after a revision',
      requestParams: { path: slug, query: Since.omit({ channelSlug: true }) },
      responses: { 200: answer('By revision, or reset', changes), 404: errors[404] },
    },
  },
  '/api/channels/{channelSlug}/read': {
    put: {
      summary: 'Move my read position forward',
      requestParams: { path: slug },
      requestBody: json(MarkRead.omit({ channelSlug: true })),
      responses: { 200: answer('Where it is now', position), 404: errors[404] },
    },
  },
}
