import { expect, test } from 'vitest'
import { type Second, Starvation } from '../../../../../lib/sfu/builtin/starvation.ts'

const HUNGRY: Second = { estimate: 50_000, rate: 500_000, floor: 100_000, hasLower: false }
const WELL: Second = { ...HUNGRY, estimate: 800_000 }
const ALL = ['audio', 'video']

/** Seconds until the wish is limited otherwise than now. */
const secondsUntilChange = (starvation: Starvation, second: Second): number => {
  let seconds = 1
  while (!starvation.tick(second)) seconds++
  return seconds
}

const repeat = (seconds: number, starvation: Starvation, second: Second) =>
  Array.from({ length: seconds }, () => starvation.tick(second))

test('a subscriber that starves for five seconds gets audio, and another try after five more', () => {
  const starvation = new Starvation()
  expect(repeat(5, starvation, HUNGRY)).toEqual([false, false, false, false, true])
  expect(starvation.limit(ALL)).toEqual(['audio'])
  expect(secondsUntilChange(starvation, { ...HUNGRY, estimate: 0 })).toBe(5)
  expect(starvation.limit(ALL)).toEqual(ALL)
})

test('each try that fails doubles the wait for the next, up to 160 seconds', () => {
  const starvation = new Starvation()
  const waits = Array.from({ length: 7 }, () => {
    repeat(5, starvation, HUNGRY)
    expect(starvation.limit(ALL)).toEqual(['audio'])
    return secondsUntilChange(starvation, { ...HUNGRY, estimate: 0 })
  })
  expect(waits).toEqual([5, 10, 20, 40, 80, 160, 160])
})

test('after a minute without hunger the next wait is short again', () => {
  const starvation = new Starvation()
  for (const wait of [5, 10, 20]) {
    repeat(5, starvation, HUNGRY)
    expect(secondsUntilChange(starvation, WELL)).toBe(wait)
  }
  repeat(60, starvation, WELL)
  repeat(5, starvation, HUNGRY)
  expect(secondsUntilChange(starvation, WELL)).toBe(5)
})

test('where there is a smaller layer, it comes first', () => {
  const starvation = new Starvation()
  repeat(5, starvation, { ...HUNGRY, hasLower: true })
  expect(starvation.limit(ALL)).toEqual(['audio', 'video-low'])
})

test('an estimate that is small but grows is no hunger; one that stays small is', () => {
  const starvation = new Starvation()
  for (let estimate = 30_000; estimate < 90_000; estimate *= 1.08)
    expect(starvation.tick({ ...HUNGRY, estimate })).toBe(false)
  expect(starvation.limit(ALL)).toEqual(ALL)
  expect(secondsUntilChange(starvation, HUNGRY)).toBeLessThanOrEqual(5)
})

test('a small estimate of a small stream is no hunger', () => {
  const starvation = new Starvation()
  expect(repeat(20, starvation, { ...HUNGRY, rate: 40_000 })).not.toContain(true)
})
