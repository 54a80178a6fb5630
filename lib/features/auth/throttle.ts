import type { Config } from '../../platform/config/schema.ts'
import { countAttempts, networkOf } from '../../platform/http/attempts.ts'

/** Who tries: the name, whether or not there is such a person, and the address it came from. */
export type Attempt = { name: string; address: string }

export type ThrottleNeeds = Pick<Config['auth'], 'sign_in_attempts' | 'sign_in_window_seconds'> & {
  /** The addresses of the sessions that somebody of this name has; none for a name nobody has. */
  addressesOf: (name: string) => Promise<readonly string[]>
}

/** A name may be tried from so many networks at once as if from one, in so many windows: as slow in the long run. */
const NETWORKS = 10
/** A timer can wait no longer: 24 days. */
const LONGEST_SECONDS = 2_147_483

/**
 * Counts failed sign-ins by address, and by name from all addresses together, so that many addresses guess no faster than one. Nobody
 * locks out whom they know by name: where a person is signed in from, the name may be used up. Every attempt counts before its
 * password is looked at; a success gives back what it took.
 */
export const createThrottle = ({
  sign_in_attempts: most,
  sign_in_window_seconds: windowSeconds,
  addressesOf,
}: ThrottleNeeds) => {
  const limits = { most, windowSeconds, what: 'failed attempts' }
  const byNetwork = countAttempts(limits)
  const byName = countAttempts({
    ...limits,
    most: most * NETWORKS,
    windowSeconds: Math.min(windowSeconds * NETWORKS, LONGEST_SECONDS),
  })
  return {
    /** Throws `too-many-requests` with the seconds to wait. `settle` has to be told whether the password was right, and may throw the same. */
    async enter({ name, address }: Attempt) {
      const network = networkOf(address)
      await byNetwork.take(network)
      const refusal = await byName.take(name).catch((error: unknown) => error)
      const known = await addressesOf(name)
      const isKnown = known.some((one) => networkOf(one) === network)
      return {
        // Thrown only now: whoever does not have the password cannot tell what is known of the place from how long it took.
        async settle(isRight: boolean): Promise<void> {
          if (refusal !== undefined && !(isRight && isKnown)) throw refusal
          if (!isRight) return
          await byNetwork.giveBack(network)
          if (refusal === undefined) await byName.giveBack(name)
        },
      }
    },
  }
}
