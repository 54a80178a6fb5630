import { CLOSE } from '../../protocol/close-codes.ts'
import type { Pushes } from '../../protocol/workspace.ts'
import type { Connection } from './connection.ts'
import { textFrame } from './text-frame.ts'
import type { Topics } from './topics.ts'

/** Counts frames: so many of so many bytes each; one where it does not say. */
export type OnFrame = (direction: 'in' | 'out', bytes: number, frames?: number) => void

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

/** The hub over this process's own connections. */
export const createHub = (topics: Topics, onFrame: OnFrame): Hub => {
  const frameOf = (type: string, body: unknown) => textFrame(JSON.stringify({ type, body }))
  const send = (connections: Iterable<Connection>, frame: Buffer, except?: string) => {
    let written = 0
    for (const connection of connections) {
      if (connection.caller.connectionId === except) continue
      connection.write(frame)
      written += 1
    }
    // Counted once for all: counting each costs a twentieth of a delivery.
    if (written > 0) onFrame('out', frame.length, written)
  }
  return {
    publish(topic, type, body, except) {
      send(topics.listeners(topic), frameOf(type, body), except)
    },
    tell(userId, type, body, except) {
      send(topics.ofUser(userId), frameOf(type, body), except)
    },
    tellAll(type, body) {
      send(topics.all(), frameOf(type, body))
    },
    subscribe: topics.subscribe,
    unsubscribe: topics.unsubscribe,
    endSession(sessionId) {
      for (const c of topics.all()) {
        if (c.caller.sessionId === sessionId) c.close(CLOSE.signedOut, 'signed out')
      }
    },
    endUser(userId) {
      for (const c of topics.ofUser(userId)) c.close(CLOSE.signedOut, 'signed out')
    },
    online: topics.users,
  }
}
