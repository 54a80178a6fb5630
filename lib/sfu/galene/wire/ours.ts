import { randomBytes } from 'node:crypto'

/** How long after its end Galene may still tell of a connection, in milliseconds. */
const TOLD_MS = 60_000

/** How long Galene may still tell of a client that left a bridge, in milliseconds: it is told so within two seconds. */
const LEAVING_MS = 5_000

/** What bridges know of a client of a group: whether it is on one, on its way in, or was on one a moment ago. */
export type OnBridge = (
  group: string,
  clientId: string,
) => 'joined' | 'joining' | 'leaving' | undefined

/** The client ids of Pyrite's visits. Nobody else knows them before Galene tells of them. */
const createVisitIds = () => {
  /** When each ended, by client id; undefined while it lives. */
  const visits = new Map<string, number | undefined>()
  return {
    /** A client id for a connection that is about to begin. */
    begin(): string {
      const id = randomBytes(16).toString('hex')
      visits.set(id, undefined)
      return id
    },
    ended(id: string): void {
      visits.set(id, performance.now())
      setTimeout(() => visits.delete(id), TOLD_MS).unref()
    },
    /** Whether there was one of this id then, by the clock of `performance`, or later. */
    isVisit: (id: string, since: number): boolean =>
      visits.has(id) && (visits.get(id) ?? Number.POSITIVE_INFINITY) > since,
  }
}

/** What all bridges know together. */
const createBridges = () => {
  const all = new Set<OnBridge>()
  const leaving = new Map<string, NodeJS.Timeout>()
  const onBridge: OnBridge = (group, clientId) => {
    const known = [...all].map((one) => one(group, clientId))
    const now = known.find((is) => is === 'joined') ?? known.find((is) => is !== undefined)
    return now ?? (leaving.has(`${group} ${clientId}`) ? 'leaving' : undefined)
  }
  return {
    onBridge,
    /** Adds a bridge, and answers how it is removed. */
    add(one: OnBridge): () => void {
      all.add(one)
      return () => void all.delete(one)
    },
    left(group: string, clientId: string): void {
      const client = `${group} ${clientId}`
      clearTimeout(leaving.get(client))
      leaving.set(client, setTimeout(() => leaving.delete(client), LEAVING_MS).unref())
    },
  }
}

/** What is this process's own at call servers. While calls move, two of its SFUs may be at the same one: they share this. */
export const createOurs = () => ({
  /** The ids of all signing keys that this process has had. */
  kids: new Set<string>(),
  /** What keeps groups now. Two may keep the same ones while calls move, each as its settings say. */
  keepers: new Set<unknown>(),
  visits: createVisitIds(),
  bridges: createBridges(),
})
export type Ours = ReturnType<typeof createOurs>
