import type { Consequences } from './consequences.ts'
import type { ModerationNeeds } from './needs.ts'
import * as stored from './queries.sqlite.ts'
import * as queries from './queries.ts'

/** Longest sleep, so that a clock that was set, or a machine that slept, is noticed. */
const MAX_SLEEP_MS = 60_000
/** Shortest sleep, so that a sweep that fails is not tried without a pause. */
const MIN_SLEEP_MS = 200

/**
 * Ends what runs out, when it runs out. What an act means is decided by comparing times wherever it is asked; this only tells people
 * and live calls that the time has come, after a restart too.
 */
export const moderationExpiry = (
  { database: { db, write }, now, onBug }: ModerationNeeds,
  consequences: Pick<Consequences, 'ended'>,
) => {
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  const sweep = async (): Promise<void> => {
    await consequences.ended(await write((sqlite) => stored.endDue(sqlite, now().toISOString())))
  }
  const arm = async (): Promise<void> => {
    const next = await queries.nextUntil(db)
    clearTimeout(timer)
    if (isClosed) return
    const wait = next === undefined ? MAX_SLEEP_MS : Date.parse(next) - now().getTime()
    timer = setTimeout(wake, Math.min(Math.max(MIN_SLEEP_MS, wait), MAX_SLEEP_MS))
    timer.unref()
  }
  const wake = () => {
    // A sweep that fails (a full disk) is tried again: nothing that has run out is in force meanwhile.
    sweep().catch(onBug).then(arm).catch(onBug)
  }
  return {
    sweep,
    /** An act began that may be the next to end. */
    arm,
    close(): void {
      isClosed = true
      clearTimeout(timer)
    },
  }
}
