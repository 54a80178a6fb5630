/** Entries kept before those that no longer matter are thrown out. */
const SWEEP_AT = 1_000

/** Lets each key through at most once in `everyMs`. */
export const createThrottle = (everyMs: number, now: () => number) => {
  const last = new Map<string, number>()
  const sweep = (t: number) => {
    for (const [key, at] of last) if (t - at >= everyMs) last.delete(key)
  }
  return (key: string): boolean => {
    const t = now()
    if (t - (last.get(key) ?? Number.NEGATIVE_INFINITY) < everyMs) return false
    if (last.size >= SWEEP_AT) sweep(t)
    last.set(key, t)
    return true
  }
}
