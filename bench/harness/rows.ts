import { type Figures, median } from './rounds.ts'

/** One line of the result. `ratio` is ours divided by the first named contender of the aim, as the median over the rounds. */
export type Row = {
  goal: string
  name: string
  unit: string
  ours: number
  against: Record<string, number>
  ratio: number | null
  /** In words; empty where the figure is only reported. */
  aim: string
  /** Whether the aim holds; null where there is none, or nobody to compare with. */
  holds: boolean | null
}

/** What to reach. All given parts must hold; a part about a contender that did not run is left out. */
export type Aim = {
  atMost?: number
  atLeast?: number
  /** At most so many times this contender. */
  times?: Record<string, number>
  /** At most so much more than this contender. */
  plus?: Record<string, number>
}

/** Whose figures `ours` are. */
export const OURS = 'pyrite'

const rounded = (value: number): number => Number(value.toPrecision(4))

const ratioTo = (measured: Figures, name: string): number =>
  median(
    (measured[OURS] ?? []).map((ours, round) => ours / (measured[name]?.[round] ?? Number.NaN)),
  )

const inWords = ({ atMost, atLeast, times = {}, plus = {} }: Aim, unit: string): string =>
  [
    ...(atMost === undefined ? [] : [`<= ${atMost} ${unit}`]),
    ...(atLeast === undefined ? [] : [`>= ${atLeast} ${unit}`]),
    ...Object.entries(times).map(([name, most]) => `<= ${most} x ${name}`),
    ...Object.entries(plus).map(([name, most]) => `<= ${name} + ${most} ${unit}`),
  ].join(', ')

const judge = (aim: Aim, ours: number, measured: Figures): boolean | null => {
  const at = (round: number) => measured[OURS]?.[round] ?? Number.NaN
  const checks = [
    ...(aim.atMost === undefined ? [] : [ours <= aim.atMost]),
    ...(aim.atLeast === undefined ? [] : [ours >= aim.atLeast]),
  ]
  for (const [name, most] of Object.entries(aim.times ?? {})) {
    const excess = (measured[name] ?? []).map((other, round) => at(round) - most * other)
    if (measured[name]) checks.push(median(excess) <= 0)
  }
  for (const [name, most] of Object.entries(aim.plus ?? {})) {
    if (measured[name]) checks.push(ours <= median(measured[name]) + most)
  }
  return checks.length === 0 ? null : checks.every(Boolean)
}

/** Makes a row of what was measured, round by round, and says whether the aim holds. */
export const compare = (
  { goal, name, unit, aim = {} }: { goal: string; name: string; unit: string; aim?: Aim },
  measured: Figures,
): Row => {
  const others = Object.keys(measured).filter((each) => each !== OURS)
  const named = [...Object.keys(aim.times ?? {}), ...Object.keys(aim.plus ?? {})]
  const anchor = named.find((each) => others.includes(each)) ?? others[0]
  const ours = median(measured[OURS] ?? [])
  return {
    goal,
    name,
    unit,
    ours: rounded(ours),
    against: Object.fromEntries(
      others.map((each) => [each, rounded(median(measured[each] ?? []))]),
    ),
    ratio: anchor === undefined ? null : rounded(ratioTo(measured, anchor)),
    aim: inWords(aim, unit),
    holds: judge(aim, ours, measured),
  }
}

/** A row of figures that were measured once. */
export const single = (
  what: { goal: string; name: string; unit: string; aim?: Aim },
  ours: number,
  against: Record<string, number> = {},
): Row =>
  compare(what, {
    [OURS]: [ours],
    ...Object.fromEntries(Object.entries(against).map(([name, value]) => [name, [value]])),
  })
