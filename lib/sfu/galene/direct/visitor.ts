import type { Log } from '../../../platform/log.ts'
import type { Frame } from '../wire/frame.ts'
import type { OwnConnections } from '../wire/own-connections.ts'
import { SERVICE_USERNAME } from '../wire/service-names.ts'
import type { Connecting } from '../wire/tls.ts'
import type { Tokens } from '../wire/tokens.ts'
import { createDuties, type DutiesNeeds, type Order, putOut } from './duties.ts'
import { goInside, type Inside } from './inside.ts'
import type { Traces } from './traces.ts'

export type VisitorNeeds = DutiesNeeds & {
  url: () => string
  /** Rejects for a group that no WebSocket may join. */
  mustBeJoinable: (group: string) => Promise<void>
  connecting: Pick<Connecting, 'socketOptions'>
  tokens: Pick<Tokens, 'sign'>
  own: OwnConnections
  /** What a visit saw when its work was done. */
  seen: (group: string, isRecording: boolean) => void
  log: Log
}

/** How long Pyrite stays away from where somebody put it out, in milliseconds. */
const COME_BACK_MS = 1_000
/** With these Galene lets somebody into every group, locked or full, and they may end a recording. */
const PERMISSIONS = ['op', 'record', 'message']

/** Tells later, once for each group, that a stay there was cut short. */
const createReturns = (again: (group: string) => void) => {
  const away = new Set<string>()
  return (group: string) => {
    if (away.has(group)) return
    away.add(group)
    const back = () => {
      away.delete(group)
      again(group)
    }
    setTimeout(back, COME_BACK_MS).unref()
  }
}

type Duties = ReturnType<typeof createDuties>

/** Rejects where nobody gets in now; resolves to undefined where there is no such group. */
const goAsPyrite = async (needs: VisitorNeeds, group: string, first: readonly Frame[]) => {
  const { connecting, own, tokens, mustBeJoinable } = needs
  await mustBeJoinable(group)
  const ticket = { username: SERVICE_USERNAME, group, role: 'moderator', recording: true } as const
  const token = await tokens.sign(ticket, { permissions: PERMISSIONS })
  return goInside({ url: needs.url(), group, token, connecting, own, first })
}

/** Looks again, whenever it is told to, how long there is to stay; calls `leave` when that is over. */
const createPatience = (leftMs: () => number, leave: () => void) => {
  let timer: NodeJS.Timeout | undefined
  const look = () => {
    clearTimeout(timer)
    const ms = leftMs()
    if (ms <= 0) leave()
    else if (ms < Number.POSITIVE_INFINITY) timer = setTimeout(look, ms).unref()
  }
  return { look, end: () => clearTimeout(timer) }
}

/**
 * Goes into groups, does what is to be done, and stays where people are past the bridge or a token lets them in there, or where a
 * recording runs of which the bridge would not hear that it records nobody any more. `again` is called a while after that was cut short.
 */
export const createVisitor = (
  needs: VisitorNeeds,
  traces: Traces,
  again: (group: string) => void,
) => {
  const { present } = needs
  const staying = new Map<string, Inside>()
  /** Who was not seen to go before a visit was cut short, perhaps by that person: they are put out with the next join. */
  const left = new Map<string, ReadonlyMap<string, string>>()
  const comeBack = createReturns(again)
  let isOver = false

  const enter = async (group: string) => {
    const first = [...(left.get(group) ?? [])].map(([id, words]) => putOut(id, words))
    const entering = goAsPyrite(needs, group, first)
    const inside = await entering.catch(() => undefined)
    if (!inside) present.lost(group)
    return entering
  }
  const leave = (group: string, inside: Inside, duties: Duties) => {
    if (staying.get(group) === inside) staying.delete(group)
    if (!duties.hasDirect()) traces.empty(group)
    inside.leave()
  }
  const stay = (group: string, inside: Inside, duties: Duties) => {
    staying.set(group, inside)
    const failed = (err: unknown) =>
      needs.log.error({ err, group }, 'somebody in a call was not judged')
    const patience = createPatience(
      () => {
        needs.seen(group, duties.isRecording())
        return duties.mustStay() ? Number.POSITIVE_INFINITY : traces.leftMs(group)
      },
      () => leave(group, inside, duties),
    )
    duties.keepWatch(failed, patience.look)
    patience.look()
    void inside.ended.then(() => {
      patience.end()
      if (staying.get(group) !== inside) return
      staying.delete(group)
      comeBack(group)
    })
  }

  return {
    /** Rejects where not all could be done. */
    async visit(group: string, order: Order): Promise<void> {
      const before = staying.get(group)
      const inside = await enter(group)
      left.delete(group)
      if (!inside) return traces.empty(group)
      const duties = createDuties(needs, group, inside, order)
      try {
        await duties.fulfil()
      } catch (error) {
        left.set(group, duties.condemned)
        inside.leave()
        throw error
      }
      needs.seen(group, duties.isRecording())
      present.keepOnly(group, inside.guests)
      staying.delete(group)
      before?.leave()
      const isWatched = order.watch || before !== undefined
      const hasReason = duties.mustStay() || (isWatched && traces.leftMs(group) > 0)
      if (hasReason && !isOver) stay(group, inside, duties)
      else leave(group, inside, duties)
    },
    isStaying: (group: string) => staying.has(group),
    /** Stays nowhere any more. */
    stop() {
      isOver = true
      const all = [...staying.values()]
      staying.clear()
      for (const inside of all) inside.leave()
      present.stop()
    },
  }
}
