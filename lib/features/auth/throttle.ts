import type { Config } from '../../platform/config/schema.ts'
import { countAttempts, networkOf } from '../../platform/http/attempts.ts'

/** Who tries: the name, whether or not there is such a person, and the address it came from. */
export type Attempt = { name: string; address: string }

/**
 * Counts failed sign-ins by name and by address. Every attempt counts before its password is looked at; a success gives back what it took.
 */
export const createThrottle = ({
  sign_in_attempts: most,
  sign_in_window_seconds: windowSeconds,
}: Pick<Config['auth'], 'sign_in_attempts' | 'sign_in_window_seconds'>) => {
  const limits = { most, windowSeconds, what: 'failed attempts' }
  const byName = countAttempts(limits)
  const byAddress = countAttempts(limits)
  return {
    /** Throws `too-many-requests` with the seconds to wait. */
    async enter({ name, address }: Attempt): Promise<void> {
      await byAddress.take(networkOf(address))
      await byName.take(name)
    },
    /** The password was right: the name starts afresh, the address gets its one back. */
    async succeeded({ name, address }: Attempt): Promise<void> {
      await byName.forget(name)
      await byAddress.giveBack(networkOf(address))
    },
  }
}
export type Throttle = ReturnType<typeof createThrottle>
