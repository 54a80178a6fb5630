import { isIPv6 } from 'node:net'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { PyriteError } from '../errors.ts'

/** What one household or office is likely to have: an IPv4 address, or the /64 of an IPv6 one. */
export const networkOf = (address: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped?.[1]) return mapped[1]
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.toLowerCase().split('%', 1)[0]?.split('::') ?? []
  const before = head === '' ? [] : head.split(':')
  const after = tail ? tail.split(':') : []
  const gap = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  const groups = [...before, ...Array.from({ length: gap }, () => '0'), ...after]
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}

export type AttemptLimits = {
  /** So many in `windowSeconds` for each key. */
  most: number
  windowSeconds: number
  /** What was too many, as in "too many ...: wait 5 seconds". */
  what: string
}

/**
 * Counts attempts by a key that anybody may make up: an address, a name. Counts before anything else is done, so that many at once cannot
 * slip through. Waiting longer does not come from trying during the wait. What is over is forgotten by itself.
 */
export const countAttempts = ({ most, windowSeconds, what }: AttemptLimits) => {
  const limiter = new RateLimiterMemory({ points: most, duration: windowSeconds })
  return {
    /** Throws `too-many-requests` with the seconds to wait. */
    async take(key: string): Promise<void> {
      try {
        await limiter.consume(key)
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal
        const retryAfter = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000))
        const message = `too many ${what}: wait ${retryAfter} seconds`
        throw new PyriteError('too-many-requests', message, { retryAfter })
      }
    },
    /** One attempt does not count after all. */
    giveBack: async (key: string): Promise<void> => void (await limiter.reward(key)),
  }
}
