import { Router } from 'express'
import { callerOf } from '../../platform/http/caller.ts'
import { parse } from '../../platform/parse.ts'
import { ChangeUser, CreateUser } from '../../protocol/users.ts'
import type { UsersRules } from './users.ts'

/** Mounted at /api/users, behind auth. */
export const usersRoutes = (users: UsersRules) =>
  Router()
    .get('/', async (_request, response) => {
      response.json(await users.list())
    })
    .post('/', async (request, response) => {
      const { userId } = callerOf(response)
      response.status(201).json(await users.createBy(userId, parse(CreateUser, request.body)))
    })
    .patch('/:userId', async (request, response) => {
      const { userId } = callerOf(response)
      const change = parse(ChangeUser, request.body)
      response.json(await users.changeBy(userId, request.params.userId, change))
    })
