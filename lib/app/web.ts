import type { Server } from 'node:http'
import type { Config } from '../platform/config/schema.ts'
import { callerOf } from '../platform/http/caller.ts'
import { jsonRoute } from '../platform/http/json.ts'
import type { OriginRule } from '../platform/http/origin.ts'
import { probes } from '../platform/http/probes.ts'
import { createHttpServer } from '../platform/http/server.ts'
import { staticClient } from '../platform/http/static.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Workspace } from '../protocol/workspace.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { Features } from './features.ts'
import { openApiDocument } from './openapi.ts'

export type WebNeeds = {
  config: Config
  version: string
  origins: OriginRule
  metrics: Metrics
  features: Features
  diagnosis: Pick<Diagnosis, 'admin'>
  workspace: { load(userId: string): Promise<Workspace> }
  clientFolder: string
  isReady: () => { ready: boolean; database: boolean; sfu: boolean }
  onBug: (error: unknown) => void
}

/** The HTTP server with every router under its prefix; see endpoints.ts. */
export const createWebServer = (needs: WebNeeds): Server => {
  const { config, features, workspace } = needs
  const { users, auth, channels, chat, moderation, calls, recordings, whip, stockClient } = features
  const document = openApiDocument(needs.version)
  return createHttpServer({
    config: config.server,
    origins: needs.origins,
    onBug: needs.onBug,
    api: [
      ['/api/openapi.json', jsonRoute(() => document)],
      ['/api', auth.routes],
      ['/api', auth.middleware],
      ['/api/workspace', jsonRoute((_, response) => workspace.load(callerOf(response).userId))],
      ['/api/users', users.routes],
      ['/api/admin', needs.diagnosis.admin.routes],
      ['/api/channels', channels.routes],
      ['/api/channels', chat.routes],
      ['/api/channels', moderation.routes],
      ['/api/channels', calls.routes],
      ['/api/channels', recordings.routes],
      ['/api/channels', whip.routes],
    ],
    other: [
      ['/', probes(needs.isReady, needs.metrics, config.metrics.token)],
      ['/whip', whip.door],
      ['/galene', stockClient.routes],
    ],
    client: staticClient(needs.clientFolder),
  })
}
