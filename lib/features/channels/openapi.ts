import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import {
  type CallParticipant,
  ChangeChannel,
  type Channel,
  type ChannelMember,
  CreateChannel,
  type MyChannel,
  SetMember,
} from '../../protocol/channels.ts'

const count = z.int().min(0)
const role = z.enum(['moderator', 'member', 'listener'])
const participant: z.ZodType<CallParticipant> = z.object({
  userId: z.string(),
  connectionId: z.string(),
  joinedAt: z.string(),
})
const channelFields = {
  slug: z.string(),
  name: z.string(),
  topic: z.string(),
  private: z.boolean(),
  createdAt: z.string(),
  archived: z.boolean(),
  recordable: z.boolean(),
}
const channel: z.ZodType<Channel> = z.object(channelFields).meta({ id: 'Channel' })
const myChannel: z.ZodType<MyChannel> = z
  .object({
    ...channelFields,
    role,
    lastSeq: count,
    lastRev: count,
    readSeq: count,
    unread: count,
    memberCount: count,
    call: z.array(participant),
    recording: z.object({ by: z.string().optional() }).optional(),
  })
  .meta({ id: 'MyChannel' })
const member: z.ZodType<ChannelMember> = z
  .object({ userId: z.string(), role, joinedAt: z.string() })
  .meta({ id: 'ChannelMember' })

const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } })
const answer = (description: string, schema: z.ZodType) => ({ description, ...json(schema) })
const slug = { path: z.object({ channelSlug: z.string() }) }
const slugAndUser = { path: z.object({ channelSlug: z.string(), userId: z.string() }) }
const notFound = { description: '`channels.not-found`: not there, or not for you' }
const conflict = { description: 'See the code: `channels.*`' }
const notAllowed = { description: '`not-allowed`: only moderators may do this' }
const nothing = z.object({})

/** The /api/channels paths of the OpenAPI document. */
export const channelsPaths: ZodOpenApiPathsObject = {
  '/api/channels': {
    get: {
      summary: 'My channels, and open ones I could join',
      responses: {
        200: answer('By slug', z.object({ channels: z.array(myChannel), open: z.array(channel) })),
      },
    },
    post: {
      summary: 'Create a channel',
      requestBody: json(CreateChannel),
      responses: {
        201: answer('Created; I am its moderator', myChannel),
        409: conflict,
        429: { description: '`too-many-requests`: wait as long as Retry-After says' },
      },
    },
  },
  '/api/channels/{channelSlug}': {
    get: {
      summary: 'One channel',
      requestParams: slug,
      responses: {
        200: answer('With what is mine where I am in it', z.union([myChannel, channel])),
        404: notFound,
      },
    },
    patch: {
      summary: 'Change its name, its topic, or whether its calls may be recorded',
      requestParams: slug,
      requestBody: json(ChangeChannel.omit({ channelSlug: true })),
      responses: {
        200: answer('Changed', z.union([myChannel, channel])),
        403: notAllowed,
        404: notFound,
      },
    },
  },
  '/api/channels/{channelSlug}/join': {
    post: {
      summary: 'Join an open channel',
      requestParams: slug,
      responses: { 200: answer('I am in it', myChannel), 404: notFound, 409: conflict },
    },
  },
  '/api/channels/{channelSlug}/leave': {
    post: {
      summary: 'Leave a channel',
      requestParams: slug,
      responses: { 200: answer('I am out of it', nothing), 404: notFound, 409: conflict },
    },
  },
  '/api/channels/{channelSlug}/members': {
    get: {
      summary: 'Who is in it',
      requestParams: slug,
      responses: {
        200: answer('In the order they came', z.object({ members: z.array(member) })),
        404: notFound,
      },
    },
  },
  '/api/channels/{channelSlug}/members/{userId}': {
    put: {
      summary: 'Invite a person, or give them another role',
      requestParams: slugAndUser,
      requestBody: json(SetMember.pick({ role: true })),
      responses: {
        200: answer('In it, with this role', member),
        403: notAllowed,
        404: notFound,
        409: conflict,
      },
    },
    delete: {
      summary: 'Remove a person',
      requestParams: slugAndUser,
      responses: {
        200: answer('Out of it', nothing),
        403: notAllowed,
        404: notFound,
        409: conflict,
      },
    },
  },
}
