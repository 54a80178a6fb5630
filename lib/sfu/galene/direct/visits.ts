import { setTimeout as pause } from 'node:timers/promises'
import type { Which } from '../../sfu.ts'
import { NOTHING, type Order } from './duties.ts'
import { createPresent, type PresentNeeds } from './present.ts'
import { createQueue } from './queue.ts'
import { createTraces, type TracesNeeds } from './traces.ts'
import { createVisitor, type VisitorNeeds } from './visitor.ts'

type Places = {
  isReachable: () => boolean
  /** Every group that is known. */
  names: () => Iterable<string>
  /** All groups were looked at when no token of an earlier run was good any more. */
  lookedAtAll: () => void
}
export type VisitsNeeds = Omit<VisitorNeeds, 'present'> & PresentNeeds & TracesNeeds & Places

/** Groups that are visited at once, however many have to be. */
const AT_ONCE = 4
/** How long until it is asked again which groups there are. */
const AGAIN_MS = 10_000
/** How long a stop waits for what is under way. */
const STOP_MS = 1_500

type Visit = (group: string, order: Order) => Promise<void>

/** Has orders carried out, a few at a time, until each is; `idle` is called whenever nothing is left to do. */
const createRunner = (
  needs: Pick<VisitsNeeds, 'log' | 'isReachable'>,
  visit: Visit,
  idle: () => void,
) => {
  const { log, isReachable } = needs
  const queue = createQueue()
  const busy = new Map<string, Promise<void>>()
  let isStopped = false

  const run = async (group: string, order: Order) => {
    try {
      await visit(group, order)
      queue.done(group)
    } catch (err) {
      const isNews = queue.postpone(group, order, pump)
      log[isNews ? 'warn' : 'debug']({ err, group }, 'a call could not be visited: tried again')
    }
    busy.delete(group)
    pump()
  }
  const pump = () => {
    while (!isStopped && isReachable() && busy.size < AT_ONCE) {
      const next = queue.take((group) => !busy.has(group))
      if (!next) break
      busy.set(next[0], run(...next))
    }
    if (busy.size === 0 && queue.isEmpty()) idle()
  }
  return {
    order(group: string, more: Partial<Order>) {
      queue.add(group, { ...NOTHING, ...more })
      pump()
    },
    lookAt(groups: Iterable<string>) {
      queue.addAll(groups)
      pump()
    },
    /** What waits is tried now. */
    hurry() {
      queue.hurry()
      pump()
    },
    /** Waits a while for what is under way. */
    async stop() {
      const time = pause(STOP_MS, 'over', { ref: false })
      while (busy.size > 0) {
        if ((await Promise.race([time, ...busy.values()])) === 'over') break
      }
      isStopped = true
      queue.hurry()
    },
  }
}

/**
 * Visits of Pyrite's own to groups at Galene: what cannot be done over the bridge, since nobody there may, or since whom it concerns
 * is not on it. Each lasts as long as there is work; and where people are past the bridge, or come with a token that is still good,
 * until nobody is.
 */
export const createVisits = (needs: VisitsNeeds) => {
  const { hasDirect, isReachable, lookedAtAll } = needs
  const traces = createTraces(needs)
  const present = createPresent(needs)
  let second: NodeJS.Timeout | undefined
  /** Whether all groups are looked at for the last time. */
  let isLast = false
  const visitor = createVisitor({ ...needs, present }, traces, (group) => {
    if (!isReachable()) present.lost(group)
    order(group, { watch: true })
  })
  const runner = createRunner(needs, visitor.visit, () => {
    if (isLast) lookedAtAll()
    isLast = false
  })
  const { order, hurry } = runner
  const mayBeLeft = hasDirect ? (group: string) => !traces.isCalm(group) : needs.mayRecord
  const look = () => runner.lookAt([...needs.names()].filter(mayBeLeft))
  /** Where somebody may be past the bridge: in this group, or in any. */
  const places = (group: string | undefined): string[] =>
    hasDirect ? [...(group === undefined ? needs.names() : [group])].filter(mayBeLeft) : []
  const direct = (group: string | undefined, more: Partial<Order>) => {
    for (const one of places(group)) order(one, more)
  }
  /** Who comes again while Galene hangs has rightly come: known are those who were there before. */
  const kickOf = (group: string, userId: string, words: string) => {
    const known = visitor.isStaying(group) ? present.clientsOf(group, userId) : []
    return new Map([[userId, { words, only: known.length > 0 ? new Set(known) : undefined }]])
  }

  return {
    /** Who is in calls past the bridge. */
    participants: present.participants,
    /** A token was made with which somebody comes into a group past the bridge. */
    issued(group: string) {
      traces.issued(group)
      if (!visitor.isStaying(group)) order(group, { watch: true })
    },
    /** Takes a person out of a group, or of all. Sessions mean nothing to Galene. */
    end({ userId, group }: Which, words: string) {
      if (userId === undefined) return
      for (const one of places(group)) order(one, { kick: kickOf(one, userId, words), watch: true })
    },
    /** Looks at everybody in a group again; `userId`: whose rights changed. */
    accessChanged: (group: string, userId = '', words?: string) =>
      direct(group, { changed: new Map([[userId, words]]), watch: true }),
    mute({ userId, group }: Which) {
      if (userId !== undefined) direct(group, { mute: new Set([userId]) })
    },
    /** Takes away a lock of Galene's own, for which people have no key. */
    unlock: (group: string) => order(group, { unlock: true }),
    /** Ends a recording that may not run, or that records nobody. */
    lookAtRecording: (group: string) => order(group, {}),
    /** Galene answers again: what waits is done. Or it does not: who is where Pyrite is not connected any more is not known. */
    reachable(isSo: boolean) {
      if (isSo) return hurry()
      for (const { group } of present.participants()) {
        if (!visitor.isStaying(group)) present.lost(group)
      }
    },
    /**
     * Looks at all groups where something may be left of an earlier run, a few at a time: people past the bridge, or a recording of
     * nobody. And once more, when no token of that run is good any more.
     */
    lookAtAll() {
      look()
      if (!hasDirect) return
      const again = () => {
        const [known] = needs.names()
        isLast = known !== undefined
        // The groups could not be read yet.
        if (!isLast) second = setTimeout(again, AGAIN_MS).unref()
        look()
      }
      second = setTimeout(again, traces.firstMs()).unref()
    },
    /** Ends within two seconds. */
    async stop() {
      clearTimeout(second)
      visitor.stop()
      await runner.stop()
    },
  }
}
export type Visits = ReturnType<typeof createVisits>
