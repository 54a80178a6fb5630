import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openWorld, type VisitOptions, type Visitor, type World } from '../support/browser.ts'
import { decodes, joinCall } from './support/call.ts'
import { composerOf, seed, shows } from './support/chat.ts'
import { sidewaysScroll, unreachableControls } from './support/page.ts'

const LONG = 90_000
const PHONE: VisitOptions = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
}
/** The least that WCAG 2.2 asks of a target, in CSS pixels. */
const SMALLEST = 24

let world: World
beforeAll(async () => {
  world = await openWorld({ sfu: 'builtin' })
  const client = await world.pyrite.signIn('bob')
  const name = 'A channel with quite a long name that does not fit'
  await client.send('POST', '/api/channels', { name })
  await seed(client, 'general', [
    'Short',
    `https://example.org/${'long-'.repeat(60)}`,
    'w'.repeat(300),
  ])
}, LONG)
afterAll(() => world?.stop())
afterEach(() => expect(world.complaints()).toEqual([]))

const fits = async ({ page }: Visitor, where: string) => {
  expect({ where, sideways: await sidewaysScroll(page) }).toEqual({ where, sideways: 0 })
  expect({ where, unreachable: await unreachableControls(page, SMALLEST) }).toEqual({
    where,
    unreachable: [],
  })
}

/** On a phone Enter begins a new line; a button sends. */
const send = async (visitor: Visitor, text: string) => {
  await composerOf(visitor).fill(text)
  await visitor.page.getByRole('button', { name: 'Send', exact: true }).tap()
}

it('every page fits, with every control in reach', { timeout: LONG }, async () => {
  const somebody = await world.stranger(PHONE)
  await somebody.page.getByLabel('Password').waitFor()
  await fits(somebody, 'sign-in')
  await somebody.close()

  const alice = await world.comes('alice', { ...PHONE, path: '/channels' })
  const { page } = alice
  const channels = page.getByRole('region', { name: 'Channels' })
  await channels.getByRole('link', { name: /general/ }).waitFor()
  await fits(alice, 'channels')
  await channels.getByRole('link', { name: /general/ }).tap()
  await shows(alice, 'Short')
  await fits(alice, 'channel')
  await send(alice, 'From my phone')
  await shows(alice, 'From my phone')
  await page.getByRole('link', { name: 'All channels' }).tap()
  await page.getByRole('link', { name: 'People', exact: true }).tap()
  await page.getByText('@bob').waitFor()
  await fits(alice, 'people')
  await page.getByRole('link', { name: 'Settings' }).last().tap()
  await page.getByText('This device').waitFor()
  await fits(alice, 'settings')
  await alice.close()
})

it('letters twice as large fit, with every control in reach', { timeout: LONG }, async () => {
  const alice = await world.comes('alice', { ...PHONE, path: '/people' })
  const { page } = alice
  await page.getByText('@bob').waitFor()
  await page.evaluate(() => {
    document.documentElement.style.fontSize = '200%'
  })
  await fits(alice, 'people in large letters')
  await page.getByRole('link', { name: 'Channels', exact: true }).last().tap()
  await page
    .getByRole('region', { name: 'Channels' })
    .getByRole('link', { name: /general/ })
    .tap()
  await page.getByRole('button', { name: /channel settings/ }).tap()
  await page.getByRole('heading', { name: /^People · / }).waitFor()
  await fits(alice, 'a channel in large letters')
  await alice.close()
})

it('a tablet has room for fingers, too', { timeout: LONG }, async () => {
  const viewport = { width: 1024, height: 768 }
  const alice = await world.comes('alice', { ...PHONE, viewport, path: '/channels/general' })
  await shows(alice, 'Short')
  for (const name of [/^general/, 'See all']) {
    const box = await alice.page.getByRole('link', { name }).first().boundingBox()
    expect(box?.height).toBeGreaterThanOrEqual(40)
  }
  await alice.close()
})

it('somebody in no channel is offered what to do first', { timeout: LONG }, async () => {
  const mallory = await world.comes('mallory', { ...PHONE, path: '/channels' })
  const { page } = mallory
  const offers = page.locator('.nav-empty-actions')
  await offers.getByRole('button', { name: 'Create a channel' }).waitFor()
  await fits(mallory, 'no channels')
  await offers.getByRole('button', { name: 'Browse open channels' }).tap()
  await page.getByRole('dialog', { name: 'Open channels' }).waitFor()
  await mallory.close()
})

it('the longest name takes one line, in the box to write in and over the call', {
  timeout: LONG,
}, async () => {
  const client = await world.pyrite.signIn('alice')
  const name = 'W'.repeat(80)
  await client.send('POST', '/api/channels', { name, slug: 'long-name' })
  const alice = await world.comes('alice', { ...PHONE, path: '/channels/long-name' })
  const heightOf = async (selector: string) =>
    (await alice.page.locator(selector).boundingBox())?.height
  await composerOf(alice).waitFor()
  expect(await heightOf('.composer textarea')).toBeLessThan(40)
  await joinCall(alice)
  expect(await heightOf('.call-panel-head')).toBeLessThan(60)
  await fits(alice, 'a call with a long name')
  await alice.close()
})

it('a long name that runs from right to left keeps its beginning', { timeout: LONG }, async () => {
  const client = await world.pyrite.signIn('alice')
  const name = 'قناة التصميم والبحث والتطوير والاختبار'
  await client.send('POST', '/api/channels', { name, slug: 'right-to-left' })
  const alice = await world.comes('alice', { ...PHONE, path: '/channels/right-to-left' })
  const head = alice.page.locator('.channel-head .channel-name')
  await head.waitFor()
  const { box, first } = await head.evaluate((element) => {
    const range = document.createRange()
    range.setStart(element.firstChild ?? element, 0)
    range.setEnd(element.firstChild ?? element, 1)
    return { box: element.getBoundingClientRect(), first: range.getBoundingClientRect() }
  })
  expect(first.right).toBeLessThanOrEqual(box.right + 1)
  expect(first.left).toBeGreaterThanOrEqual(box.left)
  await alice.close()
})

it('a call can be joined, put away, found again and left', { timeout: LONG }, async () => {
  const bob = await world.comes('bob', { path: '/channels/general' })
  await joinCall(bob)
  const alice = await world.comes('alice', { ...PHONE, path: '/channels/general' })
  const { page } = alice
  await page.getByRole('button', { name: /^Join call/ }).tap()
  await page.getByRole('button', { name: 'Turn camera off' }).waitFor()
  await fits(alice, 'pre-join')
  await page.getByRole('button', { name: 'Join now' }).tap()
  await page.getByTestId('call-state').getByText('Connected').waitFor()
  await decodes(alice, 'Bob')
  await fits(alice, 'call')
  await page.getByRole('button', { name: 'Back to the chat' }).tap()
  await send(alice, 'In the call and writing')
  await shows(bob, 'In the call and writing')
  await fits(alice, 'channel beside a call')
  const [own, other] = [await world.pyrite.signIn('alice'), await world.pyrite.signIn('bob')]
  await own.send('PUT', `/api/channels/general/members/${other.user.id}`, { role: 'moderator' })
  await other.send('POST', '/api/channels/general/moderation', { kind: 'mute' })
  const asked = 'Bob asks you to stay muted. Your microphone is off.'
  await page.locator('.toast').getByText(asked).waitFor()
  await page.getByRole('region', { name: 'Your call' }).getByRole('link').tap()
  await page.getByRole('toolbar').getByRole('button', { name: 'Leave' }).tap()
  await page.getByRole('button', { name: /^Join call/ }).waitFor()
  await Promise.all([alice.close(), bob.close()])
})
