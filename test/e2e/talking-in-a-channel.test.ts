import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openWorld, type Visitor, type World } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { composerOf, messageOf, seed, shows, textsOf, write } from './support/chat.ts'

const LONG = 60_000
let world: World
let alice: Visitor
let bob: Visitor

beforeAll(async () => {
  const chat = { posts_per_second: 10_000, posts_burst: 10_000 }
  const socket = { messages_per_second: 10_000, messages_burst: 10_000 }
  world = await openWorld({ settings: { chat, socket } })
  const path = '/channels/general'
  alice = await world.comes('alice', { path })
  bob = await world.comes('bob', { path })
}, LONG)
afterAll(() => world?.stop())
afterEach(() => expect(world.complaints()).toEqual([]))

it('what one posts the other reads at once, safely and as written', { timeout: LONG }, async () => {
  await write(alice, 'Good morning')
  await Promise.all([shows(alice, 'Good morning'), shows(bob, 'Good morning')])
  await write(bob, '<img src=x onerror=alert(1)>')
  await shows(alice, '<img src=x onerror=alert(1)>')
  await write(bob, '**Bold** with `code` and https://example.org/a?b=1')
  const message = alice.page.locator('li.message').last()
  await message.locator('strong', { hasText: 'Bold' }).waitFor()
  await message.locator('code', { hasText: 'code' }).waitFor()
  const link = message.getByRole('link', { name: 'https://example.org/a?b=1' })
  expect(await link.getAttribute('rel')).toContain('noopener')
  expect(await alice.page.locator('li.message img').count()).toBe(0)
  await write(alice, '/me waves')
  await bob.page.locator('.act', { hasText: 'Alice waves' }).waitFor()
})

it('an edit and a deletion arrive everywhere, and only one’s own can be edited', {
  timeout: LONG,
}, async () => {
  await write(bob, 'We meet at nine')
  await shows(alice, 'We meet at nine')
  expect(
    await messageOf(alice, 'We meet at nine').getByRole('button', { name: 'Edit' }).count(),
  ).toBe(0)
  await messageOf(bob, 'We meet at nine').hover()
  await messageOf(bob, 'We meet at nine').getByRole('button', { name: 'Edit' }).click()
  await bob.page.getByRole('textbox', { name: 'Edit message' }).fill('We meet at ten')
  await bob.page.keyboard.press('Enter')
  const edited = alice.page.locator('li.message', { hasText: 'We meet at ten' })
  await edited.getByText('(edited)').waitFor()
  const theirs = bob.page.locator('li.message', { hasText: 'We meet at ten' })
  await theirs.hover()
  await theirs.getByRole('button', { name: 'Delete' }).click()
  await bob.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await alice.page.getByText('This message was deleted.').waitFor()
  expect(await alice.page.getByText('We meet at ten').count()).toBe(0)
})

it('says who is typing, and stops when the message is there', { timeout: LONG }, async () => {
  // Notices are told now and then only, so Bob goes on typing until one is.
  await eventually(async () => {
    await composerOf(bob).press('a')
    expect(await alice.page.getByText('Bob is typing…').count()).toBe(1)
  }, 10_000)
  await composerOf(bob).fill('Let me')
  await composerOf(bob).press('Enter')
  await alice.page.getByText('Bob is typing…').waitFor({ state: 'detached' })
  await shows(alice, 'Let me')
})

it('says that somebody types again right after they sent something', {
  timeout: LONG,
}, async () => {
  await composerOf(bob).press('a')
  await composerOf(bob).press('Enter')
  await shows(alice, 'a')
  // One key, and no other that would tell it later.
  await composerOf(bob).press('b')
  await alice.page.getByText('Bob is typing…').waitFor()
  await composerOf(bob).fill('')
})

it('counts what somebody has not read in a channel, until they look', {
  timeout: LONG,
}, async () => {
  await alice.page.getByRole('button', { name: 'Create a channel' }).click()
  const dialog = alice.page.getByRole('dialog', { name: 'Create a channel' })
  await dialog.getByLabel('Name').fill('Équipe Été & co')
  await eventually(async () =>
    expect(await dialog.getByLabel('Address').inputValue()).toBe('equipe-ete-and-co'),
  )
  await dialog.getByRole('button', { name: 'Create channel' }).click()
  await alice.page.waitForURL('**/channels/equipe-ete-and-co')
  await bob.page.getByRole('button', { name: 'Browse open channels' }).click()
  await bob.page.getByRole('dialog').getByRole('button', { name: 'Join', exact: true }).click()
  await bob.page.waitForURL('**/channels/equipe-ete-and-co')
  await bob.page.getByRole('link', { name: /^general/ }).click()
  await bob.page.waitForURL('**/channels/general')

  await write(alice, 'One')
  await write(alice, 'Two')
  const link = bob.page.getByRole('link', { name: /^Équipe Été & co/ })
  await link.getByText('2 unread').waitFor()
  await eventually(async () => expect(await bob.page.title()).toMatch(/^\(2\)/))
  await link.click()
  await bob.page.locator('.separator.new').waitFor()
  await shows(bob, 'Two')
  await link.locator('.count').waitFor({ state: 'detached' })
  await bob.page.reload()
  await shows(bob, 'Two')
  expect(await bob.page.getByText('unread').count()).toBe(0)
})

it('a private channel is as if it were not there for everybody outside', {
  timeout: LONG,
}, async () => {
  const mallory = await world.comes('mallory')
  await alice.page.getByRole('button', { name: 'Create a channel' }).click()
  const dialog = alice.page.getByRole('dialog', { name: 'Create a channel' })
  await dialog.getByLabel('Name').fill('Salaries')
  await dialog.getByLabel(/^Private/).check()
  await dialog.getByRole('button', { name: 'Create channel' }).click()
  await alice.page.waitForURL('**/channels/salaries')
  await write(alice, 'Only for us')
  await shows(alice, 'Only for us')

  await mallory.page.goto('/channels/salaries')
  await mallory.page.getByText('There is no such channel').waitFor()
  expect(await mallory.page.getByText('Salaries').count()).toBe(0)
  await mallory.page.getByRole('button', { name: 'Browse open channels' }).click()
  await mallory.page.getByRole('dialog').getByText('general', { exact: true }).waitFor()
  expect(await mallory.page.getByText('Salaries').count()).toBe(0)

  await alice.page.getByRole('button', { name: /channel settings/ }).click()
  const panel = alice.page.getByRole('dialog', { name: 'About Salaries' })
  await panel.getByLabel('Person to add').selectOption({ label: 'Bob (@bob)' })
  await panel.getByRole('button', { name: 'Add', exact: true }).click()
  await bob.page.getByRole('link', { name: /Salaries/ }).click()
  await shows(bob, 'Only for us')
  await mallory.close()
})

it('goes back through hundreds of messages page by page, and to the newest by one click', {
  timeout: LONG,
}, async () => {
  const client = await world.pyrite.signIn('alice')
  await client.send('POST', '/api/channels', { name: 'Archive' })
  const texts = Array.from({ length: 320 }, (_, at) => `Entry ${at + 1}`)
  await seed(client, 'archive', texts)
  await alice.page.goto('/channels/archive')
  await shows(alice, 'Entry 320')
  const log = alice.page.locator('.log')
  await eventually(async () => {
    await log.evaluate((box) => box.scrollTo({ top: 0 }))
    expect(await alice.page.getByText('This is the beginning of').count()).toBe(1)
  }, 30_000)
  await shows(alice, 'Entry 1')
  const shown = await textsOf(alice)
  expect(shown).toEqual(texts.slice(0, shown.length))
  await alice.page.getByRole('button', { name: /Jump to latest|new$/ }).click()
  await shows(alice, 'Entry 320')
  expect(new Set(await textsOf(alice)).size).toBe((await textsOf(alice)).length)
})
