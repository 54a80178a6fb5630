import { createAuth } from '../features/auth/index.ts'
import { createCalls } from '../features/calls/index.ts'
import { createChannels } from '../features/channels/index.ts'
import { createChat } from '../features/chat/index.ts'
import { createLedger, createModeration } from '../features/moderation/index.ts'
import { createPresence } from '../features/presence/index.ts'
import { createRecordings } from '../features/recordings/index.ts'
import { createStockClient } from '../features/stock-client/index.ts'
import { createHashing, createUsers } from '../features/users/index.ts'
import { createWhip, publishesInto } from '../features/whip/index.ts'
import type { Bus } from '../platform/bus/bus.ts'
import type { Config } from '../platform/config/schema.ts'
import type { Database } from '../platform/db/open.ts'
import { timedId } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'
import type { Hub } from '../platform/ws/hub.ts'
import type { CallDevice, CallParticipant, MyChannel } from '../protocol/channels.ts'
import type { Sfu } from '../sfu/sfu.ts'
import { newToken } from './secrets.ts'

export type PeopleNeeds = {
  config: Config
  database: Database
  bus: Bus
  hub: Hub
  callOf: (slug: string) => CallParticipant[]
  /** Both absent where no calls are. */
  devicesOf?: (slug: string) => CallDevice[]
  recordingOf?: (slug: string) => MyChannel['recording']
  now: () => Date
  newId: () => string
}

/** People, their sessions and where they talk: all that the command line needs. */
export const createPeople = (needs: PeopleNeeds) => {
  const { config, database, bus, hub, callOf, devicesOf, recordingOf, now, newId } = needs
  const { db } = database
  const hashing = createHashing({ atOnce: config.auth.hashing_at_once })
  const users = createUsers({ db, bus, hashing, now, newId })
  const auth = createAuth({
    db,
    bus,
    users,
    hashing,
    config: config.auth,
    publicUrl: config.server.public_url,
    now,
    newId,
  })
  const ledger = createLedger({ db, now })
  const channels = createChannels({
    config: config.channels,
    database,
    bus,
    hub,
    callOf,
    ...(devicesOf && { devicesOf }),
    ...(recordingOf && { recordingOf }),
    ledger,
    now,
    newId,
  })
  return { users, auth, channels, ledger }
}
export type People = ReturnType<typeof createPeople>

export type FeatureNeeds = Omit<PeopleNeeds, 'callOf' | 'devicesOf' | 'recordingOf'> & {
  sfu: () => Sfu
  log: Log
  onBug: (error: unknown) => void
}

/** Every feature, in the order of the feature table. */
export const createFeatures = (needs: FeatureNeeds) => {
  const { config, database, hub, sfu, now, newId, onBug } = needs
  const people = createPeople({
    ...needs,
    callOf: (slug) => calls.callOf(slug),
    devicesOf: (slug) => calls.devicesOf(slug),
    recordingOf: (slug) => calls.recordingOf(slug),
  })
  const { channels, ledger } = people
  const presence = createPresence({ hub })
  const moderation = createModeration({
    ...{ config: config.moderation, database, hub, channels, sfu, now, newId, onBug },
    lockChanged: () => calls.statusChanged(),
    publishesInto,
  })
  const chat = createChat({
    ...{ database, hub, channels, ledger, config: config.chat, now },
    newId: () => timedId(now()),
  })
  const calls = createCalls({
    ...{ database, hub, channels, moderation, sfu, now, onBug },
    devicesIn: (slug) => whip.devicesIn(slug),
    newId: () => timedId(now()),
  })
  const recordings = createRecordings({ hub, channels, sfu, now })
  const whip = createWhip({
    ...{ database, log: needs.log, channels, sfu, now, newId },
    admit: calls.admit,
    devicesChanged: calls.statusChanged,
    newSecret: newToken,
    onBug,
  })
  const stockClient = createStockClient({ auth: people.auth, admit: calls.admit, sfu, now })
  return { ...people, presence, moderation, chat, calls, recordings, whip, stockClient }
}
export type Features = ReturnType<typeof createFeatures>
