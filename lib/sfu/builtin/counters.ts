import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

/** What one SFU counts, for /stats, tests and the benchmark. `links`, `ups` and `downs` are live; the others only grow. */
export type Counters = {
  links: number
  linksMade: number
  ups: number
  downs: number
  packetsIn: number
  packetsOut: number
  bytesIn: number
  bytesOut: number
  sendFailures: number
  callbackFailures: number
  nacksIn: number
  resent: number
  nacksOut: number
  keyFramesAsked: number
  keyFramesWanted: number
  refusedStreams: number
  /** Time from a packet's arrival to its last copy handed to the network, in nanoseconds; one packet of 16. */
  forwarding: RecordableHistogram
}

export const createCounters = (): Counters => ({
  links: 0,
  linksMade: 0,
  ups: 0,
  downs: 0,
  packetsIn: 0,
  packetsOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  sendFailures: 0,
  callbackFailures: 0,
  nacksIn: 0,
  resent: 0,
  nacksOut: 0,
  keyFramesAsked: 0,
  keyFramesWanted: 0,
  refusedStreams: 0,
  forwarding: createHistogram(),
})
