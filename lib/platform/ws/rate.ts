import { PyriteError } from '../errors.ts'

/** A token bucket: `perSecond` on average, `burst` at once. */
export const tokenBucket = (perSecond: number, burst: number, now = () => performance.now()) => {
  let tokens = burst
  let at = now()
  /** Takes one token, or `count`; false when there are not so many. */
  return (count = 1): boolean => {
    const t = now()
    // A clock that is set back must not cost anybody the time between.
    tokens = Math.min(burst, tokens + (Math.max(0, t - at) / 1000) * perSecond)
    at = t
    if (tokens < count) return false
    tokens -= count
    return true
  }
}

export type PersonRate = {
  perSecond: number
  burst: number
  now: () => number
  /** What the person is told. */
  message: string
}

/** How fast each person may do one thing, over all their connections. Throws `too-many-requests`. One small bucket stays for each person. */
export const ratePerPerson = ({ perSecond, burst, now, message }: PersonRate) => {
  const buckets = new Map<string, () => boolean>()
  return (userId: string): void => {
    let mayTake = buckets.get(userId)
    if (!mayTake) {
      mayTake = tokenBucket(perSecond, burst, now)
      buckets.set(userId, mayTake)
    }
    if (mayTake()) return
    throw new PyriteError('too-many-requests', message, { retryAfter: 1 / perSecond })
  }
}
