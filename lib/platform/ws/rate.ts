/** A token bucket: `perSecond` on average, `burst` at once. */
export const tokenBucket = (perSecond: number, burst: number, now = () => performance.now()) => {
  let tokens = burst
  let at = now()
  /** Takes one token; false when there is none. */
  return (): boolean => {
    const t = now()
    tokens = Math.min(burst, tokens + ((t - at) / 1000) * perSecond)
    at = t
    if (tokens < 1) return false
    tokens -= 1
    return true
  }
}
