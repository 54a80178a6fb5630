import type { Connection } from './connection.ts'

/** One topic for all who hear it, so that a connection keeps no copy of its name. */
type Topic = { name: string; listeners: Set<Connection> }

const NOBODY: ReadonlySet<Connection> = new Set()

/** Who hears what. */
const createHearing = () => {
  const byName = new Map<string, Topic>()
  /** What each connection hears. */
  const heard = new Map<Connection, Topic[]>()

  const forget = (connection: Connection, topic: Topic) => {
    topic.listeners.delete(connection)
    if (topic.listeners.size === 0) byName.delete(topic.name)
  }
  return {
    heard,
    listeners: (name: string) => byName.get(name)?.listeners ?? NOBODY,
    hear(connection: Connection, name: string) {
      const topic = byName.get(name) ?? { name, listeners: new Set() }
      if (topic.listeners.has(connection)) return
      byName.set(name, topic)
      topic.listeners.add(connection)
      heard.get(connection)?.push(topic)
    },
    unhear(connection: Connection, name: string) {
      const topics = heard.get(connection) ?? []
      const at = topics.findIndex((topic) => topic.name === name)
      for (const topic of at < 0 ? [] : topics.splice(at, 1)) forget(connection, topic)
    },
    /** True when the connection was there. */
    remove(connection: Connection): boolean {
      for (const topic of heard.get(connection) ?? []) forget(connection, topic)
      return heard.delete(connection)
    },
  }
}

/** Who is connected, and who hears what. */
export const createTopics = () => {
  const { heard, listeners, hear, unhear, remove } = createHearing()
  const byUser = new Map<string, Set<Connection>>()
  /** Counts a person's subscription changes, so that an answer that was under way during one is asked again. */
  const changes = new Map<string, number>()

  const changed = (userId: string) => {
    if (byUser.has(userId)) changes.set(userId, (changes.get(userId) ?? 0) + 1)
  }
  return {
    /** Registers a connection; true when it is the person's first. */
    add(connection: Connection): boolean {
      const { userId } = connection.caller
      heard.set(connection, [])
      const own = byUser.get(userId) ?? new Set()
      byUser.set(userId, own.add(connection))
      return own.size === 1
    },
    /** Forgets a connection; true when it was the person's last. */
    remove(connection: Connection): boolean {
      if (!remove(connection)) return false
      const { userId } = connection.caller
      const own = byUser.get(userId)
      own?.delete(connection)
      if (own && own.size > 0) return false
      byUser.delete(userId)
      changes.delete(userId)
      return true
    },
    /** Subscribes a new connection to what `topicsOf` says, and to nothing that was taken away meanwhile. */
    async fill(connection: Connection, topicsOf: (userId: string) => Promise<string[]>) {
      const { userId } = connection.caller
      for (;;) {
        const before = changes.get(userId)
        const topics = await topicsOf(userId)
        if (!heard.has(connection)) return
        if (changes.get(userId) !== before) continue
        for (const topic of topics) hear(connection, topic)
        return
      }
    },
    subscribe(userId: string, topic: string) {
      changed(userId)
      for (const connection of byUser.get(userId) ?? []) hear(connection, topic)
    },
    unsubscribe(userId: string, topic: string) {
      changed(userId)
      for (const connection of byUser.get(userId) ?? []) unhear(connection, topic)
    },
    listeners: (topic: string): Iterable<Connection> => listeners(topic),
    ofUser: (userId: string): Connection[] => [...(byUser.get(userId) ?? [])],
    all: (): Connection[] => [...heard.keys()],
    users: (): string[] => [...byUser.keys()],
    count: (): number => heard.size,
  }
}
export type Topics = ReturnType<typeof createTopics>
