import { expect, it } from 'vitest'
import { createBackoff } from '../../../../src/platform/backoff.ts'

it('doubles the wait up to the longest, and begins again after a success', () => {
  const backoff = createBackoff({ random: () => 1, firstMs: 500, maxMs: 4_000 })
  const waits = () => [1, 2, 3, 4, 5].map(() => backoff.next())
  expect(waits()).toEqual([500, 1_000, 2_000, 4_000, 4_000])
  backoff.reset()
  expect(backoff.next()).toBe(500)
})

it('spreads clients over the second half of the wait', () => {
  const shortest = createBackoff({ random: () => 0, firstMs: 500 })
  const middle = createBackoff({ random: () => 0.5, firstMs: 500 })
  expect([shortest.next(), middle.next()]).toEqual([250, 375])
})

it('stays at the longest wait after any number of tries', () => {
  const backoff = createBackoff({ random: () => 1, maxMs: 20_000 })
  for (let tries = 0; tries < 5_000; tries += 1) backoff.next()
  expect(backoff.next()).toBe(20_000)
})
