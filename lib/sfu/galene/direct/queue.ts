import { joinOrders, NOTHING, type Order } from './duties.ts'

const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 30_000

/** What waits for a visit, one order for each group: those in a hurry before those that are only looked at. */
export const createQueue = () => {
  const orders = new Map<string, Order>()
  const rest: Set<string> = new Set()
  /** Groups that could not be visited, and how long they were left alone last. */
  const pauses = new Map<string, { ms: number; timer: NodeJS.Timeout | undefined }>()
  const isDue = (group: string) => pauses.get(group)?.timer === undefined
  return {
    add: (group: string, order: Order) =>
      void orders.set(group, joinOrders(orders.get(group) ?? NOTHING, order)),
    addAll(groups: Iterable<string>) {
      for (const group of groups) rest.add(group)
    },
    take(isFree: (group: string) => boolean): [string, Order] | undefined {
      const next = [...orders.keys(), ...rest].find((group) => isFree(group) && isDue(group))
      if (next === undefined) return undefined
      const order = orders.get(next) ?? NOTHING
      orders.delete(next)
      rest.delete(next)
      return [next, order]
    },
    /** Puts an order back, and leaves the group alone for a while, longer each time. Answers whether this is the first time. */
    postpone(group: string, order: Order, wake: () => void): boolean {
      orders.set(group, joinOrders(order, orders.get(group) ?? NOTHING))
      const before = pauses.get(group)
      const ms = before ? Math.min(before.ms * 2, LONGEST_RETRY_MS) : FIRST_RETRY_MS
      const again = () => {
        pauses.set(group, { ms, timer: undefined })
        wake()
      }
      pauses.set(group, { ms, timer: setTimeout(again, ms).unref() })
      return before === undefined
    },
    isEmpty: () => orders.size === 0 && rest.size === 0,
    done: (group: string) => void pauses.delete(group),
    /** No group is left alone any more. */
    hurry() {
      for (const { timer } of pauses.values()) clearTimeout(timer)
      pauses.clear()
    },
  }
}
