import type { Benchmark, Context } from './harness/context.ts'
import { DIRECT, openWays, type Ways } from './harness/doors.ts'
import { type Load, startLoad } from './harness/load.ts'
import { ownServer, start } from './harness/process.ts'
import { range, startPyrite } from './harness/pyrite.ts'
import { figures, interleave } from './harness/rounds.ts'
import { type Aim, compare, type Row } from './harness/rows.ts'
import { withScope } from './harness/scope.ts'

/** Bytes of a signalling message, and connections that send them, ten to a call. */
const MESSAGE_BYTES = 300
const CONNECTIONS = 100
const PER_SECOND = 10

const roundsOf = ({ quick }: Context): number => (quick ? 2 : 6)

/** Runs `work` and answers its result with the CPU time the carrier used, in microseconds. */
const withCpu = async <T>(ways: Ways, name: string, work: () => Promise<T>) => {
  const carrier = ways.get(name)?.carrier
  const before = carrier?.cpuMicros() ?? 0
  const result = await work()
  return { result, cpuMicros: (carrier?.cpuMicros() ?? 0) - before }
}

const carried = (ways: Ways): string[] => [...ways.keys()].filter((name) => name !== DIRECT)

const perMessage = async (context: Context, load: Load, ways: Ways): Promise<Row> => {
  const results = await interleave(carried(ways), roundsOf(context), (name) =>
    withCpu(ways, name, () => load('chaseMessages', name, context.quick ? 500 : 1_500)),
  )
  const aim: Aim = { times: { 'http-proxy-3': 1.25, nginx: 1.75 } }
  return compare(
    { goal: 'P1', name: `CPU per round trip of ${MESSAGE_BYTES} bytes`, unit: 'us', aim },
    figures(results, ({ result, cpuMicros }) => cpuMicros / result),
  )
}

const addedLatency = async (context: Context, load: Load, ways: Ways): Promise<Row[]> => {
  const ms = context.quick ? 1_000 : 2_000
  const results = await interleave([...ways.keys()], roundsOf(context), (name) =>
    load('paceMessages', name, ms, PER_SECOND),
  )
  const direct = results.get(DIRECT) ?? []
  const added = new Map(
    [...results]
      .filter(([name]) => name !== DIRECT)
      .map(([name, rounds]) => [
        name,
        rounds.map(({ p50, p99 }, round) => ({
          p50: p50 - (direct[round]?.p50 ?? Number.NaN),
          p99: p99 - (direct[round]?.p99 ?? Number.NaN),
        })),
      ]),
  )
  const name = `at ${CONNECTIONS} connections x ${PER_SECOND}/s`
  const aim: Aim = { times: { nginx: 1.3 } }
  return [
    compare(
      { goal: 'P2', name: `added latency p50 ${name}`, unit: 'ms', aim },
      figures(added, ({ p50 }) => p50),
    ),
    compare(
      { goal: 'P2', name: `added latency p99 ${name}`, unit: 'ms' },
      figures(added, ({ p99 }) => p99),
    ),
    compare(
      { goal: 'P2', name: `round trip p50 ${name}`, unit: 'ms' },
      figures(results, ({ p50 }) => p50),
    ),
  ]
}

const upgrades = async (context: Context, load: Load, ways: Ways): Promise<Row[]> => {
  const count = context.quick ? 200 : 1_000
  const results = await interleave(carried(ways), roundsOf(context), (name) =>
    withCpu(ways, name, async () => {
      const way = ways.get(name)
      return way ? load('makeUpgrades', way.door, count) : Number.NaN
    }),
  )
  const about = (name: string, unit: string, aim: Aim) => ({ goal: 'P3', name, unit, aim })
  return [
    compare(
      about('CPU per upgrade, up to the answered handshake and its end', 'us', { atMost: 300 }),
      figures(results, ({ cpuMicros }) => cpuMicros / count),
    ),
    compare(
      about('upgrades sustained', '/s', { atLeast: 2_500 }),
      figures(results, ({ result }) => count / (result / 1_000)),
    ),
  ]
}

const CALLS = range(CONNECTIONS / 10).map((call) => ({ slug: `call-${call}`, members: [0] }))

/** The bridge at /sfu against direct, nginx and raw pipes, in front of an echo like Galene (P1, P2, P3). */
export const bridge: Benchmark = {
  name: 'bridge',
  run: (context) =>
    withScope(async (scope) => {
      const load = startLoad(scope)
      const echo = await start(scope, ownServer('echo'))
      const pyrite = await startPyrite(
        scope,
        { people: 1, channels: CALLS },
        { sfu: { url: echo.url } },
      )
      const ways = await openWays(context, scope, echo.url, pyrite)
      for (const [name, { door }] of ways) {
        await load('enterCalls', name, door, CONNECTIONS, MESSAGE_BYTES)
      }
      const rows = [
        await perMessage(context, load, ways),
        ...(await addedLatency(context, load, ways)),
      ]
      for (const name of ways.keys()) await load('leaveCalls', name)
      return [...rows, ...(await upgrades(context, load, ways))]
    }),
}
