import { ratePerPerson } from '../../platform/ws/rate.ts'
import type { ModerationAct, ModerationWish } from '../../protocol/moderation.ts'
import { acting } from './acting.ts'
import { moderationConsequences } from './consequences.ts'
import { moderationExpiry } from './expiry.ts'
import { fromCall } from './from-call.ts'
import { judging } from './judging.ts'
import { lifting } from './lifting.ts'
import { createLocks } from './locks.ts'
import type { ModerationNeeds } from './needs.ts'

const rate = ({ config, now }: ModerationNeeds) =>
  ratePerPerson({
    perSecond: config.acts_per_second,
    burst: config.acts_burst,
    now: () => now().getTime(),
    message: 'you moderate faster than this server allows',
  })

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
  const mustBeSlow = rate(needs)
  /** Each act is stored, told, and asked of live calls, so nobody does so many that others notice, by whatever door. */
  const slowly =
    <Rest extends unknown[], T>(work: (byUserId: string, ...rest: Rest) => Promise<T>) =>
    async (byUserId: string, ...rest: Rest): Promise<T> => {
      mustBeSlow(byUserId)
      return work(byUserId, ...rest)
    }
  const [slowAct, end, unlock] = [slowly(act), slowly(lifts.end), slowly(lifts.unlock)]
  return {
    ...judging(needs),
    act: slowAct,
    end,
    unlock,
    /** Ends what ran out while nobody ran, and what runs out from now on. */
    start: async (): Promise<void> => {
      await locks.load()
      await expiry.sweep()
      await expiry.arm()
    },
    /** What is asked for within a call. */
    fromCall: fromCall({ act: slowAct, unlock, allow: slowly(lifts.allow) }),
    /** Whether a channel is locked now. */
    isLocked: locks.isLocked,
    /** Ends what has run out by now. */
    sweep: expiry.sweep,
    close: expiry.close,
  }
}
export type ModerationRules = ReturnType<typeof moderationRules>
