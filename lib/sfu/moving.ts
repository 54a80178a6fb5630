import type { Config } from '../platform/config/schema.ts'
import type { Sfu } from './sfu.ts'

const WORDS = 'Calls move to another call server: joining again.'

/** The first reason why people in calls could not go on there. */
const obstacle = (next: Sfu, groups: ReadonlySet<string>): string | undefined => {
  const { reachable, problem } = next.health()
  if (!reachable) return problem ?? 'the call server does not answer'
  for (const group of groups) {
    const { state, reason } = next.syncState(group)
    if (state === 'failed') return reason ?? `the group ${group} is not in step`
  }
  return undefined
}

/**
 * One SFU after another, behind the port of one. `move` throws a sentence where the settings cannot work, or the new one does not
 * answer or take the groups of people in calls: then all stays as it is. Else everybody in a call is told, and joins again by
 * themselves, once.
 */
export const createMovingSfu = (make: (config: Config) => Sfu, config: Config) => {
  let current = make(config)
  let isStopped = false

  /** Two that Pyrite runs share a folder: the old one ends first. */
  const replaceChild = async (next: Sfu) => {
    await current.stop(WORDS)
    current = next
    await next.start()
  }
  const goOver = async (next: Sfu) => {
    await next.start()
    const busy = new Set(current.participants().map(({ group }) => group))
    const reason = obstacle(next, busy)
    if (reason !== undefined) {
      await next.stop()
      throw new Error(reason)
    }
    const before = current
    current = next
    await before.stop(WORDS)
  }

  const sfu = new Proxy(current, { get: (_first, name) => Reflect.get(current, name) })
  return {
    sfu,
    async move(to: Config): Promise<void> {
      const next = make(to)
      const isApart = [current, next].some((each) => each.health().kind === 'external')
      await (isApart ? goOver(next) : replaceChild(next))
      if (isStopped) await next.stop()
    },
    async stop(): Promise<void> {
      isStopped = true
      await current.stop()
    },
  }
}
export type MovingSfu = ReturnType<typeof createMovingSfu>
