import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openWorld, type World } from '../support/browser.ts'
import { joinCall, tileOf } from './support/call.ts'
import { seed, shows } from './support/chat.ts'
import { barriers, coveredByHead } from './support/page.ts'

const LONG = 90_000
let world: World
beforeAll(async () => {
  world = await openWorld({ sfu: 'builtin' })
  await seed(await world.pyrite.signIn('bob'), 'general', [
    'Have you seen the draft?',
    '**Yes**, and `code` too: https://example.org',
    '> quoted\n\nand answered',
    '/me waves',
  ])
  const [alice, mallory] = [
    await world.pyrite.signIn('alice'),
    await world.pyrite.signIn('mallory'),
  ]
  await alice.send('PATCH', `/api/users/${mallory.user.id}`, { disabled: true })
}, LONG)
afterAll(() => world?.stop())
afterEach(() => expect(world.complaints()).toEqual([]))

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  it('the sign-in page keeps nobody out', { timeout: LONG }, async () => {
    const somebody = await world.stranger({ colorScheme })
    await somebody.page.getByLabel('Password').waitFor()
    expect(await barriers(somebody)).toEqual([])
    await somebody.close()
  })

  it('a channel and the call beside it keep nobody out', { timeout: LONG }, async () => {
    const path = '/channels/general'
    const alice = await world.comes('alice', { colorScheme, path })
    const bob = await world.comes('bob', { path })
    await shows(alice, 'Have you seen the draft?')
    expect(await barriers(alice)).toEqual([])
    await alice.page.getByRole('button', { name: /^Join call/ }).click()
    await alice.page.getByRole('button', { name: 'Turn camera off' }).waitFor()
    expect(await barriers(alice)).toEqual([])
    await alice.page.getByRole('button', { name: 'Cancel' }).click()
    await joinCall(alice)
    await joinCall(bob)
    await tileOf(alice, 'Bob').locator('video').waitFor()
    expect(await barriers(alice)).toEqual([])
    await Promise.all([alice.close(), bob.close()])
  })

  it('the other pages and the dialogs keep nobody out', { timeout: LONG }, async () => {
    const alice = await world.comes('alice', { colorScheme, path: '/people' })
    const { page } = alice
    await page.getByText('@bob').waitFor()
    expect(await barriers(alice)).toEqual([])
    await page.getByRole('button', { name: 'Add a person' }).click()
    await page.getByRole('dialog').waitFor()
    expect(await barriers(alice)).toEqual([])
    await page.goto('/settings')
    await page.getByText('This device').waitFor()
    expect(await barriers(alice)).toEqual([])
    await page.goto('/admin/calls')
    await page.getByText('things are well').click()
    expect(await barriers(alice)).toEqual([])
    await page.goto('/channels/general')
    await shows(alice, 'Have you seen the draft?')
    for (const name of [
      'Create a channel',
      'Browse open channels',
      /channel settings/,
      /^Jump to/,
    ]) {
      await page.getByRole('button', { name }).click()
      await page.getByRole('dialog').waitFor()
      expect(await barriers(alice)).toEqual([])
      expect(await coveredByHead(page)).toBeLessThanOrEqual(0)
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    }
    await alice.close()
  })
})
