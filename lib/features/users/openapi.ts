import { z } from 'zod'
import type { ZodOpenApiPathsObject } from 'zod-openapi'
import { ChangeUser, CreateUser, type User } from '../../protocol/users.ts'

/** A person, as the API describes them. */
export const UserShape: z.ZodType<User> = z
  .object({
    id: z.string(),
    username: z.string(),
    displayName: z.string(),
    role: z.enum(['admin', 'member']),
    disabled: z.boolean(),
  })
  .meta({ id: 'User', description: 'A person. `username` never changes.' })

const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } })
const UserPath = z.object({ userId: z.string() })

/** What /api/users offers, for /api/openapi.json. */
export const usersPaths: ZodOpenApiPathsObject = {
  '/api/users': {
    get: {
      summary: 'Everybody in the workspace, disabled people included',
      responses: { 200: { description: 'By username', ...json(z.array(UserShape)) } },
    },
    post: {
      summary: 'Add a person (admins)',
      description: 'Without `password` one is made and answered; it is never shown again.',
      requestBody: json(CreateUser),
      responses: {
        201: {
          description: 'Added',
          ...json(z.object({ user: UserShape, password: z.string().optional() })),
        },
        409: { description: '`users.username-taken`' },
        422: { description: '`users.weak-password`' },
      },
    },
  },
  '/api/users/{userId}': {
    patch: {
      summary: 'Change a person (admins), or my own display name',
      requestParams: { path: UserPath },
      requestBody: json(ChangeUser),
      responses: {
        200: { description: 'Changed', ...json(UserShape) },
        404: { description: '`not-found`' },
        409: { description: '`users.last-admin`' },
      },
    },
  },
}
