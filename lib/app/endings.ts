import type { User } from '../protocol/users.ts'
import type { Parts } from './parts.ts'

/** How often live connections of sessions that ran out are looked for, in milliseconds. */
const EXPIRY_CHECK_MS = 30_000
/** How often it is asked whether devices that publish still do, in milliseconds: one that is cut off says nothing. */
const DEVICES_CHECK_MS = 5_000
/** How often it is asked whether another process wrote, in milliseconds: what the command line ended ends here within a second. */
const OTHERS_CHECK_MS = 250

/** Ends what hangs on sessions that ran out, or that the command line ended. */
const endExpired = async ({
  features: { auth, recordings },
  hub,
  sfu,
  connections,
}: Parts): Promise<void> => {
  await auth.sweep()
  const held = [connections.sessions(), sfu.sessions(), recordings.sendingTo()]
  const live = [...new Set(held.flat())]
  const open = new Set(await auth.stillOpen(live))
  for (const sessionId of live.filter((id) => !open.has(id))) {
    hub.endSession(sessionId)
    sfu.end({ sessionId }, 'Your session has ended.')
    recordings.cutOff({ sessionId })
  }
}

/** All of a person that can change. */
const CHANGING = ['displayName', 'role', 'disabled'] as const

const isSame = (one: User | undefined, other: User): boolean =>
  CHANGING.every((field) => one?.[field] === other[field])

/** Tells this server what another process did to people, as if it had been done here. */
const createFollower = async ({ bus, features: { users } }: Parts) => {
  const known = new Map<string, User>()
  let changes = 0
  const forget = bus.on('users.changed', (user) => {
    changes += 1
    known.set(user.id, user)
  })
  /** Everybody, read while nobody was changed here. */
  const everybody = async (): Promise<User[]> => {
    for (;;) {
      const before = changes
      const all = await users.list()
      if (changes === before) return all
    }
  }
  for (const user of await everybody()) known.set(user.id, user)
  const followOne = (user: User) => {
    const before = known.get(user.id)
    if (isSame(before, user)) return
    const { id: userId, disabled } = user
    bus.publish('users.changed', user)
    if (disabled === (before?.disabled ?? false)) return
    bus.publish(disabled ? 'users.disabled' : 'users.enabled', { userId })
  }
  const follow = async (): Promise<void> => {
    for (const user of await everybody()) followOne(user)
  }
  return { follow, forget }
}

/** Runs `work` again and again, and not while it still runs. */
const every = (ms: number, work: () => Promise<void>, onBug: (error: unknown) => void) => {
  let isRunning = false
  const run = async () => {
    if (isRunning) return
    isRunning = true
    await work().catch(onBug)
    isRunning = false
  }
  const timer = setInterval(() => void run(), ms)
  return () => clearInterval(timer)
}

/**
 * Ends what nobody ends in this process: what ran out by itself, and what the command line ended, of which `othersWrote` tells.
 * Answers the function that stops it.
 */
export const watchEndings = async (parts: Parts, othersWrote: () => boolean) => {
  const { follow, forget } = await createFollower(parts)
  const { whip } = parts.features
  const end = async () => {
    await endExpired(parts)
    // Not waited for: Galene may hang.
    void whip.lookAgain().catch(parts.onBug)
  }
  // What could not be ended before Pyrite stopped.
  void whip.lookAgain().catch(parts.onBug)
  let isDue = false
  const look = async () => {
    isDue = othersWrote() || isDue
    if (!isDue) return
    await follow()
    await end()
    isDue = false
  }
  const stops = [
    every(EXPIRY_CHECK_MS, end, parts.onBug),
    every(OTHERS_CHECK_MS, look, parts.onBug),
    every(DEVICES_CHECK_MS, whip.look, parts.onBug),
    forget,
  ]
  return () => {
    for (const stop of stops) stop()
  }
}
