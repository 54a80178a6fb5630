import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openWorld, type Visitor, type World } from '../support/browser.ts'
import { PASSWORD } from '../support/pyrite.ts'
import { shows, write } from './support/chat.ts'

const LONG = 60_000
let world: World
beforeAll(async () => {
  world = await openWorld()
}, LONG)
afterAll(() => world?.stop())
afterEach(() => expect(world.complaints()).toEqual([]))

const signIn = async ({ page }: Visitor, username: string, password: string) => {
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

it('a wrong password is refused without saying which half was wrong; the right one opens the page that was wanted', {
  timeout: LONG,
}, async () => {
  const somebody = await world.stranger({ path: '/channels/general' })
  // Chromium reports every refused request by itself.
  somebody.tolerate(/status of 401/)
  const { page } = somebody
  await page.waitForURL('**/sign-in')
  await signIn(somebody, 'bob', 'wrong password')
  const first = await page.getByRole('alert').innerText()
  await signIn(somebody, 'nobody.here', 'wrong password')
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  expect(await page.getByRole('alert').innerText()).toBe(first)
  await signIn(somebody, ' Bob ', PASSWORD)
  await page.waitForURL('**/channels/general')
  await page.getByRole('heading', { name: 'general', level: 1 }).waitFor()
  await write(somebody, 'I am in')
  await shows(somebody, 'I am in')
  await somebody.close()
})

it('the first screen has my channels, the people and me', { timeout: LONG }, async () => {
  const { page, close } = await world.comes('carol')
  await page.waitForURL('**/channels/general')
  const side = page.getByRole('navigation', { name: 'Workspace' })
  await side.getByRole('link', { name: /general/ }).waitFor()
  await side.getByText('Alice').waitFor()
  await side.getByText('Available').waitFor()
  await page.getByRole('button', { name: 'Join call' }).waitFor()
  await close()
})

it('signing out ends it on every tab, and its address shows nothing of it', {
  timeout: LONG,
}, async () => {
  const { page, close } = await world.comes('bob', { path: '/settings' })
  const other = await page.context().newPage()
  await other.goto('/channels/general')
  await other.getByText('I am in').waitFor()
  await page.getByRole('button', { name: 'Sign out', exact: true }).last().click()
  await page.waitForURL('**/sign-in')
  await other.waitForURL('**/sign-in')
  await page.goto('/channels/general')
  await page.waitForURL('**/sign-in')
  expect(await page.getByText('I am in').count()).toBe(0)
  expect(await other.getByText('I am in').count()).toBe(0)
  await close()
})

it('the theme that was chosen stays', { timeout: LONG }, async () => {
  const { page, close } = await world.comes('bob', { path: '/settings' })
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const light = await ground()
  await page.getByText('Dark', { exact: true }).click()
  expect(await ground()).not.toBe(light)
  const dark = await ground()
  await page.reload()
  await page.getByRole('heading', { name: 'Settings' }).waitFor()
  expect(await ground()).toBe(dark)
  await close()
})
