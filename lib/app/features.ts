import { createAuth } from '../features/auth/index.ts'
import { createCalls } from '../features/calls/index.ts'
import { createChannels } from '../features/channels/index.ts'
import { createChat } from '../features/chat/index.ts'
import { createPresence } from '../features/presence/index.ts'
import { createHashing, createUsers } from '../features/users/index.ts'
import type { Bus } from '../platform/bus/bus.ts'
import type { Config } from '../platform/config/schema.ts'
import type { Database } from '../platform/db/open.ts'
import { timedId } from '../platform/ids.ts'
import type { Hub } from '../platform/ws/hub.ts'
import type { CallParticipant } from '../protocol/channels.ts'
import type { Sfu } from '../sfu/sfu.ts'

export type PeopleNeeds = {
  config: Config
  database: Database
  bus: Bus
  hub: Hub
  callOf: (slug: string) => CallParticipant[]
  now: () => Date
  newId: () => string
}

/** People, their sessions and where they talk: all that the command line needs. */
export const createPeople = ({ config, database, bus, hub, callOf, now, newId }: PeopleNeeds) => {
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
  const channels = createChannels({
    config: config.channels,
    database,
    bus,
    hub,
    callOf,
    now,
    newId,
  })
  return { users, auth, channels }
}
export type People = ReturnType<typeof createPeople>

export type FeatureNeeds = Omit<PeopleNeeds, 'callOf'> & {
  sfu: () => Sfu
  onBug: (error: unknown) => void
}

/** Every feature, in the order of the feature table. */
export const createFeatures = (needs: FeatureNeeds) => {
  const { config, database, hub, sfu, now, onBug } = needs
  const people = createPeople({ ...needs, callOf: (slug) => calls.callOf(slug) })
  const { channels } = people
  const presence = createPresence({ hub })
  const chat = createChat({
    ...{ database, hub, channels, config: config.chat, now },
    newId: () => timedId(now()),
  })
  const calls = createCalls({ db: database.db, hub, channels, sfu, onBug })
  return { ...people, presence, chat, calls }
}
export type Features = ReturnType<typeof createFeatures>
