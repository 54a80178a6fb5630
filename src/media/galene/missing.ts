/** A stream that is expected gets this long to come by itself. Source: Galene 1.1 loses an offer that races with a join; asking again heals it. */
const PATIENCE_MS = 2_000
const MOST_REMINDERS = 5

type Wait = { dueAt: number; reminders: number }

/** Decides when to ask the server again for streams that should have come. */
export class MissingStreams {
  readonly #waits = new Map<string, Wait>()

  /** Forgets everything, for a new connection. */
  clear(): void {
    this.#waits.clear()
  }

  /**
   * Whether to repeat the request now. `expected` counts streams by participant, undefined for one who may or may not send something;
   * `received` counts what came. Reminders for one participant grow rarer and end.
   */
  isDue(
    now: number,
    expected: ReadonlyMap<string, number | undefined>,
    received: ReadonlyMap<string, number>,
  ): boolean {
    for (const id of [...this.#waits.keys()]) if (!expected.has(id)) this.#waits.delete(id)
    let due = false
    for (const [id, count] of expected) {
      const isMissing = (received.get(id) ?? 0) < (count ?? 1)
      if (this.#remind(now, id, isMissing, count === undefined ? 1 : MOST_REMINDERS)) due = true
    }
    return due
  }

  #remind(now: number, id: string, isMissing: boolean, most: number): boolean {
    const wait = this.#waits.get(id)
    if (!isMissing) {
      // A guess that came true stays answered: a stranger who stops sending is not asked for again.
      if (most > 1) this.#waits.delete(id)
      else this.#waits.set(id, { dueAt: 0, reminders: most })
      return false
    }
    if (!wait) {
      this.#waits.set(id, { dueAt: now + PATIENCE_MS, reminders: 0 })
      return false
    }
    if (wait.reminders >= most || now < wait.dueAt) return false
    wait.reminders += 1
    wait.dueAt = now + PATIENCE_MS * 2 ** wait.reminders
    return true
  }
}
