import { TOKEN_LEEWAY_SECONDS } from '../wire/facts.ts'

export type TracesNeeds = {
  /** The longest life of a token that lets somebody in past the bridge, in seconds. */
  tokenSeconds: number
  now: () => Date
}

/** How long that may go on making tokens after the start of this one, when calls move: longer than a move waits. In milliseconds. */
const MOVE_MS = 20_000

/** When tokens of a group that let somebody in past the bridge are over, and which groups nobody can be in like that. */
export const createTraces = ({ now, tokenSeconds }: TracesNeeds) => {
  const lastMs = (seconds: number) => now().getTime() + (seconds + TOKEN_LEEWAY_SECONDS) * 1000
  /** Tokens of an earlier run are good until then. */
  const first = lastMs(tokenSeconds) + MOVE_MS
  const over = new Map<string, number>()
  const calm = new Set<string>()
  const leftMs = (group: string) => (over.get(group) ?? first) - now().getTime()
  return {
    leftMs,
    /** Until tokens of an earlier run are over. */
    firstMs: () => first - now().getTime(),
    isCalm: (group: string) => calm.has(group),
    issued(group: string) {
      calm.delete(group)
      over.set(group, lastMs(tokenSeconds))
    },
    empty(group: string) {
      if (leftMs(group) <= 0) calm.add(group)
    },
  }
}
export type Traces = ReturnType<typeof createTraces>
