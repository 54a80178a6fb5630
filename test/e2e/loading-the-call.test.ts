import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openWorld, type World } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'

const LONG = 60_000
const CODE = '**/assets/call-parts-*.js'
const EXPECTED = /call-parts|ERR_FAILED/

let world: World
beforeAll(async () => {
  world = await openWorld()
}, LONG)
afterAll(() => world?.stop())
afterEach(() => expect(world.complaints()).toEqual([]))

/** Alice, whose browser gets none of the code behind calls, and how often it has asked. */
const comesWithoutCalls = async () => {
  let asked = 0
  const alice = await world.comes('alice', {
    path: '/channels/general',
    prepare: (context) =>
      context.route(CODE, async (route) => {
        await route.abort()
        asked += 1
      }),
  })
  alice.tolerate(EXPECTED)
  return { page: alice.page, asked: () => asked }
}

it('a click loads what did not come while the network was away', { timeout: LONG }, async () => {
  const { page, asked } = await comesWithoutCalls()
  await eventually(() => expect(asked()).toBe(1))
  await page.context().unroute(CODE)
  await page.getByRole('button', { name: /^Join call/ }).click()
  await page.getByRole('button', { name: 'Join now' }).waitFor()
  expect(await page.getByText(/be loaded/).count()).toBe(0)
})

it('says that calls could not be loaded, and a reload brings them back', {
  timeout: LONG,
}, async () => {
  const { page } = await comesWithoutCalls()
  const join = page.getByRole('button', { name: /^Join call/ })
  const reload = page.getByRole('button', { name: 'Reload the page' })
  await eventually(async () => {
    if ((await reload.count()) === 0) await join.click({ timeout: 1_000 })
    await page.getByText(/^Calls (could not|still cannot) be loaded/).waitFor({ timeout: 1_000 })
    expect(await reload.count()).toBe(1)
  }, 20_000)
  await page.context().unroute(CODE)
  await reload.click()
  await join.click()
  await page.getByRole('button', { name: 'Join now' }).waitFor()
})
