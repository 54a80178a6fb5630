import type { ModerationNeeds } from './needs.ts'
import * as queries from './queries.ts'
import type { Row } from './rows.ts'

/** Which channels are locked, in memory: how a call stands is asked often, and at once. */
export const createLocks = ({ database: { db }, lockChanged, now }: ModerationNeeds) => {
  /** The newest lock of each locked channel, by slug. */
  const locked = new Map<string, Pick<Row, 'id' | 'until'>>()
  const learn = ({ kind, slug, endedAt, id, until }: Row) => {
    if (kind !== 'lock') return
    if (endedAt === null) locked.set(slug, { id, until })
    else if (locked.get(slug)?.id === id) locked.delete(slug)
    lockChanged()
  }
  return {
    learn,
    isLocked(slug: string): boolean {
      const lock = locked.get(slug)
      return lock !== undefined && (lock.until === null || lock.until > now().toISOString())
    },
    load: async (): Promise<void> => {
      for (const row of await queries.locks(db, now().toISOString())) learn(row)
    },
  }
}
export type Locks = ReturnType<typeof createLocks>
