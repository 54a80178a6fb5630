import type { Hub } from '../../platform/ws/hub.ts'

/** How long a person without a connection still counts as online, so that a reload is no news. */
const GRACE_MS = 2_000

export type PresenceNeeds = {
  hub: Pick<Hub, 'tellAll'>
  /** Runs something later, and answers what calls it off. */
  later?: (run: () => void, ms: number) => () => void
}

const byTimer = (run: () => void, ms: number) => {
  const timer = setTimeout(run, ms)
  timer.unref()
  return () => clearTimeout(timer)
}

/** Who is online: derived from live connections, and told to everybody when it changes. */
export const createPresence = ({ hub, later = byTimer }: PresenceNeeds) => {
  const online = new Set<string>()
  /** People without a connection whose grace runs, with what calls it off. */
  const leaving = new Map<string, () => void>()

  return {
    /** The first connection of a person opened. */
    opened(userId: string): void {
      leaving.get(userId)?.()
      leaving.delete(userId)
      if (online.has(userId)) return
      online.add(userId)
      hub.tellAll('presence.changed', { userId, online: true })
    },
    /** The last connection of a person closed. */
    closed(userId: string): void {
      if (!online.has(userId) || leaving.has(userId)) return
      const gone = () => {
        leaving.delete(userId)
        online.delete(userId)
        hub.tellAll('presence.changed', { userId, online: false })
      }
      leaving.set(userId, later(gone, GRACE_MS))
    },
    /** Everybody who has not been told to be offline. */
    online: (): string[] => [...online],
    /** Stops the timers; nobody is told anything more. */
    close(): void {
      for (const callOff of leaving.values()) callOff()
      leaving.clear()
    },
  }
}
export type Presence = ReturnType<typeof createPresence>
