import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openWorld, type World } from '../support/browser.ts'

const LONG = 60_000
let world: World
beforeAll(async () => {
  world = await openWorld()
}, LONG)
afterAll(() => world?.stop())
afterEach(() => expect(world.complaints()).toEqual([]))

it('an admin finds out that no call server answers, and what to do about it', {
  timeout: LONG,
}, async () => {
  const { page, close } = await world.comes('alice', { path: '/settings' })
  await page
    .getByRole('region', { name: 'Administration' })
    .getByRole('link', { name: 'Open' })
    .click()
  await page.getByRole('heading', { name: 'Calls', level: 1 }).waitFor()
  await page.getByText('It does not answer: nobody can join a call.').waitFor()
  await page.getByRole('status').filter({ hasText: '1 problem' }).waitFor()
  await page.getByText('Problem: The call server does not answer').waitFor()
  await page.getByText(/Start it, compare sfu.url/).waitFor()
  await page.getByRole('link', { name: 'general' }).first().waitFor()
  const again = page.getByRole('button', { name: 'Check again' })
  await again.click()
  await again.waitFor()
  await page.getByText('1 problem').waitFor()
  await close()
})

it('somebody who is no admin finds nothing there', { timeout: LONG }, async () => {
  const { page, close } = await world.comes('bob', { path: '/admin/calls' })
  await page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor()
  await page.goto(`${new URL(page.url()).origin}/settings`)
  await page.getByRole('heading', { name: 'Devices' }).waitFor()
  expect(await page.getByRole('heading', { name: 'Administration' }).count()).toBe(0)
  await close()
})
