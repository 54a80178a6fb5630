import type { Db } from '../../platform/db/index.ts'
import type { Done } from './acting.ts'
import type { Locks } from './locks.ts'
import type { ModerationNeeds } from './needs.ts'
import * as queries from './queries.ts'
import { type Row, toAct } from './rows.ts'
import { sentence } from './words.ts'

type Person = Awaited<ReturnType<typeof queries.audience>>[number]

const manages = ({ role, workspaceRole, private: isPrivate }: Person): boolean =>
  role === 'moderator' || (workspaceRole === 'admin' && (isPrivate === 0 || role !== null))

/** Who hears of an act: those who manage the channel, the person concerned where they may know of the channel, and of a lock everybody in it. */
const hearers = async (db: Db, { channelId, kind, userId }: Row): Promise<Set<string>> => {
  const people = await queries.audience(db, channelId)
  const isConcerned = (person: Person) =>
    person.role !== null && (kind === 'lock' || person.userId === userId)
  const all = people.filter((person) => manages(person) || isConcerned(person))
  const isOpen = await queries.isOpen(db, channelId)
  return new Set([...all.map((person) => person.userId), ...(isOpen && userId ? [userId] : [])])
}

/** What follows from what was stored: people hear it, and live calls change, at once. */
export const moderationConsequences = (
  { database: { db }, hub, channels, sfu, now }: ModerationNeeds,
  locks: Locks,
) => {
  /** `also` hear it whatever the channel says of them now. */
  const tell = async (row: Row, also: readonly string[] = []) => {
    const act = toAct(row)
    const all = new Set([...(await hearers(db, row)), ...also])
    for (const userId of all) hub.tell(userId, 'moderation.changed', act)
  }

  /** Asks the one it names, or all others in the call, and answers who they are. */
  const mute = ({ slug, userId, byUserId }: Row): string[] => {
    const inCall = sfu()
      .participants(slug)
      .map(({ caller }) => caller.userId)
    const others = [...new Set(inCall)].filter((each) => each !== byUserId)
    const muted = userId === null ? others : [userId]
    for (const each of muted) sfu().askToMute({ userId: each, group: slug })
    return muted
  }

  /** What a live call must know of an act that began. Rights are asked again of the ledger itself, by the call's own door. Answers who was muted. */
  const enforce = (row: Row): string[] => {
    const { kind, userId, slug } = row
    if (kind === 'mute') return mute(row)
    const words = `${sentence(row, now().toISOString())}.`
    if (userId !== null && (kind === 'kick' || kind === 'ban')) {
      sfu().end({ userId, group: slug }, words)
    } else sfu().accessChanged(slug, userId ?? undefined, words)
    return []
  }

  return {
    /** Called in the turn in which the commit was answered: who is banned hears nothing of the channel that came after. */
    async began({ row, replaced, expelled }: Done): Promise<void> {
      const muted = enforce(row)
      locks.learn(row)
      const { userId = '', memberCount = 0 } = expelled ?? {}
      const gone = expelled && channels.expelled(row, userId, memberCount)
      await Promise.all([gone, ...replaced.map((old) => tell(old))])
      await tell(row, expelled ? [expelled.userId] : muted)
    },
    /** Lifted, or over by itself. */
    async ended(rows: readonly Row[]): Promise<void> {
      for (const row of rows) {
        locks.learn(row)
        sfu().accessChanged(row.slug, row.userId ?? undefined)
        await tell(row)
      }
    },
  }
}
export type Consequences = ReturnType<typeof moderationConsequences>
