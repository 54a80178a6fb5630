import { join } from 'node:path'
import { type Benchmark, type Context, newFolder } from './harness/context.ts'
import { type Load, startLoad } from './harness/load.ts'
import { ownServer, type Running, start } from './harness/process.ts'
import { range, startPyrite } from './harness/pyrite.ts'
import { figures, interleave } from './harness/rounds.ts'
import { type Aim, compare, OURS, type Row } from './harness/rows.ts'
import { type Scope, withScope } from './harness/scope.ts'
import type { Relayed } from './load/chat.ts'

const SIZES = [10, 100, 1_000]
const CPU_AIM: Record<number, Aim> = { 1000: { times: { ws: 1.25, 'socket.io': 0.75 } } }

/** What one round showed: CPU per delivery in microseconds, and how long the deliveries took. */
type Round = Relayed & { cpuMicros: number }

const openAll = async (scope: Scope, load: Load, listeners: number) => {
  const people = range(listeners)
  const pyrite = await startPyrite(scope, {
    people: listeners,
    channels: [{ slug: 'room', members: people }],
  })
  const ws = await start(scope, ownServer('chat'))
  const socketIo = await start(scope, ownServer('socket-io'))
  const seats = people.map(() => ({ room: 'room' }))
  const ours = pyrite.cookies.map((cookie) => ({ cookie, room: 'room' }))
  await load('openCrowd', OURS, pyrite.url, 'envelopes', ours)
  await load('openCrowd', 'ws', ws.url, 'envelopes', seats)
  await load('openCrowd', 'socket.io', socketIo.url, 'socketIo', seats)
  return new Map<string, Running>([
    [OURS, pyrite],
    ['ws', ws],
    ['socket.io', socketIo],
  ])
}

const rowsOf = (listeners: number, results: Map<string, Round[]>): Row[] => {
  const about = (goal: string, name: string, unit: string, aim: Aim = {}) => ({
    ...{ goal, unit, aim },
    name: `${name}, ${listeners} listeners`,
  })
  const rows = [
    compare(
      about('P5', 'CPU per delivery', 'us', CPU_AIM[listeners]),
      figures(results, (round) => round.cpuMicros / round.deliveries),
    ),
    compare(
      about('P6', 'post to deliver, p50', 'ms', listeners === 100 ? { atMost: 1.5 } : {}),
      figures(results, ({ each }) => each.p50),
    ),
  ]
  if (listeners < 1_000) return rows
  return [
    ...rows,
    compare(
      about('P6', 'post to the last delivery, p50', 'ms', { atMost: 12 }),
      figures(results, ({ last }) => last.p50),
    ),
    compare(
      about('P6', 'post to the last delivery, p99', 'ms'),
      figures(results, ({ last }) => last.p99),
    ),
  ]
}

const fanOut = ({ quick }: Context, listeners: number): Promise<Row[]> =>
  withScope(async (scope) => {
    const load = startLoad(scope)
    const servers = await openAll(scope, load, listeners)
    const results = await interleave([...servers.keys()], quick ? 2 : 6, async (name) => {
      const before = servers.get(name)?.cpuMicros() ?? 0
      const relayed = await load('relayPosts', name, quick ? 500 : 1_000)
      return { ...relayed, cpuMicros: (servers.get(name)?.cpuMicros() ?? 0) - before }
    })
    return rowsOf(listeners, results)
  })

const SENDERS = 200

/** Everybody writes in a channel of their own, so that only storing and answering is measured. */
const acknowledgements = ({ quick }: Context): Promise<Row[]> =>
  withScope(async (scope) => {
    const load = startLoad(scope)
    const people = range(SENDERS)
    const room = (person: number) => `room-${person}`
    const channels = people.map((person) => ({ slug: room(person), members: [person] }))
    const pyrite = await startPyrite(scope, { people: SENDERS, channels })
    const file = join(await newFolder(scope), 'naive.db')
    const naive = await start(scope, ownServer('chat', { STORE: file }))
    const seats = people.map((person) => ({ room: room(person) }))
    const ours = pyrite.cookies.map((cookie, person) => ({ cookie, room: room(person) }))
    await load('openCrowd', OURS, pyrite.url, 'envelopes', ours)
    await load('openCrowd', 'commit per post', naive.url, 'envelopes', seats)
    const measure = (senders: number) =>
      interleave([OURS, 'commit per post'], quick ? 2 : 6, (name) =>
        load('collectAcks', name, senders, quick ? 500 : 1_000),
      )
    const alone = await measure(1)
    const together = await measure(SENDERS)
    const about = (name: string, unit: string, aim: Aim = {}) => ({ goal: 'P7', name, unit, aim })
    return [
      compare(
        about('durable acknowledgement, one sender, p50', 'ms', { atMost: 1 }),
        figures(alone, ({ p50 }) => p50),
      ),
      compare(
        about(`durable acknowledgements, ${SENDERS} senders`, '/s', { atLeast: 20_000 }),
        figures(together, ({ perSecond }) => perSecond),
      ),
      compare(
        about(`durable acknowledgement, ${SENDERS} senders, p50`, 'ms'),
        figures(together, ({ p50 }) => p50),
      ),
    ]
  })

/** Chat against a bare `ws` broadcast that stores nothing and knows nobody, and against Socket.IO (P5, P6, P7). */
export const chat: Benchmark = {
  name: 'chat',
  async run(context) {
    const rows: Row[] = []
    for (const listeners of SIZES) rows.push(...(await fanOut(context, listeners)))
    return [...rows, ...(await acknowledgements(context))]
  },
}
