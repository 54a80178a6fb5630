import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openWorld, type Visitor, type World } from '../support/browser.ts'

const LONG = 60_000
let world: World
let alice: Visitor
beforeAll(async () => {
  world = await openWorld()
  alice = await world.comes('alice', { path: '/people' })
}, LONG)
afterAll(() => world?.stop())
afterEach(() => expect(world.complaints()).toEqual([]))

const signIn = async ({ page }: Visitor, username: string, password: string) => {
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

it('an admin adds a person, sees the password once, and the person can sign in with it', {
  timeout: LONG,
}, async () => {
  const { page } = alice
  await page.getByRole('button', { name: 'Add a person' }).click()
  await page.getByLabel('Display name').fill('Zoë Ångström')
  expect(await page.getByLabel('Username').inputValue()).toBe('zoe.angstrom')
  await page.getByRole('button', { name: 'Add person' }).click()
  const once = page.getByRole('dialog', { name: 'Password for Zoë Ångström' })
  const password = await once.locator('code').innerText()
  expect(password.length).toBeGreaterThanOrEqual(12)
  await once.getByRole('button', { name: 'Done' }).click()
  await page.getByText('@zoe.angstrom').waitFor()
  expect(await page.content()).not.toContain(password)

  const zoe = await world.stranger()
  await signIn(zoe, 'zoe.angstrom', password)
  await zoe.page.getByRole('link', { name: /general/ }).waitFor()
  await page.getByText('@zoe.angstrom · Online').waitFor()
  await zoe.close()
  await page.getByText('@zoe.angstrom · Offline').waitFor()
})

it('a person who is disabled is signed out at once, and cannot come back', {
  timeout: LONG,
}, async () => {
  const bob = await world.comes('bob', { path: '/channels/general' })
  bob.tolerate(/status of 401/)
  await bob.page.getByRole('heading', { name: 'general', level: 1 }).waitFor()
  const row = alice.page.getByRole('listitem').filter({ hasText: '@bob' })
  await row.getByText('@bob · Online').waitFor()
  await row.getByRole('button', { name: 'Disable' }).click()
  await bob.page.waitForURL('**/sign-in')
  await bob.page.getByText('You were signed out.').waitFor()
  await row.getByText('@bob · Disabled').waitFor()
  await signIn(bob, 'bob', 'correct horse battery')
  await bob.page.getByRole('alert').waitFor()
  await row.getByRole('button', { name: 'Enable' }).click()
  await row.getByText('@bob · Offline').waitFor()
  await signIn(bob, 'bob', 'correct horse battery')
  await bob.page.getByRole('link', { name: /general/ }).waitFor()
  await bob.close()
})

it('a password reset ends every session of the person', { timeout: LONG }, async () => {
  const carol = await world.comes('carol', { path: '/channels/general' })
  await carol.page.getByRole('heading', { name: 'general', level: 1 }).waitFor()
  await alice.page.getByRole('button', { name: 'Reset password of Carol' }).click()
  await alice.page.getByRole('dialog').getByRole('button', { name: 'Reset password' }).click()
  const once = alice.page.getByRole('dialog', { name: 'Password for Carol' })
  const password = await once.locator('code').innerText()
  await once.getByRole('button', { name: 'Done' }).click()
  await carol.page.waitForURL('**/sign-in')
  await signIn(carol, 'carol', password)
  await carol.page.getByRole('link', { name: /general/ }).waitFor()
  await carol.close()
})

it('who is no admin sees the people and nothing to manage', { timeout: LONG }, async () => {
  const carol = await world.comes('mallory', { path: '/people' })
  await carol.page.getByText('@alice').waitFor()
  for (const name of [/Add a person/, /Disable/, /Reset password/]) {
    expect(await carol.page.getByRole('button', { name }).count()).toBe(0)
  }
  await carol.close()
})
