import { MAX_MODERATION_SECONDS } from '../../../lib/protocol/limits.ts'

const UNITS: readonly (readonly [letter: string, seconds: number, word: string])[] = [
  ['w', 604_800, 'week'],
  ['d', 86_400, 'day'],
  ['h', 3_600, 'hour'],
  ['m', 60, 'minute'],
  ['s', 1, 'second'],
]

/** "10m", "2 hours" written together, "1d12h": seconds. Undefined: no duration at all; a string: what is wrong with it. */
export const readDuration = (word: string): number | string | undefined => {
  if (!/^\d/.test(word)) return undefined
  const parts = [...word.toLowerCase().matchAll(/(\d+)([a-z]+)/g)]
  const isWhole = parts.map(([part]) => part).join('') === word.toLowerCase()
  const seconds = parts.map(([, count, unit = '']) => Number(count) * secondsIn(unit))
  const sum = seconds.reduce((total, each) => total + each, 0)
  if (!isWhole || Number.isNaN(sum)) {
    return `“${word}” is no time. Write 30s, 10m, 2h, 1d or 1w.`
  }
  if (sum < 1) return 'That is no time at all. Write 30s, 10m, 2h, 1d or 1w.'
  if (sum > MAX_MODERATION_SECONDS) return 'A year (365d) is the longest there is.'
  return sum
}

/** "m", "min", "minutes": seconds in one of them. NaN: no unit. */
const secondsIn = (unit: string): number => {
  const names = (word: string) => [word, `${word}s`, word.slice(0, 3), `${word.slice(0, 3)}s`]
  const found = UNITS.find(([letter, , word]) => unit === letter || names(word).includes(unit))
  return found?.[1] ?? Number.NaN
}

const counted = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`

/** "10 minutes", "1 day 12 hours": its two largest units. */
export const durationWords = (seconds: number): string => {
  const words: string[] = []
  let left = seconds
  for (const [, size, word] of UNITS) {
    const count = Math.floor(left / size)
    if (count > 0) words.push(counted(count, word))
    left -= count * size
  }
  return words.slice(0, 2).join(' ')
}

/** What is offered where somebody chooses a time. */
export const COMMON_SECONDS = [300, 600, 3_600, 86_400, 604_800] as const

/** "10m", as a command takes it. */
export const shortDuration = (seconds: number): string => {
  const unit = UNITS.find(([, size]) => seconds % size === 0)
  return unit ? `${seconds / unit[1]}${unit[0]}` : `${seconds}s`
}
