import { afterEach, expect, test } from 'vitest'
import { type Pressure, watchPressure } from '../../../../../lib/sfu/builtin/pressure.ts'
import { eventually } from '../../../../support/eventually.ts'

let pressure: Pressure

afterEach(() => pressure.stop())

const work = (forMs: number) => {
  const until = performance.now() + forMs
  while (performance.now() < until) Math.random()
}

test('a process that works without a pause is behind; once it idles it is not', async () => {
  pressure = watchPressure(300, 0.1)
  expect(pressure.lagMs()).toBe(0)
  const working = setInterval(() => work(100), 1)
  await eventually(() => expect(pressure.lagMs()).toBeGreaterThan(50), 15_000)
  clearInterval(working)
  await eventually(() => expect(pressure.lagMs()).toBe(0), 15_000)
}, 40_000)
