import { Router } from 'express'
import { callerOf } from '../../platform/http/caller.ts'
import { parse } from '../../platform/parse.ts'
import { ChangeChannel, CreateChannel, RemoveMember, SetMember } from '../../protocol/channels.ts'
import type { ChannelRules } from './channels.ts'

export { channelsPaths } from './openapi.ts'

/** Mounted at /api/channels, behind auth. */
export const channelsRoutes = (channels: ChannelRules) =>
  Router()
    .get('/', async (_request, response) => {
      const { userId } = callerOf(response)
      response.json({
        channels: await channels.mine(userId),
        open: await channels.openTo(userId),
      })
    })
    .post('/', async (request, response) => {
      const body = parse(CreateChannel, request.body)
      response.status(201).json(await channels.create(callerOf(response).userId, body))
    })
    .get('/:channelSlug', async (request, response) => {
      response.json(await channels.get(callerOf(response).userId, request.params.channelSlug))
    })
    .patch('/:channelSlug', async (request, response) => {
      const { userId } = callerOf(response)
      const body = parse(ChangeChannel, { ...request.body, ...request.params })
      await channels.change(userId, body)
      response.json(await channels.get(userId, body.channelSlug))
    })
    .post('/:channelSlug/join', async (request, response) => {
      response.json(await channels.join(callerOf(response).userId, request.params.channelSlug))
    })
    .post('/:channelSlug/leave', async (request, response) => {
      await channels.leave(callerOf(response).userId, request.params.channelSlug)
      response.json({})
    })
    .get('/:channelSlug/members', async (request, response) => {
      const { userId } = callerOf(response)
      response.json({ members: await channels.members(userId, request.params.channelSlug) })
    })
    .put('/:channelSlug/members/:userId', async (request, response) => {
      const body = parse(SetMember, { ...request.body, ...request.params })
      response.json(await channels.setMember(callerOf(response).userId, body))
    })
    .delete('/:channelSlug/members/:userId', async (request, response) => {
      await channels.removeMember(callerOf(response).userId, parse(RemoveMember, request.params))
      response.json({})
    })
