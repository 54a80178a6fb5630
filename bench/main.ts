import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bridge } from './bridge.ts'
import { chat } from './chat.ts'
import { client } from './client.ts'
import { control } from './control.ts'
import type { Benchmark } from './harness/context.ts'
import { machine, printTable, say } from './harness/report.ts'
import type { Row } from './harness/rows.ts'
import { withScope } from './harness/scope.ts'
import { join as joining } from './join.ts'
import { memory } from './memory.ts'
import { sfu } from './sfu.ts'
import { start } from './start.ts'
import { sync } from './sync.ts'

const RESULT = join(import.meta.dirname, 'results/latest.json')
const ALL: Benchmark[] = [bridge, memory, joining, chat, client, start, sync, sfu, control]

/** Which to run: all, or those named. Throws a sentence on a name there is none of. */
const chosen = (names: string[]): Benchmark[] => {
  if (names.length === 0) return ALL
  return names.map((name) => {
    const found = ALL.find((each) => each.name === name)
    if (found) return found
    throw new Error(
      `There is no benchmark ${name}; there are ${ALL.map((b) => b.name).join(', ')}.`,
    )
  })
}

const runOne = async (benchmark: Benchmark, quick: boolean): Promise<Row[]> => {
  const since = performance.now()
  const note = (text: string) => say(`  (${text})`)
  say(`${benchmark.name} ...`)
  const rows = await withScope((scope) => benchmark.run({ quick, note }, scope))
  printTable(rows)
  say(`  ${((performance.now() - since) / 1_000).toFixed(0)} s`)
  say()
  return rows
}

const main = async (args: string[]) => {
  const quick = args.includes('--quick')
  const benchmarks = chosen(args.filter((arg) => !arg.startsWith('--')))
  say(machine())
  say()
  const rows: Row[] = []
  const failed: string[] = []
  for (const benchmark of benchmarks) {
    try {
      rows.push(...(await runOne(benchmark, quick)))
    } catch (error) {
      failed.push(benchmark.name)
      say(`  ${error instanceof Error ? error.stack : String(error)}`)
    }
  }
  const missed = rows.filter(({ holds }) => holds === false)
  say(`${rows.length} figures, ${missed.length} aims missed.`)
  for (const { goal, name, ours, unit, aim } of missed)
    say(`  ${goal} ${name}: ${ours} ${unit}, aim ${aim}`)
  if (failed.length > 0) {
    say(`Not measured, for it failed: ${failed.join(', ')}`)
    process.exitCode = 1
  }
  // A partial or rough run is no record.
  if (quick || failed.length > 0 || benchmarks.length < ALL.length) return
  await mkdir(join(RESULT, '..'), { recursive: true })
  await writeFile(RESULT, `${JSON.stringify(rows, null, 2)}\n`)
}

await main(process.argv.slice(2))
