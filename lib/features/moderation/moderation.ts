import type { ModerationAct, ModerationWish } from '../../protocol/moderation.ts'
import { acting } from './acting.ts'
import { moderationConsequences } from './consequences.ts'
import { moderationExpiry } from './expiry.ts'
import { fromCall } from './from-call.ts'
import { judging } from './judging.ts'
import { lifting } from './lifting.ts'
import { createLocks } from './locks.ts'
import type { ModerationNeeds } from './needs.ts'

/** What people may do to each other in a channel, and what follows. Knows no HTTP and no sockets. */
export const moderationRules = (needs: ModerationNeeds) => {
  const locks = createLocks(needs)
  const consequences = moderationConsequences(needs, locks)
  const expiry = moderationExpiry(needs, consequences)
  const acts = acting(needs, consequences)
  const lifts = lifting(needs, consequences)
  const act = async (byUserId: string, wish: ModerationWish): Promise<ModerationAct> => {
    const done = await acts.act(byUserId, wish)
    if (done.until !== null) await expiry.arm()
    return done
  }
  return {
    ...judging(needs),
    act,
    end: lifts.end,
    unlock: lifts.unlock,
    /** Ends what ran out while nobody ran, and what runs out from now on. */
    start: async (): Promise<void> => {
      await locks.load()
      await expiry.sweep()
      await expiry.arm()
    },
    /** What is asked for within a call. */
    fromCall: fromCall({ ...lifts, act }),
    /** Whether a channel is locked now. */
    isLocked: locks.isLocked,
    /** Ends what has run out by now. */
    sweep: expiry.sweep,
    close: expiry.close,
  }
}
export type ModerationRules = ReturnType<typeof moderationRules>
