import type { z } from 'zod'
import type { Db, Sqlite } from '../../platform/db/index.ts'
import type { Database } from '../../platform/db/open.ts'
import type { Hub } from '../../platform/ws/hub.ts'
import type { CallCard, CallHistory, CallStay, CallsPage } from '../../protocol/calls.ts'
import type { Participant, Sfu } from '../../sfu/sfu.ts'
import { type Channels, topicOf } from '../channels/index.ts'
import { callAt, callLostAt, isBrief, type KeptCall, type Present } from './grouping.ts'
import * as stored from './queries.sqlite.ts'
import * as queries from './queries.ts'

type HistoryNeeds = {
  database: Pick<Database, 'db' | 'write'>
  hub: Pick<Hub, 'publish'>
  channels: Pick<Channels, 'mustBeMember'>
  sfu: () => Pick<Sfu, 'participants'>
  now: () => Date
  newId: () => string
  onBug: (error: unknown) => void
}

/** How often calls that run are noted to run: as much may be missing from their end after a crash. In milliseconds. */
const NOTE_EVERY_MS = 15_000

/** Who is in each call: each person once, since the oldest of their connections. */
const peopleIn = (participants: readonly Participant[]): Map<string, Present[]> => {
  const calls = new Map<string, Present[]>()
  for (const { group, caller, joinedAt } of participants) {
    const people = calls.get(group) ?? []
    const { userId } = caller
    const since = joinedAt.toISOString()
    const known = people.find((person) => person.userId === userId)
    if (!known) people.push({ userId, joinedAt: since })
    else if (since < known.joinedAt) known.joinedAt = since
    calls.set(group, people)
  }
  return calls
}

const isSame = (one: KeptCall, other: KeptCall): boolean =>
  one.endedAt === other.endedAt &&
  one.stays.length === other.stays.length &&
  one.stays.every((stay, at) => stay === other.stays[at])

const asCard = (channelSlug: string, id: string, rev: number, call: KeptCall): CallCard => {
  const stay = ({ userId, joinedAt, leftAt }: CallStay): CallStay => ({ userId, joinedAt, leftAt })
  const { startedAt, endedAt } = call
  const brief = isBrief(call)
  return { id, channelSlug, rev, startedAt, endedAt, brief, stays: call.stays.map(stay) }
}

type Change = { channelId: number; card: CallCard }

/** Brings what is stored of one channel's call in step with who is in it. Answers what changed, if anything did. */
const keep = (
  sqlite: Sqlite,
  { id: channelId, slug }: stored.Channel,
  { present, at, newId }: { present: readonly Present[]; at: string; newId: () => string },
): Change[] => {
  const last = stored.newestCall(sqlite, channelId)
  const next = callAt(last, present, at)
  if (!next || (last && !next.isNew && isSame(last, next.call))) return []
  const before = next.isNew ? undefined : last
  const id = before?.id ?? newId()
  const rev = stored.putCall(sqlite, channelId, { id, call: next.call, before, at })
  return [{ channelId, card: asCard(slug, id, rev, next.call) }]
}

/** Calls that ran when the server died ended when they were last known to run. */
const endLost = (sqlite: Sqlite): void => {
  for (const { id: channelId } of stored.channelsWithCalls(sqlite)) {
    const before = stored.newestCall(sqlite, channelId)
    if (!before) continue
    const at = before.seenAt
    stored.putCall(sqlite, channelId, { id: before.id, call: callLostAt(before, at), before, at })
  }
}

const reading = ({ db }: { db: Db }, { mustBeMember }: HistoryNeeds['channels']) => ({
  /** A page of calls, oldest first. Throws `channels.not-found`, `moderation.banned`. */
  async history(
    userId: string,
    { channelSlug, before, limit }: z.infer<typeof CallHistory>,
  ): Promise<CallsPage> {
    const { channelId, slug } = await mustBeMember(userId, channelSlug)
    const rev = await queries.callsRev(db, channelId)
    const newestFirst = await queries.callsBefore(db, channelId, before, limit + 1)
    const page = newestFirst.slice(0, limit).reverse()
    const stays = await queries.staysOf(
      db,
      page.map(({ number }) => number),
    )
    const calls = page.map(({ number, id, rev, startedAt, endedAt }) =>
      asCard(slug, id, rev, { startedAt, endedAt, stays: stays.get(number) ?? [] }),
    )
    return { calls, hasMore: newestFirst.length > limit, rev }
  },
})

/**
 * The calls of each channel as they are told later: who was in which, from when to when. Looks at who is there now, not at who came
 * or went, so that nothing missed stays wrong.
 */
export const callHistory = (needs: HistoryNeeds) => {
  const { database, hub, channels, sfu, now, newId, onBug } = needs
  const { db, write } = database
  let timer: NodeJS.Timeout | undefined
  /** Something could not be stored: the next note makes it good. */
  let isBehind = false

  const store = async (job: (sqlite: Sqlite, at: string) => Change[]): Promise<void> => {
    const at = now().toISOString()
    try {
      const changes = await write((sqlite) => job(sqlite, at))
      for (const { channelId, card } of changes) {
        hub.publish(topicOf(channelId), 'calls.changed', card)
      }
    } catch (error) {
      isBehind = true
      onBug(error)
    }
  }
  const noteAll = async (): Promise<void> => {
    const participants = sfu().participants()
    if (participants.length === 0 && !isBehind) return
    isBehind = false
    const calls = peopleIn(participants)
    await store((sqlite, at) => {
      const live = [...calls.keys()].flatMap((slug) => stored.channelCalled(sqlite, slug) ?? [])
      const all = new Map(
        [...stored.channelsWithCalls(sqlite), ...live].map((one) => [one.id, one]),
      )
      const changes = [...all.values()].flatMap((channel) =>
        keep(sqlite, channel, { present: calls.get(channel.slug) ?? [], at, newId }),
      )
      stored.calledAt(sqlite, at)
      return changes
    })
  }
  return {
    ...reading({ db }, channels),
    noteAll,
    /** Somebody came into a channel's call, or left it. What is known now is stored in the order in which this is called. */
    changed: (slug: string): Promise<void> => {
      const present = peopleIn(sfu().participants(slug)).get(slug) ?? []
      return store((sqlite, at) => {
        const channel = stored.channelCalled(sqlite, slug)
        return channel ? keep(sqlite, channel, { present, at, newId }) : []
      })
    },
    /** Ends what a crash left running. Before anybody is let in. */
    async start(): Promise<void> {
      await write(endLost)
      timer = setInterval(() => void noteAll(), NOTE_EVERY_MS)
      timer.unref()
    },
    close: () => clearInterval(timer),
  }
}
