import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi'
import { adminPaths } from '../features/admin/index.ts'
import { authPaths } from '../features/auth/index.ts'
import { callsPaths } from '../features/calls/index.ts'
import { channelsPaths } from '../features/channels/index.ts'
import { chatPaths } from '../features/chat/index.ts'
import { moderationPaths } from '../features/moderation/index.ts'
import { recordingsPaths } from '../features/recordings/index.ts'
import { usersPaths } from '../features/users/index.ts'
import { whipPaths } from '../features/whip/index.ts'

const workspacePaths: ZodOpenApiPathsObject = {
  '/api/workspace': {
    get: {
      summary: 'Everything the first screen needs: me, people, channels, who is online',
      responses: {
        200: { description: 'Workspace' },
        401: { description: 'auth.signed-out' },
        429: { description: '`too-many-requests`: wait as long as Retry-After says' },
      },
    },
  },
}

/** The API as OpenAPI 3.1, made from the schemas that read the requests. */
export const openApiDocument = (version: string) =>
  createDocument({
    openapi: '3.1.0',
    info: { title: 'Pyrite', version },
    security: [{ session: [] }, { bearer: [] }],
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'pyrite_session' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
    paths: {
      ...authPaths,
      ...usersPaths,
      ...adminPaths,
      ...workspacePaths,
      ...mergedPaths(
        channelsPaths,
        chatPaths,
        moderationPaths,
        callsPaths,
        recordingsPaths,
        whipPaths,
      ),
    },
  })

/** Features share prefixes, never a path with the same method. */
const mergedPaths = (...tables: ZodOpenApiPathsObject[]): ZodOpenApiPathsObject => {
  const all: ZodOpenApiPathsObject = {}
  for (const [path, item] of tables.flatMap((table) => Object.entries(table))) {
    all[path] = { ...all[path], ...item }
  }
  return all
}
