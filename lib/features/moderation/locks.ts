import type { ModerationNeeds } from './needs.ts'
import * as queries from './queries.ts'
import type { Row } from './rows.ts'

/** Which channels are locked, in memory: how a call stands is asked often, and at once. */
export const createLocks = ({ database: { db }, lockChanged, now }: ModerationNeeds) => {
  /** Until when each locked channel is, by slug. */
  const locked = new Map<string, string | null>()
  const learn = ({ kind, slug, endedAt, until }: Row) => {
    if (kind !== 'lock') return
    if (endedAt === null) locked.set(slug, until)
    else locked.delete(slug)
    lockChanged()
  }
  return {
    learn,
    isLocked(slug: string): boolean {
      const until = locked.get(slug)
      return until === null || (until !== undefined && until > now().toISOString())
    },
    load: async (): Promise<void> => {
      for (const row of await queries.locks(db, now().toISOString())) learn(row)
    },
  }
}
export type Locks = ReturnType<typeof createLocks>
