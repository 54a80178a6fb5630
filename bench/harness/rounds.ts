/** Middle value; the mean of the two middle ones where there is none. NaN of nothing. */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  const upper = sorted[half] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? upper) + upper) / 2
}

/** What the contenders reached, by name, one figure per round; rounds of the same index ran side by side. */
export type Figures = Record<string, number[]>

/** Runs every contender once per round, forwards and backwards in turn (A B C C B A), after one round that does not count. */
export const interleave = async <T>(
  names: readonly string[],
  rounds: number,
  run: (name: string) => Promise<T>,
): Promise<Map<string, T[]>> => {
  for (const name of names) await run(name)
  const results = new Map(names.map((name): [string, T[]] => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? names : [...names].reverse()
    for (const name of order) results.get(name)?.push(await run(name))
  }
  return results
}

/** One figure out of each result. */
export const figures = <T>(results: Map<string, T[]>, read: (result: T) => number): Figures =>
  Object.fromEntries([...results].map(([name, each]) => [name, each.map(read)]))
