import { isIPv6 } from 'node:net'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Config } from '../../platform/config/schema.ts'
import { PyriteError } from '../../platform/errors.ts'

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

/** Who tries: the name, whether or not there is such a person, and the address it came from. */
export type Attempt = { name: string; address: string }

/**
 * Counts failed sign-ins by name and by address. Every attempt counts before its password is looked at, so that many at once
 * cannot slip through; a success gives back what it took. Waiting longer does not come from trying during the wait.
 */
export const createThrottle = ({
  sign_in_attempts: points,
  sign_in_window_seconds: duration,
}: Pick<Config['auth'], 'sign_in_attempts' | 'sign_in_window_seconds'>) => {
  const byName = new RateLimiterMemory({ points, duration })
  const byAddress = new RateLimiterMemory({ points, duration })

  const take = async (limiter: RateLimiterMemory, key: string) => {
    try {
      await limiter.consume(key)
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal
      const retryAfter = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000))
      const message = `too many failed attempts: wait ${retryAfter} seconds`
      throw new PyriteError('too-many-requests', message, { retryAfter })
    }
  }
  return {
    /** Throws `too-many-requests` with the seconds to wait. */
    async enter({ name, address }: Attempt): Promise<void> {
      await take(byAddress, networkOf(address))
      await take(byName, name)
    },
    /** The password was right: the name starts afresh, the address gets its one back. */
    async succeeded({ name, address }: Attempt): Promise<void> {
      await byName.delete(name)
      await byAddress.reward(networkOf(address))
    },
  }
}
export type Throttle = ReturnType<typeof createThrottle>
