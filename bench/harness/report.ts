import { cpus, loadavg, totalmem } from 'node:os'
import type { Row } from './rows.ts'

export const say = (line = ''): void => {
  process.stdout.write(`${line}\n`)
}

/** The machine the figures are from, in one line. */
export const machine = (): string => {
  const all = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  const load = loadavg()[0]?.toFixed(2)
  return `${all.length} x ${all[0]?.model.trim()}, ${memory} GiB, Node ${process.version}, load ${load} at the start`
}

const MARK = new Map([
  [true, 'ok'],
  [false, 'MISSED'],
  [null, ''],
])

const cells = (row: Row): string[] => [
  row.goal,
  row.name,
  `${row.ours} ${row.unit}`,
  Object.entries(row.against)
    .map(([name, value]) => `${name} ${value}`)
    .join(', '),
  row.ratio === null ? '' : `${row.ratio} x`,
  row.aim,
  MARK.get(row.holds) ?? '',
]

const HEAD = ['', 'what', 'ours', 'against', 'ratio', 'aim', '']

/** Prints rows as a table, side by side with whom they are compared to. */
export const printTable = (rows: readonly Row[]): void => {
  const lines = [HEAD, ...rows.map(cells)]
  const widths = HEAD.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  )
  for (const line of lines) {
    say(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
  }
}
