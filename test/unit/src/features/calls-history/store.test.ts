import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { CallCard, CallsPage } from '../../../../../lib/protocol/calls.ts'
import { createCallHistory } from '../../../../../src/features/calls-history/index.ts'
import { fakeWire, settled } from '../../../../support/fake-wire.ts'

const minute = (n: number) => new Date(Date.UTC(2026, 0, 1, 10, n)).toISOString()
/** The nth call: runs, unless it is said when it ended. */
const call = (n: number, rev: number, more: Partial<CallCard> = {}): CallCard => ({
  ...{ id: `call-${n}`, channelSlug: 'garden', rev, startedAt: minute(n), endedAt: null },
  ...{ brief: false, stays: [], ...more },
})
const over = (n: number, rev: number): CallCard => call(n, rev, { endedAt: minute(n + 1) })

let wire: ReturnType<typeof fakeWire>
let history: ReturnType<typeof createCallHistory>
const log = () => history.of('garden')
const ids = () => log().state.calls.map(({ id }) => id)
const answer = async (page: Partial<CallsPage>) => {
  wire.next('calls.history').answer({ calls: [], hasMore: false, rev: 0, ...page })
  await settled()
}
beforeEach(() => {
  wire = fakeWire()
  history = createCallHistory({ wire: wire.wire })
})

describe('the calls of a channel', () => {
  it('are the newest page, and what is told since', async () => {
    log()
    await answer({ calls: [over(1, 2), over(2, 4)], rev: 4 })
    wire.push('calls.changed', call(3, 5))
    wire.push('calls.changed', { ...call(9, 1), channelSlug: 'attic' })
    expect(ids()).toEqual(['call-1', 'call-2', 'call-3'])
    wire.push('calls.changed', over(3, 6))
    expect(log().get('call-3')?.endedAt).toBe(minute(4))
  })
  it('keep the newer state where a push overtook the page', async () => {
    log()
    wire.push('calls.changed', over(1, 2))
    wire.push('calls.changed', call(2, 3))
    await answer({ calls: [call(1, 1)], rev: 1 })
    expect(log().state.calls).toEqual([over(1, 2), call(2, 3)])
  })
  it('lose one that turned out to be brief, and no older state brings it back', async () => {
    log()
    wire.push('calls.changed', call(1, 2, { endedAt: minute(1), brief: true }))
    await answer({ calls: [call(1, 1)], rev: 1 })
    expect(ids()).toEqual([])
  })
  it('are loaded backwards, a page at a time, as long as there are any', async () => {
    log()
    expect(log().loadOlder).toBeUndefined()
    await answer({ calls: [over(3, 3), over(4, 4)], hasMore: true, rev: 4 })
    void log().loadOlder?.()
    expect(log().loadOlder).toBeUndefined()
    expect(wire.asked).toMatchObject([{ body: { channelSlug: 'garden', before: 'call-3' } }])
    await answer({ calls: [over(1, 1), over(2, 2)], rev: 4 })
    expect(ids()).toEqual(['call-1', 'call-2', 'call-3', 'call-4'])
    expect([log().state.hasMore, log().loadOlder]).toEqual([false, undefined])
  })
  it('that ended or vanished while I was away are right after the next connect, older ones stay [CALL-9]', async () => {
    log()
    await answer({ calls: [over(2, 2), over(3, 3), call(4, 4)], hasMore: true, rev: 4 })
    void log().loadOlder?.()
    await answer({ calls: [over(1, 1)], rev: 4 })
    history.resumed([{ slug: 'garden' }])
    await answer({ calls: [over(3, 3), over(5, 6)], hasMore: true, rev: 6 })
    expect(ids()).toEqual(['call-1', 'call-2', 'call-3', 'call-5'])
    expect(log().state.hasMore).toBe(false)
  })
  it('begin anew where more happened while I was away than a page holds [CALL-9]', async () => {
    log()
    await answer({ calls: [over(1, 1), call(2, 2)], rev: 2 })
    history.resumed([{ slug: 'garden' }])
    await answer({ calls: [over(8, 8), over(9, 9)], hasMore: true, rev: 9 })
    expect([ids(), log().state.hasMore]).toEqual([['call-8', 'call-9'], true])
  })
  it('wait for the next connect where the page does not come', async () => {
    log()
    wire.goOffline()
    await settled()
    wire.comeBack()
    history.resumed([{ slug: 'garden' }])
    await answer({ calls: [over(1, 1)], rev: 1 })
    expect(ids()).toEqual(['call-1'])
  })
  it('are forgotten with the channel, and nothing is heard after the end', async () => {
    log()
    await answer({ calls: [over(1, 1)], rev: 1 })
    wire.push('channels.gone', { channelSlug: 'garden' })
    expect(ids()).toEqual([])
    history.dispose()
    expect(wire.listeners()).toBe(0)
  })
})

const PAGE = 3
const STEPS = ['begin', 'change', 'end', 'brief', 'lose', 'return', 'late', 'older'] as const
type Step = (typeof STEPS)[number]

/** A server with one channel: what it holds, and what it has told since the last delivery. */
const serverOf = () => {
  const calls: CallCard[] = []
  const told: CallCard[] = []
  let rev = 0
  const put = (card: CallCard) => {
    rev += 1
    const known = calls.findIndex(({ id }) => id === card.id)
    calls.splice(known < 0 ? calls.length : known, 1, { ...card, rev })
    told.push({ ...card, rev })
  }
  const worthTelling = () => calls.filter(({ brief }) => !brief)
  const change: Partial<Record<Step, Partial<CallCard>>> = {
    change: {},
    end: { endedAt: minute(0) },
    brief: { endedAt: minute(0), brief: true },
  }
  return {
    told,
    worthTelling,
    page(before: string | undefined): CallsPage {
      const all = worthTelling()
      const end = before === undefined ? all.length : all.findIndex(({ id }) => id === before)
      const from = Math.max(0, end - PAGE)
      return { calls: all.slice(from, end), hasMore: from > 0, rev }
    },
    act(step: Step) {
      const running = calls.at(-1)?.endedAt === null ? calls.at(-1) : undefined
      if (step === 'begin' && !running) put(call(calls.length, 0))
      if (change[step] && running) put({ ...running, ...change[step] })
    },
  }
}

/** My side of that server, over a connection that comes and goes. A page that was read `late` is overtaken by what is told meanwhile. */
const clientOf = (server: ReturnType<typeof serverOf>) => {
  const line = fakeWire()
  const mine = createCallHistory({ wire: line.wire })
  const log = mine.of('garden')
  const pages: (() => void)[] = []
  let isHere = true
  const read = () => {
    for (const asked of line.asked.splice(0)) {
      const page = server.page((asked.body as { before?: string }).before)
      pages.push(() => asked.answer(page))
    }
  }
  const lose = () => {
    isHere = false
    line.goOffline()
    pages.length = 0
  }
  const comeBack = () => {
    if (isHere) return
    isHere = true
    line.comeBack()
    mine.resumed([{ slug: 'garden' }])
  }
  const mySteps: Partial<Record<Step, () => void>> = {
    lose,
    return: comeBack,
    late: read,
    older: () => void log.loadOlder?.(),
  }
  return {
    state: log.state,
    take: (step: Step) => mySteps[step]?.(),
    /** Everything on its way arrives; what was told while I was away never does. */
    async deliver() {
      read()
      const told = server.told.splice(0)
      if (isHere) for (const card of told) line.push('calls.changed', card)
      for (const arrive of pages.splice(0)) arrive()
      await settled()
    },
  }
}

describe('whatever happens while I am here or away', () => {
  it('I hold what the server holds, from the oldest that I hold on [CALL-9]', async () => {
    const steps = fc.array(fc.constantFrom(...STEPS), { maxLength: 60 })
    const holds = fc.asyncProperty(steps, async (all) => {
      const server = serverOf()
      const client = clientOf(server)
      for (const step of [...all, 'lose', 'begin', 'return'] as const) {
        server.act(step)
        client.take(step)
        if (step !== 'late') await client.deliver()
      }
      const { calls, hasMore } = client.state
      const truth = server.worthTelling()
      const from = truth.findIndex(({ id }) => id === calls[0]?.id)
      expect(calls).toEqual(truth.slice(Math.max(0, from)))
      expect(hasMore).toBe(from > 0)
    })
    await fc.assert(holds, { numRuns: 300 })
  })
})
