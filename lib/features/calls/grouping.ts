/**
 * A call goes on over this much emptiness, and a stay over this much absence: a lost connection, an SFU or a server that starts
 * again. In milliseconds.
 */
export const CALL_GAP_MS = 120_000
/** A call of one person alone that was shorter than this, in milliseconds, is not worth telling. */
export const BRIEF_MS = 60_000

/** Stays of one person in one call that are told apart; the last one takes in what comes after. A card goes whole to everybody at each change, and some calls never end. */
export const MOST_STAYS = 20

/** Somebody who is in a call now, by any number of connections, and since when. Times are ISO 8601 in UTC. */
export type Present = { userId: string; joinedAt: string }

/** `number` is absent until it is stored. */
export type KeptStay = {
  number?: number
  userId: string
  joinedAt: string
  leftAt: string | null
}
export type KeptCall = { startedAt: string; endedAt: string | null; stays: readonly KeptStay[] }

const isBridged = (from: string, to: string): boolean =>
  Date.parse(to) - Date.parse(from) <= CALL_GAP_MS

/** Clocks are set back sometimes; nobody leaves before they came. */
const later = (one: string, other: string): string => (one > other ? one : other)

const begun = ({ userId, joinedAt }: Present): KeptStay => ({ userId, joinedAt, leftAt: null })

/** Everybody present goes on or begins; those who are not here any more have left. */
const staysAt = (stays: readonly KeptStay[], present: readonly Present[], at: string) => {
  const here = new Set(present.map(({ userId }) => userId))
  const next = stays.map((stay) =>
    stay.leftAt === null && !here.has(stay.userId)
      ? { ...stay, leftAt: later(at, stay.joinedAt) }
      : stay,
  )
  for (const person of present) {
    const last = next.findLastIndex(({ userId }) => userId === person.userId)
    const stay = next[last]
    if (stay?.leftAt === null) continue
    const isLast = next.filter(({ userId }) => userId === person.userId).length >= MOST_STAYS
    if (stay && (isLast || isBridged(stay.leftAt ?? '', person.joinedAt)))
      next[last] = { ...stay, leftAt: null }
    else next.push(begun(person))
  }
  return next
}

/**
 * The rule of what is one call. `last` is the newest call of a channel, `present` who is in its call at `at`. Answers that call as it
 * is then, or the new one that begins; undefined where there is none.
 */
export const callAt = (
  last: KeptCall | undefined,
  present: readonly Present[],
  at: string,
): { call: KeptCall; isNew: boolean } | undefined => {
  const isEmpty = present.length === 0
  const goesOn =
    last && (last.endedAt === null || (!isEmpty && isBridged(last.endedAt, earliest(present, at))))
  if (goesOn) {
    const stays = staysAt(last.stays, present, at)
    return {
      call: { ...last, endedAt: isEmpty ? later(at, last.startedAt) : null, stays },
      isNew: false,
    }
  }
  if (isEmpty) return undefined
  const call = { startedAt: earliest(present, at), endedAt: null, stays: present.map(begun) }
  return { call, isNew: true }
}

const earliest = (present: readonly Present[], at: string): string =>
  present.reduce((first, { joinedAt }) => (joinedAt < first ? joinedAt : first), at)

/** How a call that ran until `at` is left when nobody knows more, such as after a crash. */
export const callLostAt = (call: KeptCall, at: string): KeptCall =>
  callAt(call, [], at)?.call ?? call

/** Over, and not worth telling: somebody alone looked in. */
export const isBrief = ({ startedAt, endedAt, stays }: KeptCall): boolean =>
  endedAt !== null &&
  Date.parse(endedAt) - Date.parse(startedAt) < BRIEF_MS &&
  new Set(stays.map(({ userId }) => userId)).size < 2
