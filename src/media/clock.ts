/** Time, handed in so that a test can move it. */
export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number
  /** Runs once after so many milliseconds; the answer calls it off and may be called late or twice. */
  after(ms: number, run: () => void): () => void
}

/** The browser's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

/** Repeats until the answer is called. The first run is one period away. */
export const every = (clock: Clock, ms: number, run: () => void): (() => void) => {
  let cancel = (): void => undefined
  const again = () => {
    cancel = clock.after(ms, () => {
      again()
      run()
    })
  }
  again()
  return () => cancel()
}
