import type { Connection } from './connection.ts'

const into = <K>(map: Map<K, Set<Connection>>, key: K, connection: Connection) => {
  const set = map.get(key)
  if (set) set.add(connection)
  else map.set(key, new Set([connection]))
}
const outOf = <K>(map: Map<K, Set<Connection>>, key: K, connection: Connection) => {
  const set = map.get(key)
  set?.delete(connection)
  if (set?.size === 0) map.delete(key)
}

/** Who is connected, and who hears what. */
export const createTopics = () => {
  const connections = new Set<Connection>()
  const byUser = new Map<string, Set<Connection>>()
  const byTopic = new Map<string, Set<Connection>>()
  /** Counts a person's subscription changes, so that an answer that was under way during one is asked again. */
  const changes = new Map<string, number>()

  const hear = (connection: Connection, topic: string) => {
    connection.topics.add(topic)
    into(byTopic, topic, connection)
  }
  const unhear = (connection: Connection, topic: string) => {
    connection.topics.delete(topic)
    outOf(byTopic, topic, connection)
  }
  const changed = (userId: string) => {
    if (byUser.has(userId)) changes.set(userId, (changes.get(userId) ?? 0) + 1)
  }
  return {
    /** Registers a connection; true when it is the person's first. */
    add(connection: Connection): boolean {
      connections.add(connection)
      into(byUser, connection.caller.userId, connection)
      return byUser.get(connection.caller.userId)?.size === 1
    },
    /** Forgets a connection; true when it was the person's last. */
    remove(connection: Connection): boolean {
      if (!connections.delete(connection)) return false
      for (const topic of [...connection.topics]) unhear(connection, topic)
      const { userId } = connection.caller
      outOf(byUser, userId, connection)
      if (byUser.has(userId)) return false
      changes.delete(userId)
      return true
    },
    /** Subscribes a new connection to what `topicsOf` says, and to nothing that was taken away meanwhile. */
    async fill(connection: Connection, topicsOf: (userId: string) => Promise<string[]>) {
      const { userId } = connection.caller
      for (;;) {
        const before = changes.get(userId)
        const topics = await topicsOf(userId)
        if (!connections.has(connection)) return
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
    listeners: (topic: string): Iterable<Connection> => byTopic.get(topic) ?? [],
    ofUser: (userId: string): Connection[] => [...(byUser.get(userId) ?? [])],
    all: (): Connection[] => [...connections],
    users: (): string[] => [...byUser.keys()],
    count: (): number => connections.size,
  }
}
export type Topics = ReturnType<typeof createTopics>
