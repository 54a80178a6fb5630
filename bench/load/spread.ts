/** How times are spread, in milliseconds. */
export type Spread = { count: number; p50: number; p99: number }

export const spreadOf = (times: number[]): Spread => {
  const sorted = Float64Array.from(times).sort()
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { count: times.length, p50: at(0.5), p99: at(0.99) }
}

/** Runs `job` for 0 .. count - 1, so many at once. */
export const inTurns = async (
  count: number,
  atOnce: number,
  job: (index: number) => Promise<void>,
): Promise<void> => {
  let next = 0
  const worker = async () => {
    while (next < count) await job(next++)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker))
}
