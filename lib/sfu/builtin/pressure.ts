import { monitorEventLoopDelay } from 'node:perf_hooks'

const WINDOW_MS = 5_000
const RESOLUTION_MS = 10
/** Below this share of one core we have room for more, and any delay is of somebody else's making. */
const BUSY_SHARE = 0.5

/** Whether this process keeps up with its work. */
export type Pressure = {
  /** The 99th percentile of the loop's delay, in milliseconds, kept up over one to two windows: one hiccup does not count. */
  delayMs(): number
  /** The same, as far as it is our own work that causes it: 0 while it takes less than half of a core. */
  lagMs(): number
  stop(): void
}

/** Watches the event loop. `busyShare` is the share of one core from which on delay counts as our own. */
export const watchPressure = (windowMs = WINDOW_MS, busyShare = BUSY_SHARE): Pressure => {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  // The monitor counts its own interval as delay.
  const current = () => (delay.count ? Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS) : 0)
  let before = 0
  let share = 0
  let spent = process.cpuUsage()
  let since = performance.now()
  const timer = setInterval(() => {
    before = current()
    delay.reset()
    const { user, system } = process.cpuUsage(spent)
    share = (user + system) / 1_000 / (performance.now() - since)
    spent = process.cpuUsage()
    since = performance.now()
  }, windowMs)
  // A window that has just begun says little by itself.
  const delayMs = () => (delay.count > 100 ? Math.min(before, current()) : before)
  return {
    delayMs,
    lagMs: () => (share < busyShare ? 0 : delayMs()),
    stop: () => {
      clearInterval(timer)
      delay.disable()
    },
  }
}
