import { Router } from 'express'
import { callerOf } from '../../platform/http/caller.ts'
import { parse } from '../../platform/parse.ts'
import { EndModeration, ModerationWish, ReadModerationLog } from '../../protocol/moderation.ts'
import type { ModerationRules } from './moderation.ts'

export { moderationPaths } from './openapi.ts'

/** Mounted at /api/channels, behind auth. */
export const moderationRoutes = (moderation: ModerationRules) =>
  Router()
    .get('/:channelSlug/moderation', async (request, response) => {
      const wanted = parse(ReadModerationLog, { ...request.query, ...request.params })
      response.json(await moderation.log(callerOf(response).userId, wanted))
    })
    .get('/:channelSlug/moderation/state', async (request, response) => {
      const { userId } = callerOf(response)
      response.json(await moderation.state(userId, request.params.channelSlug))
    })
    .post('/:channelSlug/moderation', async (request, response) => {
      const wish = parse(ModerationWish, { ...request.body, ...request.params })
      response.status(201).json(await moderation.act(callerOf(response).userId, wish))
    })
    .post('/:channelSlug/moderation/unlock', async (request, response) => {
      const { userId } = callerOf(response)
      response.json(await moderation.unlock(userId, request.params.channelSlug))
    })
    .delete('/:channelSlug/moderation/:actId', async (request, response) => {
      const body = parse(EndModeration, request.params)
      response.json(await moderation.end(callerOf(response).userId, body))
    })
