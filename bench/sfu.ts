import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newSigningKey } from '../lib/app/secrets.ts'
import { type CallPage, openCallPage, openChromium } from '../test/support/call-page.ts'
import { type Benchmark, type Context, newFolder } from './harness/context.ts'
import { type Load, startLoad } from './harness/load.ts'
import { type Running, start } from './harness/process.ts'
import { range } from './harness/pyrite.ts'
import { figures, interleave, median } from './harness/rounds.ts'
import { type Aim, compare, OURS, type Row, single } from './harness/rows.ts'
import { type Scope, withScope } from './harness/scope.ts'
import { builtinCommand, createMint, findGalene, galeneCommand, type Mint } from './harness/sfus.ts'

const GALENE = 'galene'
/** Five calls of eight and one of five, everybody with a camera: 5 x 8 x 7 + 5 x 4 = 300 streams forwarded. */
const CALLS = [8, 8, 8, 8, 8, 5]
const MEETING = 'meeting'

type Stage = { sfus: Map<string, Running>; mint: Mint }

/** The built-in SFU and, where there is one, a real Galene, on the same groups. */
const openSfus = async ({ note }: Context, scope: Scope): Promise<Stage> => {
  const folder = await newFolder(scope)
  const groups = join(folder, 'groups')
  const mint = createMint(newSigningKey())
  mkdirSync(groups)
  for (const name of [...range(CALLS.length).map((call) => `call-${call}`), MEETING]) {
    writeFileSync(join(groups, `${name}.json`), JSON.stringify({ authKeys: [mint.jwk] }))
  }
  const sfus = new Map([[OURS, await start(scope, (port) => builtinCommand(folder, groups, port))]])
  const galene = findGalene()
  if (galene) {
    sfus.set(GALENE, await start(scope, (port) => galeneCommand(galene, folder, groups, port)))
  } else note('no Galene is installed: the built-in SFU has nobody beside it')
  return { sfus, mint }
}

const about = (name: string, unit: string, aim: Aim = {}) => ({ goal: 'P17', name, unit, aim })

const forwarding = async (context: Context, load: Load, { sfus, mint }: Stage): Promise<Row[]> => {
  const sizes = context.quick ? CALLS.slice(0, 1) : CALLS
  const streams = sizes.reduce((sum, size) => sum + size * (size - 1), 0)
  for (const [name, { url }] of sfus) {
    const calls = sizes.map(async (size, call) => ({
      group: `call-${call}`,
      tokens: await mint.tokens(size, `call-${call}`),
    }))
    await load('openCalls', name, url, await Promise.all(calls))
    const arriving = await load('countStreams', name, streams)
    if (arriving < streams * 0.98) context.note(`${name}: ${arriving} of ${streams} streams arrive`)
  }
  const ms = context.quick ? 1_500 : 4_000
  const results = await interleave([...sfus.keys()], context.quick ? 2 : 4, async (name) => {
    const before = sfus.get(name)?.cpuMicros() ?? 0
    const played = await load('playCalls', name, ms)
    const cpuMicros = (sfus.get(name)?.cpuMicros() ?? 0) - before
    return { ...played, cpuShare: cpuMicros / 1_000 / ms }
  })
  for (const name of sfus.keys()) await load('closeCalls', name)
  const what = `${streams} streams of 500 kbit/s`
  return [
    compare(
      about(`CPU, ${what}`, '% of a core', { times: { [GALENE]: 1.2 } }),
      figures(results, ({ cpuShare }) => cpuShare * 100),
    ),
    compare(
      about(`forwarding p99 with the load's own, ${what}`, 'ms', { atMost: 10 }),
      figures(results, ({ p99 }) => p99),
    ),
    compare(
      about(`forwarding p50 with the load's own, ${what}`, 'ms'),
      figures(results, ({ p50 }) => p50),
    ),
    compare(
      about(`packets that arrived, ${what}`, '%'),
      figures(results, ({ count, sent }) => (100 * count) / ((sent * streams) / peopleIn(sizes))),
    ),
  ]
}

const peopleIn = (sizes: number[]): number => sizes.reduce((sum, size) => sum + size, 0)

/** In the page: joins, and waits for the first decoded frame. */
const UNTIL_FRAME = (group: string, token: string) => `(async () => {
  const since = performance.now()
  await call.join(${JSON.stringify(group)}, ${JSON.stringify(token)})
  call.request({ '': ['audio', 'video'] })
  while (!(await call.received()).some(({ frames }) => frames > 0)) {
    if (performance.now() - since > 20000) throw new Error('no frame')
    await new Promise((done) => setTimeout(done, 5))
  }
  return performance.now() - since
})()`

/** From joining to the first decoded frame of the one who is there already, in Chromium. */
const firstFrame = (context: Context, { sfus, mint }: Stage): Promise<Row> =>
  withScope(async (scope) => {
    const browser = await openChromium()
    scope.defer(() => browser.close())
    const enter = async (url: string): Promise<CallPage> => openCallPage(browser, url)
    const token = async () => (await mint.tokens(1, MEETING))[0] ?? ''
    for (const { url } of sfus.values()) {
      const publisher = await enter(url)
      await publisher.join(MEETING, await token())
      await publisher.publish({ label: 'camera' })
    }
    const results = await interleave([...sfus.keys()], context.quick ? 2 : 6, async (name) => {
      const page = await enter(sfus.get(name)?.url ?? '')
      const ms: number = await page.page.evaluate(UNTIL_FRAME(MEETING, await token()))
      await page.close()
      return ms
    })
    return compare(
      about('join to first frame with two people, Chromium', 'ms', { atMost: 350 }),
      figures(results, (ms) => ms),
    )
  })

/** Memory and time of many meetings of two, one after the other. */
const meetings = async (context: Context, load: Load, { sfus, mint }: Stage): Promise<Row[]> => {
  const count = context.quick ? 30 : 200
  const grown = new Map<string, number>()
  const times = new Map<string, number[]>()
  for (const [name, sfu] of sfus) {
    const took: number[] = []
    let settled = 0
    for (const meeting of range(count)) {
      if (meeting === Math.floor(count / 4)) settled = sfu.memoryMiB()
      took.push(await load('meetOnce', sfu.url, MEETING, await mint.tokens(2, MEETING)))
    }
    grown.set(name, sfu.memoryMiB() - settled)
    times.set(name, took)
  }
  const { [OURS]: ours = Number.NaN, ...others } = Object.fromEntries(grown)
  return [
    single(
      about(`memory grown in the last ${count * 0.75} of ${count} meetings`, 'MiB', { atMost: 10 }),
      ours,
      others,
    ),
    single(
      about('two join, publish and both have a packet, p50', 'ms'),
      median(times.get(OURS) ?? []),
      Object.fromEntries(
        [...times].filter(([name]) => name !== OURS).map(([name, took]) => [name, median(took)]),
      ),
    ),
  ]
}

/** The built-in SFU beside a real Galene (P17). */
export const sfu: Benchmark = {
  name: 'sfu',
  run: (context) =>
    withScope(async (scope) => {
      const stage = await openSfus(context, scope)
      const load = startLoad(scope)
      return [
        ...(await forwarding(context, load, stage)),
        await firstFrame(context, stage),
        ...(await meetings(context, load, stage)),
      ]
    }),
}
