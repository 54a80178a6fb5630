import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openWorld, type World } from '../support/browser.ts'
import { PASSWORD } from '../support/pyrite.ts'
import { seed, shows } from './support/chat.ts'
import { tabTo } from './support/page.ts'

const LONG = 60_000
let world: World
beforeAll(async () => {
  world = await openWorld({ sfu: 'builtin' })
  const client = await world.pyrite.signIn('bob')
  await client.send('POST', '/api/channels', { name: 'Design review' })
  await seed(client, 'general', ['First of all'])
}, LONG)
afterAll(() => world?.stop())
afterEach(() => expect(world.complaints()).toEqual([]))

it('signs in, jumps to a channel, posts, edits, joins a call and leaves it without a mouse', {
  timeout: LONG,
}, async () => {
  const bob = await world.stranger()
  const { page } = bob
  const { keyboard } = page
  await page.getByLabel('Username').waitFor()
  await keyboard.type('bob')
  await keyboard.press('Tab')
  await keyboard.type(PASSWORD)
  await keyboard.press('Enter')
  await page.getByRole('navigation', { name: 'Workspace' }).waitFor()

  await keyboard.press('Control+k')
  await page.getByRole('dialog', { name: 'Jump to' }).waitFor()
  await keyboard.type('gen')
  await keyboard.press('Enter')
  await page.waitForURL('**/channels/general')
  await shows(bob, 'First of all')

  await keyboard.type('Typed without a mouse')
  await keyboard.press('Enter')
  await shows(bob, 'Typed without a mouse')
  await keyboard.press('ArrowUp')
  await page.getByRole('textbox', { name: 'Edit message' }).waitFor()
  await keyboard.type(', twice')
  await keyboard.press('Enter')
  await page.getByText('(edited)').waitFor()

  await tabTo(page, /^Join call/)
  await keyboard.press('Enter')
  await page.getByRole('button', { name: 'Turn camera off' }).waitFor()
  await tabTo(page, /^Join now/)
  await keyboard.press('Enter')
  await page.getByTestId('call-state').getByText('Connected').waitFor()
  await tabTo(page, /^Mute$/)
  await keyboard.press('Space')
  await page.getByRole('button', { name: 'Unmute' }).waitFor()
  await tabTo(page, /^Devices$/)
  await keyboard.press('Enter')
  await page.getByLabel('Camera', { exact: true }).waitFor()
  await keyboard.press('Tab')
  await keyboard.press('Escape')
  await page.getByLabel('Camera', { exact: true }).waitFor({ state: 'hidden' })
  await tabTo(page, /^Devices$/, 1)
  await keyboard.press('Enter')
  await page.getByLabel('Camera', { exact: true }).waitFor()
  await tabTo(page, /^Leave$/)
  await page.getByLabel('Camera', { exact: true }).waitFor({ state: 'hidden' })
  await keyboard.press('Enter')
  await page.getByTestId('call-state').waitFor({ state: 'detached' })
  await bob.close()
})

it('shows where the focus is, and whatever closes what is open gives it back', {
  timeout: LONG,
}, async () => {
  const bob = await world.comes('bob', { path: '/channels/general' })
  const { page } = bob
  await page.getByRole('heading', { name: 'general', level: 1 }).waitFor()
  await tabTo(page, /^Create a channel$/)
  const outline = await page.evaluate(() => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(
      document.activeElement ?? document.body,
    )
    return (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2) || boxShadow !== 'none'
  })
  expect(outline).toBe(true)
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Create a channel' }).waitFor()
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('INPUT')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  const label = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
  expect(label).toBe('Create a channel')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Close' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.waitForFunction(
    () => document.activeElement?.getAttribute('aria-label') === 'Create a channel',
  )
  await bob.close()
})
