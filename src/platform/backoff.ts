/** Waiting times between tries: they double from `firstMs` to `maxMs`, each shortened by chance so that many clients do not return at once. */
export type Backoff = {
  /** Milliseconds to wait before the next try. */
  next(): number
  /** After a success: the next wait is short again. */
  reset(): void
}

export type BackoffNeeds = {
  /** A number from 0 up to but not 1. */
  random: () => number
  firstMs?: number
  maxMs?: number
}

export const createBackoff = ({ random, firstMs = 500, maxMs = 20_000 }: BackoffNeeds): Backoff => {
  let tries = 0
  return {
    next() {
      const whole = Math.min(maxMs, firstMs * 2 ** Math.min(tries, 16))
      tries += 1
      return Math.round(whole / 2 + (random() * whole) / 2)
    },
    reset() {
      tries = 0
    },
  }
}
