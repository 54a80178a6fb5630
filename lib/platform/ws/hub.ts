import type { Pushes } from '../../protocol/workspace.ts'

/** Sends news to live workspace connections. A push is serialised once, whoever many hear it. */
export type Hub = {
  /** To every connection subscribed to the topic, but for one that already knows. */
  publish<T extends keyof Pushes>(topic: string, type: T, body: Pushes[T], except?: string): void
  /** To every connection of one person, but for one that already knows. */
  tell<T extends keyof Pushes>(userId: string, type: T, body: Pushes[T], except?: string): void
  /** To everybody who is connected. */
  tellAll<T extends keyof Pushes>(type: T, body: Pushes[T]): void
  /** Makes all present connections of a person hear a topic, from now on. New connections ask `topicsOf`. */
  subscribe(userId: string, topic: string): void
  unsubscribe(userId: string, topic: string): void
  /** Closes the connections of one session, or of one person, with 4401. */
  endSession(sessionId: string): void
  endUser(userId: string): void
  /** People with at least one live connection. */
  online(): string[]
}
