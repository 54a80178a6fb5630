import { expect, it } from 'vitest'
import { ratePerPerson } from '../../../../../lib/platform/ws/rate.ts'

const HOUR_MS = 3_600_000

it('a clock that is set back by hours keeps nobody from anything but for as long as before', () => {
  let now = 10 * HOUR_MS
  const mustBeSlow = ratePerPerson({ perSecond: 1, burst: 2, now: () => now, message: 'too fast' })
  mustBeSlow('alice')
  now -= 3 * HOUR_MS
  mustBeSlow('alice')
  expect(() => mustBeSlow('alice')).toThrow('too fast')
  now += 1_000
  mustBeSlow('alice')
  now += HOUR_MS
  mustBeSlow('alice')
  mustBeSlow('alice')
  expect(() => mustBeSlow('alice')).toThrow('too fast')
})
