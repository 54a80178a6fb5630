import { memoryBus } from '../platform/bus/memory.ts'
import type { Config } from '../platform/config/schema.ts'
import type { Database } from '../platform/db/open.ts'
import type { Log } from '../platform/log.ts'
import { createMetrics } from '../platform/metrics.ts'
import { type Connections, createConnections } from '../platform/ws/connections.ts'
import { dispatcher } from '../platform/ws/dispatcher.ts'
import {
  type Counts,
  createCounts,
  createGaleneSfu,
  createOurs,
  madeFrom,
} from '../sfu/galene/index.ts'
import { MovingSfu } from '../sfu/moving.ts'
import type { Sfu } from '../sfu/sfu.ts'
import { createDiagnosis, type Diagnosis } from './diagnosis.ts'
import { createFeatures, type Features } from './features.ts'
import { asGroup } from './groups.ts'
import { createWorkspace } from './workspace.ts'

export type AppNeeds = {
  config: Config
  database: Database
  log: Log
  version: string
  /** Where the built client lies. */
  clientFolder: string
  /** How the built-in SFU is started as a process of its own. */
  builtinCommand: { command: string; args: string[] }
  now: () => Date
  newId: () => string
}

type CallsNeeds = {
  counts: Counts
  diagnosis: () => Diagnosis
  onBug: (error: unknown) => void
}

const createSfu = (
  needs: AppNeeds,
  { calls, channels, moderation, users, whip }: Features,
  { counts, diagnosis, onBug }: CallsNeeds,
): MovingSfu => {
  const { config, log, now, newId, builtinCommand } = needs
  const ours = createOurs()
  const make = (config: Config): Sfu =>
    createGaleneSfu({
      config,
      log,
      policy: calls.admit,
      moderate: moderation.fromCall,
      personOf: async (name) => {
        const user = await users.byUsername(name)
        return user && { ...user, userId: user.id, sessionId: '', byCookie: false }
      },
      groups: async (name) => (await channels.groups(name)).map(asGroup(config)),
      listener: {
        participantsChanged: calls.participantsChanged,
        connectionEnded: calls.connectionEnded,
        statusChanged: calls.statusChanged,
        rightsChanged: ({ userId, group }) => void whip.lookAgain(userId, group).catch(onBug),
        personEnded: ({ userId, group }) => void whip.endAllOf(userId, group).catch(onBug),
      },
      now,
      newId,
      counts,
      ours,
      builtinCommand,
    })
  return new MovingSfu({
    ...{ config, make },
    madeFrom: (config) => madeFrom({ config, builtinCommand }),
    prepare: (config, kind) => diagnosis().follow(config, kind),
    leave: (before) => whip.leave(before.whip).catch(onBug),
    changed: calls.statusChanged,
  })
}

/** Makes the parts and ties them: each asks another only when it is used, never while it is made. */
export const createParts = (needs: AppNeeds) => {
  const { config, database, log, version, now, newId } = needs
  const onBug = (error: unknown) => log.error({ err: error }, 'a bug was met')
  const bus = memoryBus(onBug)
  const metrics = createMetrics()
  const connections: Connections = createConnections({
    limits: config.socket,
    version,
    now,
    newId,
    dispatch: (who, request) => dispatch(who, request),
    topicsOf: (userId) => features.channels.topicsOf(userId),
    presence: {
      opened: (userId) => features.presence.opened(userId),
      closed: (userId) => features.presence.closed(userId),
    },
    onBug,
    onFrame: metrics.onFrame,
  })
  const { hub } = connections
  const features: Features = createFeatures({
    config,
    database,
    bus,
    hub,
    sfu: () => sfu,
    log,
    now,
    newId,
    onBug,
  })
  const counts = createCounts(metrics.registry)
  const moving = createSfu(needs, features, { counts, diagnosis: () => diagnosis, onBug })
  const sfu: Sfu = moving.sfu
  const { users } = features
  const diagnosis: Diagnosis = createDiagnosis({ config, database, users, sfu, log, now })
  const workspace = createWorkspace({ config: config.workspace, now, ...features })
  const dispatch = dispatcher(
    onBug,
    workspace.socket,
    features.channels.socket,
    features.chat.socket,
    features.moderation.socket,
    features.calls.socket,
    features.recordings.socket,
    features.whip.socket,
  )
  metrics.watch('pyrite_ws_connections', 'Live workspace connections.', connections.count)
  return { bus, hub, metrics, connections, features, sfu, moving, diagnosis, workspace, onBug }
}
export type Parts = ReturnType<typeof createParts>
