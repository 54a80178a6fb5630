import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openWorld, type Visitor, type World } from '../support/browser.ts'
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

/** Alice, whose browser gets none of the code behind calls. */
const comesWithoutCalls = async (): Promise<Visitor> => {
  const alice = await world.comes('alice', {
    path: '/channels/general',
    prepare: (context) => context.route(CODE, (route) => route.abort()),
  })
  alice.tolerate(EXPECTED)
  return alice
}

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
