import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

type Traffic = { messages: number; bytes: number }
export type JoinOutcome = 'joined' | 'refused' | 'failed' | 'timeout'

const TYPES = [
  ...['handshake', 'join', 'joined', 'user', 'request', 'requestStream', 'offer', 'answer', 'ice'],
  ...['renegotiate', 'close', 'abort', 'usermessage', 'useraction', 'groupaction', 'chat'],
  ...['chathistory', 'ping', 'pong', 'other'],
]
/** One message in so many is timed: the clock costs more than the counting. */
const TIMED_ONE_IN = 64

const table = () => new Map(TYPES.map((type): [string, Traffic] => [type, newTraffic()]))
const newTraffic = (): Traffic => ({ messages: 0, bytes: 0 })

/**
 * Counts what passes, in plain numbers that are turned into metrics only when somebody scrapes [SFU-20].
 * One set of numbers for a registry, whichever bridges there are: `watch` is told of each.
 */
export const createCounts = (registry: Registry) => {
  const bridges = new Set<() => number>()
  const up = table()
  const down = table()
  const other = newTraffic()
  let untilTimed = TIMED_ONE_IN

  const tables = [
    ['up', up],
    ['down', down],
  ] as const
  const traffic = (name: string, help: string, of: (t: Traffic) => number) =>
    new Counter({
      name,
      help,
      labelNames: ['direction', 'type'],
      registers: [registry],
      collect() {
        this.reset()
        for (const [direction, types] of tables)
          for (const [type, counted] of types)
            if (counted.messages > 0) this.inc({ direction, type }, of(counted))
      },
    })
  traffic('pyrite_sfu_messages_total', 'Messages passed on, by type', (t) => t.messages)
  traffic('pyrite_sfu_bytes_total', 'Payload bytes passed on, by type', (t) => t.bytes)
  new Gauge({
    name: 'pyrite_sfu_connections',
    help: 'Live call connections',
    registers: [registry],
    collect() {
      this.set([...bridges].reduce((sum, live) => sum + live(), 0))
    },
  })
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers: [registry] })
  const joins = counter('pyrite_sfu_joins_total', 'Joins, by outcome', ['outcome'])
  const failures = counter('pyrite_sfu_upstream_failures_total', 'Failures of the SFU', ['kind'])
  const refused = counter('pyrite_sfu_refused_total', 'Messages and connections refused', ['why'])
  const latency = new Histogram({
    name: 'pyrite_sfu_added_seconds',
    help: 'Time a message spends in the bridge (one in 64 is timed)',
    labelNames: ['direction'],
    buckets: [0.000_01, 0.000_03, 0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.1],
    registers: [registry],
  })

  const count = (types: Map<string, Traffic>, type: string, bytes: number) => {
    const counted = types.get(type) ?? types.get('other') ?? other
    counted.messages += 1
    counted.bytes += bytes
  }
  return {
    /** `live` is asked for the connections of the moment. Answers the function that ends that. */
    watch(live: () => number) {
      bridges.add(live)
      return () => bridges.delete(live)
    },
    up: (type: string, bytes: number) => count(up, type, bytes),
    down: (type: string, bytes: number) => count(down, type, bytes),
    joined: (outcome: JoinOutcome) => joins.inc({ outcome }),
    failed: (kind: 'unreachable' | 'lost' | 'slow') => failures.inc({ kind }),
    refused: (why: string) => refused.inc({ why }),
    /** When a message began its way, now and then; 0 for the others. */
    started(): number {
      untilTimed -= 1
      if (untilTimed > 0) return 0
      untilTimed = TIMED_ONE_IN
      return performance.now()
    },
    ended: (direction: 'up' | 'down', since: number) =>
      latency.observe({ direction }, (performance.now() - since) / 1000),
  }
}
export type Counts = ReturnType<typeof createCounts>
