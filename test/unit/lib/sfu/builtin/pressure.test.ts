import { afterEach, expect, test } from 'vitest'
import { type Pressure, watchPressure } from '../../../../../lib/sfu/builtin/pressure.ts'
import { eventually } from '../../../../support/eventually.ts'

let pressure: Pressure

afterEach(() => pressure.stop())

const work = (forMs: number) => {
  const until = performance.now() + forMs
  while (performance.now() < until) Math.random()
}

test('a loop that works without a pause is behind; one that idles is not, and recovers', async () => {
  pressure = watchPressure(300)
  expect(pressure.lagMs()).toBe(0)
  const working = setInterval(() => work(100), 1)
  await eventually(() => expect(pressure.lagMs()).toBeGreaterThan(50))
  clearInterval(working)
  await eventually(() => expect(pressure.lagMs()).toBe(0))
})
