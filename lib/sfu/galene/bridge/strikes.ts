/** Refused messages within a minute that end a connection [SFU-10]. */
const MOST = 10
const WINDOW_MS = 60_000

/** Counts what one connection was refused. */
export class Strikes {
  private count = 0
  private since = 0

  /** One more; true where that is too many. */
  add(now = performance.now()): boolean {
    if (now - this.since > WINDOW_MS) {
      this.count = 0
      this.since = now
    }
    this.count += 1
    return this.count >= MOST
  }
}
