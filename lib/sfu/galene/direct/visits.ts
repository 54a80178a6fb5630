import { setTimeout as pause } from 'node:timers/promises'
import type { Which } from '../../sfu.ts'
import { NOTHING, type Order } from './duties.ts'
import { createQueue } from './queue.ts'
import { createTraces, type TracesNeeds } from './traces.ts'
import { createVisitor, type VisitorNeeds } from './visitor.ts'

type Places = {
  isReachable: () => boolean
  /** Every group that is known. */
  names: () => Iterable<string>
}
export type VisitsNeeds = VisitorNeeds & TracesNeeds & Places

/** Groups that are visited at once, however many have to be. */
const AT_ONCE = 4
/** How long a stop waits for what is under way. */
const STOP_MS = 1_500

/**
 * Visits of Pyrite's own to groups at Galene: what cannot be done over the bridge, since nobody there may, or since whom it concerns
 * is not on it. Each lasts as long as there is work; and where a token of before is still good, until it is not.
 */
export const createVisits = (needs: VisitsNeeds) => {
  const { hasDirect, log, isReachable } = needs
  const traces = createTraces(needs)
  const queue = createQueue()
  const busy = new Map<string, Promise<void>>()
  let isStopped = false
  let second: NodeJS.Timeout | undefined
  const visitor = createVisitor(needs, traces, (group) => order(group, { watch: true }))

  const run = async (group: string, order: Order) => {
    try {
      await visitor.visit(group, order)
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
      if (!next) return
      busy.set(next[0], run(...next))
    }
  }
  const order = (group: string, more: Partial<Order>) => {
    queue.add(group, { ...NOTHING, ...more })
    pump()
  }
  /** Where somebody may be past the bridge. */
  const direct = (group: string | undefined, more: Partial<Order>) => {
    if (!hasDirect) return
    for (const one of group === undefined ? needs.names() : [group]) {
      if (!traces.isCalm(one)) order(one, more)
    }
  }

  return {
    /** A token was made with which somebody comes into a group past the bridge. */
    issued: traces.issued,
    /** Takes a person out of a group, or of all. Sessions mean nothing to Galene. */
    end({ userId, group }: Which, words: string) {
      if (userId !== undefined) direct(group, { kick: new Map([[userId, words]]), watch: true })
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
    /** Galene answers again: what waits is done. */
    reachable() {
      queue.hurry()
      pump()
    },
    /**
     * Looks at all groups where something may be left of an earlier run, a few at a time: people past the bridge, or a recording of
     * nobody. And once more, when no token of that run is good any more.
     */
    lookAtAll() {
      const look = () => {
        const mayBeLeft = hasDirect ? (group: string) => !traces.isCalm(group) : needs.mayRecord
        queue.addAll([...needs.names()].filter(mayBeLeft))
        pump()
      }
      look()
      if (hasDirect) second = setTimeout(look, traces.firstMs()).unref()
    },
    /** Ends within two seconds. */
    async stop() {
      clearTimeout(second)
      visitor.stop()
      const time = pause(STOP_MS, 'over', { ref: false })
      while (busy.size > 0) {
        if ((await Promise.race([time, ...busy.values()])) === 'over') break
      }
      isStopped = true
      queue.hurry()
    },
  }
}
export type Visits = ReturnType<typeof createVisits>
