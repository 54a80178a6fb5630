import { Router } from 'express'
import { callerOf } from '../../platform/http/caller.ts'
import { parse } from '../../platform/parse.ts'
import { CallHistory } from '../../protocol/calls.ts'
import type { CallRules } from './calls.ts'

/** Mounted at /api/channels. */
export const callRoutes = (calls: CallRules) =>
  Router()
    .get('/:channelSlug/sfu_status', async (request, response) => {
      const { userId } = callerOf(response)
      response.json(await calls.status(userId, request.params.channelSlug))
    })
    .get('/:channelSlug/calls', async (request, response) => {
      const wanted = parse(CallHistory, { ...request.query, ...request.params })
      response.json(await calls.history(callerOf(response).userId, wanted))
    })
