import { PyriteError } from '../../platform/errors.ts'
import { tokenBucket } from '../../platform/ws/rate.ts'

type Rate = { perSecond: number; burst: number; now: () => number }

/** How fast each person may write, over all their connections. Throws `too-many-requests`. One small bucket stays for each author. */
export const createPostRate = ({ perSecond, burst, now }: Rate) => {
  const buckets = new Map<string, () => boolean>()
  return (userId: string): void => {
    let mayTake = buckets.get(userId)
    if (!mayTake) {
      mayTake = tokenBucket(perSecond, burst, now)
      buckets.set(userId, mayTake)
    }
    if (mayTake()) return
    throw new PyriteError('too-many-requests', 'you write faster than this server allows', {
      retryAfter: 1 / perSecond,
    })
  }
}

/** Entries kept before those that no longer matter are thrown out. */
const SWEEP_AT = 1_000

/** Lets each key through at most once in `everyMs`. */
export const createThrottle = (everyMs: number, now: () => number) => {
  const last = new Map<string, number>()
  const sweep = (t: number) => {
    for (const [key, at] of last) if (t - at >= everyMs) last.delete(key)
  }
  return (key: string): boolean => {
    const t = now()
    if (t - (last.get(key) ?? Number.NEGATIVE_INFINITY) < everyMs) return false
    if (last.size >= SWEEP_AT) sweep(t)
    last.set(key, t)
    return true
  }
}
