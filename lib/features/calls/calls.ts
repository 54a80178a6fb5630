import type { Db } from '../../platform/db/index.ts'
import type { Hub } from '../../platform/ws/hub.ts'
import type { CallParticipant } from '../../protocol/channels.ts'
import type { SfuStatus } from '../../protocol/workspace.ts'
import type { AccessPolicy, CallRecord, Participant, Sfu } from '../../sfu/sfu.ts'
import { type Channels, topicOf } from '../channels/index.ts'
import * as queries from './queries.ts'

export type CallsNeeds = {
  db: Db
  hub: Pick<Hub, 'publish'>
  channels: Pick<Channels, 'mustBeMember' | 'roleIn'>
  /** The media server, asked late: it is made after this feature, which answers its questions. */
  sfu: () => Pick<Sfu, 'participants' | 'health' | 'syncState' | 'groupState'>
  onBug: (error: unknown) => void
}

/** Changes of the calls' status within this time are pushed together, in milliseconds. */
const TELL_AFTER_MS = 50

const asCallParticipant = ({ connectionId, caller, joinedAt }: Participant): CallParticipant => ({
  userId: caller.userId,
  connectionId,
  joinedAt: joinedAt.toISOString(),
})

/** What the workspace knows and decides about calls. The media server knows neither channels nor moderation. */
export const callRules = ({ db, hub, channels, sfu, onBug }: CallsNeeds) => {
  /** What each channel was told last, without the time, so that only changes are pushed. */
  const told = new Map<string, string>()
  let telling: NodeJS.Timeout | undefined
  /** Live connections whose beginning is stored. */
  const stored = new Set<string>()
  const report = (work: Promise<unknown>) => {
    work.catch(onBug)
  }

  const callOf = (slug: string): CallParticipant[] =>
    sfu().participants(slug).map(asCallParticipant)

  const statusOf = (slug: string): SfuStatus => {
    const { reachable, checkedAt } = sfu().health()
    return {
      reachable,
      endpoint: '/sfu',
      group: slug,
      sync: sfu().syncState(slug),
      ...sfu().groupState(slug),
      participants: callOf(slug),
      checkedAt: checkedAt.toISOString(),
    }
  }

  /** Pushes the status of every channel whose status is another than it was told last. */
  const tellChanged = async () => {
    for (const { id, slug } of await queries.allChannels(db)) {
      const status = statusOf(slug)
      const { checkedAt: _, ...facts } = status
      const text = JSON.stringify(facts)
      if (told.get(slug) === text) continue
      told.set(slug, text)
      hub.publish(topicOf(id), 'calls.status', { channelSlug: slug, status })
    }
  }

  const tellParticipants = async (slug: string) => {
    const channelId = await queries.channelIdOf(db, slug)
    if (channelId === undefined) return
    const participants = sfu().participants(slug)
    hub.publish(topicOf(channelId), 'calls.participants', {
      channelSlug: slug,
      participants: participants.map(asCallParticipant),
    })
    for (const participant of participants) {
      if (stored.has(participant.connectionId)) continue
      stored.add(participant.connectionId)
      await queries.openSession(db, channelId, participant)
    }
  }

  const recordEnd = async (record: CallRecord) => {
    stored.delete(record.connectionId)
    const channelId = await queries.channelIdOf(db, record.group)
    if (channelId !== undefined) await queries.endSession(db, channelId, record)
  }

  /** [SFU-4]: only members join. One who may not see a channel hears the same as of one that does not exist. */
  const admit: AccessPolicy = async (caller, group) => {
    const role = await channels.roleIn(caller.userId, group)
    return role
      ? { role }
      : { error: 'not-found', message: 'There is no such channel, or you are not in it.' }
  }

  return {
    callOf,
    admit,
    participantsChanged(slug: string) {
      report(tellParticipants(slug))
    },
    connectionEnded(record: CallRecord) {
      report(recordEnd(record))
    },
    /** Reachability or a group's state changed: told soon, many changes at once. */
    statusChanged() {
      telling ??= setTimeout(() => {
        telling = undefined
        report(tellChanged())
      }, TELL_AFTER_MS)
    },
    async status(userId: string, channelSlug: string): Promise<SfuStatus> {
      await channels.mustBeMember(userId, channelSlug)
      return statusOf(channelSlug)
    },
    /** Nothing is pushed any more. */
    close: () => clearTimeout(telling),
    /** Ends what a crash left open. */
    start: (now: Date) => queries.endOpenSessions(db, now.toISOString()),
  }
}
export type CallRules = ReturnType<typeof callRules>
