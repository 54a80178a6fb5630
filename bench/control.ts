import type { Benchmark } from './harness/context.ts'
import { startLoad } from './harness/load.ts'
import { ownServer, type Running, start } from './harness/process.ts'
import { range } from './harness/pyrite.ts'
import { figures, interleave } from './harness/rounds.ts'
import { compare, OURS } from './harness/rows.ts'
import { withScope } from './harness/scope.ts'

const LISTENERS = 200
/** A fifth of what one delivery costs would be enough to miss the aim; this is more than that on any machine. */
const SLOW_MICROS = 10

/** A variant that is slow on purpose must fail the gate of P5, or the gates are worth nothing. */
export const control: Benchmark = {
  name: 'control',
  run: ({ quick }) =>
    withScope(async (scope) => {
      const load = startLoad(scope)
      const slowed = await start(scope, ownServer('chat', { SLOW_MICROS: String(SLOW_MICROS) }))
      const servers = new Map<string, Running>([
        [OURS, slowed],
        ['ws', await start(scope, ownServer('chat'))],
      ])
      const seats = range(LISTENERS).map(() => ({ room: 'room' }))
      for (const [name, { url }] of servers) {
        await load('openCrowd', name, url, 'envelopes', seats)
      }
      const results = await interleave([...servers.keys()], quick ? 2 : 4, async (name) => {
        const before = servers.get(name)?.cpuMicros() ?? 0
        const { deliveries } = await load('relayPosts', name, 500)
        return ((servers.get(name)?.cpuMicros() ?? 0) - before) / deliveries
      })
      const row = compare(
        {
          goal: 'control',
          name: `CPU per delivery of a bare ws slowed by ${SLOW_MICROS} us`,
          unit: 'us',
          aim: { times: { ws: 1.25 } },
        },
        figures(results, (micros) => micros),
      )
      return [{ ...row, aim: `must miss ${row.aim}`, holds: row.holds === false }]
    }),
}
