import { monitorEventLoopDelay } from 'node:perf_hooks'

const WINDOW_MS = 5_000
const RESOLUTION_MS = 10

/** Whether this process keeps up with its work. */
export type Pressure = {
  /** The 99th percentile of the loop's delay, in milliseconds, that was kept up over the last five to ten seconds: one hiccup is no pressure. */
  delayMs(): number
  stop(): void
}

export const watchPressure = (): Pressure => {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  let before = 0
  delay.enable()
  // The monitor counts its own interval as delay.
  const current = () => (delay.count ? Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS) : 0)
  const timer = setInterval(() => {
    before = current()
    delay.reset()
  }, WINDOW_MS)
  return {
    // A window that has just begun says little by itself.
    delayMs: () => (delay.count > 100 ? Math.min(before, current()) : before),
    stop: () => {
      clearInterval(timer)
      delay.disable()
    },
  }
}
