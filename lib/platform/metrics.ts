import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'

/** The metrics of one server. Own registry, so that two servers in one process do not meet. */
export const createMetrics = () => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const frames = new Counter({
    name: 'pyrite_ws_frames_total',
    help: 'Frames on /ws by direction.',
    labelNames: ['direction'] as const,
    registers,
  })
  const bytes = new Counter({
    name: 'pyrite_ws_bytes_total',
    help: 'Bytes on /ws by direction.',
    labelNames: ['direction'] as const,
    registers,
  })
  const counted = {
    in: { frames: frames.labels('in'), bytes: bytes.labels('in') },
    out: { frames: frames.labels('out'), bytes: bytes.labels('out') },
  }
  return {
    registry,
    onFrame(direction: 'in' | 'out', size: number, frames = 1) {
      counted[direction].frames.inc(frames)
      counted[direction].bytes.inc(size * frames)
    },
    /** A gauge that is read when it is asked for. */
    watch(name: string, help: string, read: () => number) {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read())
        },
      })
    },
    /** What a scraper reads, and its content type. */
    read: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  }
}
export type Metrics = ReturnType<typeof createMetrics>
