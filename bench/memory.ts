import { setTimeout as wait } from 'node:timers/promises'
import type { Benchmark, Context } from './harness/context.ts'
import { openWays } from './harness/doors.ts'
import { startLoad } from './harness/load.ts'
import { ownServer, type Running, start } from './harness/process.ts'
import { range, startPyrite } from './harness/pyrite.ts'
import { type Aim, OURS, type Row, single } from './harness/rows.ts'
import { withScope } from './harness/scope.ts'

/** The aims are for 9,000 and 10,000 sockets; memory for each is the same with fewer, once they are many. */
const PROXIED = 2_000
const WORKSPACE = 2_000
const PEOPLE = 100
const CHANNELS = 20
const KIB_PER_PROXIED = (150 * 1_024) / 9_000
const KIB_PER_WORKSPACE = (80 * 1_024) / 10_000
/** What is freed is given back to the system after a while. */
const SETTLE_MS = 500

/** KiB for each of `count` connections that `open` makes. */
const perConnection = async (server: Running, count: number, open: () => Promise<unknown>) => {
  const before = server.memoryMiB()
  await open()
  await wait(SETTLE_MS)
  return ((server.memoryMiB() - before) * 1_024) / count
}

const row = (name: string, atMost: number, measured: Map<string, number>): Row => {
  const { [OURS]: ours = Number.NaN, ...others } = Object.fromEntries(measured)
  const aim: Aim = { atMost: Number(atMost.toFixed(1)) }
  return single({ goal: 'P4', name, unit: 'KiB', aim }, ours, others)
}

const proxied = (context: Context): Promise<Row> =>
  withScope(async (scope) => {
    const count = context.quick ? 500 : PROXIED
    const load = startLoad(scope)
    const echo = await start(scope, ownServer('echo'))
    const pyrite = await startPyrite(scope, { people: 1, channels: [] }, { sfu: { url: echo.url } })
    const measured = new Map<string, number>()
    for (const [name, { door, carrier }] of await openWays(context, scope, echo.url, pyrite)) {
      if (!carrier) continue
      // What the first connections need once is no memory per connection.
      await load('makeUpgrades', door, 200)
      const each = await perConnection(carrier, count, () => load('holdCalls', name, door, count))
      measured.set(name, each)
      await load('leaveCalls', name)
    }
    return row(`memory per idle socket of ${count} on /sfu`, KIB_PER_PROXIED, measured)
  })

const workspace = (context: Context): Promise<Row> =>
  withScope(async (scope) => {
    const count = context.quick ? 500 : WORKSPACE
    const load = startLoad(scope)
    const people = range(PEOPLE)
    const channels = range(CHANNELS).map((n) => ({ slug: `room-${n}`, members: people }))
    const pyrite = await startPyrite(scope, { people: PEOPLE, channels })
    const ws = await start(scope, ownServer('chat'))
    const socketIo = await start(scope, ownServer('socket-io'))
    const seats = range(count).map(() => ({ room: 'room-0' }))
    const ours = seats.map(({ room }, index) => {
      const cookie = pyrite.cookies[index % PEOPLE]
      return cookie === undefined ? { room } : { room, cookie }
    })
    const measured = new Map([
      [
        OURS,
        await perConnection(pyrite, count, () =>
          load('openCrowd', OURS, pyrite.url, 'envelopes', ours),
        ),
      ],
      [
        'ws',
        await perConnection(ws, count, () => load('openCrowd', 'ws', ws.url, 'envelopes', seats)),
      ],
      [
        'socket.io',
        await perConnection(socketIo, count, () =>
          load('openCrowd', 'socket.io', socketIo.url, 'socketIo', seats),
        ),
      ],
    ])
    const name = `memory per idle socket of ${count} on /ws, in ${CHANNELS} channels`
    return row(name, KIB_PER_WORKSPACE, measured)
  })

/** Memory of idle connections (P4), with fewer than the aims speak of. */
export const memory: Benchmark = {
  name: 'memory',
  async run(context) {
    context.note('the aims are for 9,000 and 10,000 sockets; here fewer, figured per socket')
    return [await proxied(context), await workspace(context)]
  },
}
