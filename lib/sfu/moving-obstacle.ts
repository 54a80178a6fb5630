import { setTimeout as pause } from 'node:timers/promises'
import type { Sfu } from './sfu.ts'

/** How long a call server that people shall move to may take until it has their groups, in milliseconds. */
const SETTLE_MS = 15_000
/** What it refuses may be a beginning's trouble, and is tried again for this long. In milliseconds. */
const REFUSED_MS = 3_000
const LOOK_MS = 50

type Obstacle = { reason: string; withinMs: number }

const refused = (reason: string): Obstacle => ({ reason, withinMs: REFUSED_MS })

const unfinished = (group: string, reason = 'it is on its way'): Obstacle => ({
  reason: `after ${SETTLE_MS / 1_000} s the new call server does not have the group ${group} (${reason}): try again later, what was done stays done`,
  withinMs: SETTLE_MS,
})

/** The first reason why people in these groups could not go on there. */
const obstacle = (next: Sfu, groups: ReadonlySet<string>): Obstacle | undefined => {
  const { reachable, problem } = next.health()
  if (!reachable) {
    return refused(problem ?? 'the new call server does not answer: see that it runs, and sfu.url')
  }
  const states = [...groups].map((group) => ({ group, ...next.syncState(group) }))
  const failed = states.find(({ state }) => state === 'failed')
  if (failed) return refused(failed.reason ?? `the group ${failed.group} is not in step`)
  const pending = states.find(({ state }) => state === 'pending')
  return pending && unfinished(pending.group, pending.reason)
}

/** Waits until nothing is in the way of people in the groups that `busy` answers. Throws the sentence that says what is. */
export const hasAllFor = async (
  next: Sfu,
  busy: () => ReadonlySet<string>,
  mayGoOn: () => void,
): Promise<void> => {
  const since = performance.now()
  for (;;) {
    mayGoOn()
    const found = obstacle(next, busy())
    if (!found) return
    if (performance.now() - since > found.withinMs) throw new Error(found.reason)
    await pause(LOOK_MS)
  }
}
