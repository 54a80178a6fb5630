import type { Database } from '../../platform/db/open.ts'
import type { Hub } from '../../platform/ws/hub.ts'
import type { CallDevice, CallParticipant, MyChannel } from '../../protocol/channels.ts'
import type { SfuStatus } from '../../protocol/workspace.ts'
import type { AccessPolicy, CallRecord, Participant, Sfu } from '../../sfu/sfu.ts'
import { type Channels, topicOf } from '../channels/index.ts'
import type { Moderation } from '../moderation/index.ts'
import { callHistory } from './history.ts'
import * as stored from './queries.sqlite.ts'
import * as queries from './queries.ts'

export type CallsNeeds = {
  database: Pick<Database, 'db' | 'write'>
  hub: Pick<Hub, 'publish'>
  channels: Pick<Channels, 'mustBeMember'>
  moderation: Pick<Moderation, 'atTheDoor' | 'isLocked'>
  /** The media server, asked late: it is made after this feature, which answers its questions. */
  sfu: () => Pick<Sfu, 'participants' | 'health' | 'syncState' | 'groupState' | 'abilities'>
  /** The devices that publish into a channel's call. */
  devicesIn: (slug: string) => CallDevice[]
  now: () => Date
  newId: () => string
  onBug: (error: unknown) => void
}

/** Changes of the calls' status within this time are pushed together, in milliseconds. */
const TELL_AFTER_MS = 50

const asCallParticipant = ({ connectionId, caller, joinedAt }: Participant): CallParticipant => ({
  userId: caller.userId,
  connectionId,
  joinedAt: joinedAt.toISOString(),
})

/** Keeps one record of each connection to a call [SFU-18]. What is asked for is stored in that order. */
const callSessions = ({ write }: CallsNeeds['database']) => {
  /** Live connections whose beginning is stored, or about to be. */
  const begun = new Set<string>()
  return {
    async begin(slug: string, participants: readonly Participant[]) {
      const fresh = participants.filter(({ connectionId }) => !begun.has(connectionId))
      if (fresh.length === 0) return
      for (const { connectionId } of fresh) begun.add(connectionId)
      await write((sqlite) => {
        for (const participant of fresh) stored.openSession(sqlite, slug, participant)
      })
    },
    async end(record: CallRecord) {
      begun.delete(record.connectionId)
      await write((sqlite) => stored.endSession(sqlite, record))
    },
  }
}

/** What is known of calls now, and tells it. */
const callNews = ({ database: { db }, hub, moderation, sfu, devicesIn }: CallsNeeds) => {
  /** What each channel was told last, without the time, so that only changes are pushed. */
  const told = new Map<string, string>()
  const callOf = (slug: string): CallParticipant[] =>
    sfu().participants(slug).map(asCallParticipant)
  const recordingOf = (slug: string): MyChannel['recording'] => {
    const { recording, recordingBy } = sfu().groupState(slug)
    if (!recording) return undefined
    return recordingBy === undefined ? {} : { by: recordingBy }
  }
  /** With a call server that is gone, nobody sees them. */
  const devicesOf = (slug: string): CallDevice[] =>
    sfu().health().reachable ? devicesIn(slug) : []
  const statusOf = (slug: string): SfuStatus => {
    const { reachable, checkedAt } = sfu().health()
    const devices = devicesOf(slug)
    return {
      reachable,
      endpoint: '/sfu',
      group: slug,
      sync: sfu().syncState(slug),
      ...sfu().groupState(slug),
      locked: sfu().groupState(slug).locked || moderation.isLocked(slug),
      can: sfu().abilities(),
      participants: callOf(slug),
      ...(devices.length > 0 && { devices }),
      checkedAt: checkedAt.toISOString(),
    }
  }
  return {
    callOf,
    devicesOf,
    recordingOf,
    statusOf,
    /** Pushes the status of every channel whose status is another than it was told last. */
    async tellChanged() {
      for (const { id, slug } of await queries.allChannels(db)) {
        const status = statusOf(slug)
        const { checkedAt: _, ...facts } = status
        const text = JSON.stringify(facts)
        if (told.get(slug) === text) continue
        told.set(slug, text)
        hub.publish(topicOf(id), 'calls.status', { channelSlug: slug, status })
      }
    },
    tellParticipants(channelId: number, slug: string) {
      const participants = callOf(slug)
      hub.publish(topicOf(channelId), 'calls.participants', { channelSlug: slug, participants })
    },
  }
}

/** What the workspace knows and decides about calls. The media server knows neither channels nor moderation. */
export const callRules = (needs: CallsNeeds) => {
  const { channels, moderation, sfu, onBug } = needs
  const { db } = needs.database
  const news = callNews(needs)
  const sessions = callSessions(needs.database)
  const past = callHistory(needs)
  let telling: NodeJS.Timeout | undefined
  const report = (work: Promise<unknown>) => {
    work.catch(onBug)
  }

  const tellWho = async (slug: string) => {
    const channelId = await queries.channelIdOf(db, slug)
    if (channelId !== undefined) news.tellParticipants(channelId, slug)
  }

  /** [SFU-4]: only members join, as what the ledger leaves them. A lock lets those back in who were inside when it began. */
  const admit: AccessPolicy = async ({ userId }, group) => {
    const found = await moderation.atTheDoor(userId, group)
    if ('error' in found || !found.lock) return found
    const { at, channelId, since, words } = found.lock
    const isInside = (person: Participant) =>
      person.caller.userId === userId && person.joinedAt.toISOString() <= at
    const wasInside =
      since <= at &&
      (sfu().participants(group).some(isInside) ||
        (await queries.wasInCall(db, { channelId, userId, at })))
    return wasInside ? { role: found.role } : { error: 'locked', message: words }
  }

  return {
    callOf: news.callOf,
    devicesOf: news.devicesOf,
    recordingOf: news.recordingOf,
    admit,
    history: past.history,
    participantsChanged(slug: string) {
      report(sessions.begin(slug, sfu().participants(slug)))
      report(past.changed(slug))
      report(tellWho(slug))
    },
    connectionEnded(record: CallRecord) {
      report(sessions.end(record))
    },
    /** Reachability or a group's state changed: told soon, many changes at once. */
    statusChanged() {
      telling ??= setTimeout(() => {
        telling = undefined
        report(news.tellChanged())
      }, TELL_AFTER_MS)
    },
    async status(userId: string, channelSlug: string): Promise<SfuStatus> {
      await channels.mustBeMember(userId, channelSlug)
      return news.statusOf(channelSlug)
    },
    /** Nothing is pushed any more. */
    close() {
      clearTimeout(telling)
      past.close()
    },
    /** Ends what a crash left open. Before anybody is let in. */
    async start(now: Date) {
      await queries.endOpenSessions(db, now.toISOString())
      await past.start()
    },
  }
}
export type CallRules = ReturnType<typeof callRules>
