import type { Log } from '../../platform/log.ts'
import type { Counters } from './counters.ts'
import type { LiveGroups } from './group.ts'
import type { Engine } from './link.ts'
import type { BuiltinSfuOptions, Patience } from './options.ts'

/** What everything that serves one client shares. */
export type Context = {
  options: BuiltinSfuOptions
  patience: Patience
  log: Log
  counters: Counters
  engine: Engine
  groups: LiveGroups
  /** What a browser is told at its join to connect with. */
  rtcConfiguration(): Record<string, unknown>
  now(): Date
  /** A sentence when no stream with so many subscribers can be taken now. */
  refuseStream(subscribers: number): string | undefined
}
