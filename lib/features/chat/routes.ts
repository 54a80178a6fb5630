import { Router } from 'express'
import { callerOf } from '../../platform/http/caller.ts'
import { parse } from '../../platform/parse.ts'
import {
  DeleteMessage,
  EditMessage,
  History,
  MarkRead,
  PostMessage,
  Since,
} from '../../protocol/chat.ts'
import type { ChatRules } from './chat.ts'

export { chatPaths } from './openapi.ts'

/** Mounted at /api/channels, behind auth. */
export const chatRoutes = (chat: ChatRules) =>
  Router()
    .get('/:channelSlug/messages', async (request, response) => {
      const wanted = parse(History, { ...request.query, ...request.params })
      response.json(await chat.history(callerOf(response).userId, wanted))
    })
    .post('/:channelSlug/messages', async (request, response) => {
      const body = parse(PostMessage, { ...request.body, ...request.params })
      response.status(201).json(await chat.post(callerOf(response).userId, body))
    })
    .patch('/:channelSlug/messages/:messageId', async (request, response) => {
      const body = parse(EditMessage, { ...request.body, ...request.params })
      response.json(await chat.edit(callerOf(response).userId, body))
    })
    .delete('/:channelSlug/messages/:messageId', async (request, response) => {
      const body = parse(DeleteMessage, request.params)
      response.json(await chat.remove(callerOf(response).userId, body))
    })
    .get('/:channelSlug/changes', async (request, response) => {
      const wanted = parse(Since, { ...request.query, ...request.params })
      response.json(await chat.since(callerOf(response).userId, wanted))
    })
    .put('/:channelSlug/read', async (request, response) => {
      const body = parse(MarkRead, { ...request.body, ...request.params })
      response.json(await chat.read(callerOf(response).userId, body))
    })
