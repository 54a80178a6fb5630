import type { Sqlite } from '../../platform/db/index.ts'
import type { CallRecord, Participant } from '../../sfu/sfu.ts'
import { isBrief, type KeptCall, type KeptStay } from './grouping.ts'

/** Everything here runs inside a write job: a channel has one newest call, and revisions have no gap. */

type Row = {
  number: number
  id: string
  startedAt: string
  endedAt: string | null
  seenAt: string
}
/** A stored call with its people. */
export type StoredCall = Row & KeptCall
export type Channel = { id: number; slug: string }

export const channelCalled = (sqlite: Sqlite, slug: string): Channel | undefined =>
  sqlite.prepare('select id, slug from channels where slug = ?').get(slug) as Channel | undefined

/** Channels with a call that runs. */
export const channelsWithCalls = (sqlite: Sqlite): Channel[] =>
  sqlite
    .prepare(
      `select c.id, c.slug from channels c
       where c.id in (select channelId from calls where endedAt is null) order by c.id`,
    )
    .all() as Channel[]

/** The one that runs, or ran last. */
export const newestCall = (sqlite: Sqlite, channelId: number): StoredCall | undefined => {
  const row = sqlite
    .prepare(
      `select number, id, startedAt, endedAt, seenAt from calls
       where channelId = ? order by number desc limit 1`,
    )
    .get(channelId) as Row | undefined
  if (!row) return undefined
  const stays = sqlite
    .prepare(
      'select number, userId, joinedAt, leftAt from callStays where callNumber = ? order by number',
    )
    .all(row.number) as KeptStay[]
  return { ...row, stays }
}

const nextRev = (sqlite: Sqlite, channelId: number): number =>
  (
    sqlite
      .prepare('select coalesce(max(rev), 0) + 1 as rev from calls where channelId = ?')
      .get(channelId) as { rev: number }
  ).rev

const putStay = (sqlite: Sqlite, callNumber: number, stay: KeptStay) => {
  const { number, userId, joinedAt, leftAt } = stay
  if (number === undefined) {
    sqlite
      .prepare('insert into callStays (callNumber, userId, joinedAt, leftAt) values (?, ?, ?, ?)')
      .run(callNumber, userId, joinedAt, leftAt)
  } else {
    sqlite.prepare('update callStays set leftAt = ? where number = ?').run(leftAt, number)
  }
}

/** Stores a call as it is at `at` with the channel's next revision, which it answers. `before`: the same call as it was stored, if it was. */
export const putCall = (
  sqlite: Sqlite,
  channelId: number,
  {
    id,
    call,
    before,
    at,
  }: { id: string; call: KeptCall; before: StoredCall | undefined; at: string },
): number => {
  const rev = nextRev(sqlite, channelId)
  const brief = isBrief(call) ? 1 : 0
  const { number } = sqlite
    .prepare(
      `insert into calls (id, channelId, rev, startedAt, endedAt, brief, seenAt) values (?, ?, ?, ?, ?, ?, ?)
       on conflict (id) do update set rev = excluded.rev, endedAt = excluded.endedAt, brief = excluded.brief, seenAt = excluded.seenAt
       returning number`,
    )
    .get(id, channelId, rev, call.startedAt, call.endedAt, brief, at) as { number: number }
  for (const [place, stay] of call.stays.entries()) {
    if (stay.leftAt !== before?.stays[place]?.leftAt) putStay(sqlite, number, stay)
  }
  return rev
}

/** Calls that run are known to run at `at`. */
export const calledAt = (sqlite: Sqlite, at: string): void => {
  sqlite.prepare('update calls set seenAt = ? where endedAt is null').run(at)
}

/** A call session begins when somebody has joined. Doing it twice changes nothing, nor does one of a channel that is gone. */
export const openSession = (
  sqlite: Sqlite,
  slug: string,
  { connectionId, caller, joinedAt }: Participant,
): void => {
  sqlite
    .prepare(
      `insert into callSessions (id, channelId, userId, joinedAt, peerAddress, bytesUp, bytesDown, messagesUp, messagesDown)
       select ?, id, ?, ?, '', 0, 0, 0, 0 from channels where slug = ?
       on conflict (id) do nothing`,
    )
    .run(connectionId, caller.userId, joinedAt.toISOString(), slug)
}

/** Ends a call session with what was counted; writes it whole where its beginning was not stored. */
export const endSession = (sqlite: Sqlite, record: CallRecord): void => {
  sqlite
    .prepare(
      `insert into callSessions
         (id, channelId, userId, joinedAt, leftAt, reason, peerAddress, bytesUp, bytesDown, messagesUp, messagesDown)
       select @connectionId, id, @userId, @joinedAt, @leftAt, @reason, @peerAddress, @bytesUp, @bytesDown, @messagesUp, @messagesDown
       from channels where slug = @group
       on conflict (id) do update set leftAt = excluded.leftAt, reason = excluded.reason, peerAddress = excluded.peerAddress,
         bytesUp = excluded.bytesUp, bytesDown = excluded.bytesDown, messagesUp = excluded.messagesUp, messagesDown = excluded.messagesDown`,
    )
    .run({
      ...record,
      joinedAt: record.joinedAt.toISOString(),
      leftAt: record.leftAt.toISOString(),
    })
}
