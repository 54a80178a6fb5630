import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openWorld, type World } from '../support/browser.ts'
import type { Client } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { composerOf, messageOf, seed, shows } from './support/chat.ts'
import { barriers, sidewaysScroll, unreachableControls, untilStill } from './support/page.ts'

const LONG = 60_000
const path = '/channels/general'
let world: World
let clients: { alice: Client; bob: Client }
beforeAll(async () => {
  world = await openWorld()
  const [alice, bob] = [await world.pyrite.signIn('alice'), await world.pyrite.signIn('bob')]
  clients = { alice, bob }
  await seed(bob, 'general', ['Have you seen the draft?'])
}, LONG)
afterAll(() => world?.stop())
afterEach(() => expect(world.complaints()).toEqual([]))

type Act = { id: string }
const timeOutBob = async (): Promise<Act> => {
  const wish = { kind: 'timeout', userId: clients.bob.user.id, seconds: 600, reason: 'too loud' }
  const { body } = await clients.alice.send('POST', '/api/channels/general/moderation', wish)
  return body
}
const lift = ({ id }: Act) => clients.alice.send('DELETE', `/api/channels/general/moderation/${id}`)

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  it('commands, menu, dialog and log keep nobody out', { timeout: LONG }, async () => {
    const alice = await world.comes('alice', { colorScheme, path })
    const { page } = alice
    await shows(alice, 'Have you seen the draft?')
    await composerOf(alice).fill('/')
    await page.getByRole('listbox', { name: 'Ways to go on' }).waitFor()
    expect(await barriers(alice)).toEqual([])
    await composerOf(alice).fill('/kick @nobody')
    await page.getByText('Nobody here is called nobody.').waitFor()
    expect(await barriers(alice)).toEqual([])
    await composerOf(alice).fill('')
    await messageOf(alice, 'Have you seen the draft?').hover()
    await page.getByRole('button', { name: 'Moderate Bob' }).click()
    expect(await barriers(alice)).toEqual([])
    await page.getByRole('menuitem', { name: 'Ban' }).click()
    await page.getByRole('dialog', { name: 'Ban Bob from the channel?' }).waitFor()
    expect(await barriers(alice)).toEqual([])
    await page.keyboard.press('Escape')
    const act = await timeOutBob()
    await page.getByRole('button', { name: /channel settings/ }).click()
    await page.getByText('You timed Bob out').first().waitFor()
    expect(await barriers(alice)).toEqual([])
    const bob = await world.comes('bob', { colorScheme, path })
    await bob.page.getByText(/^You may only read and listen here until/).waitFor()
    expect(await barriers(bob)).toEqual([])
    await lift(act)
    await Promise.all([alice.close(), bob.close()])
  })
})

it('everything goes by keyboard: a command, and a menu that gives the focus back', {
  timeout: LONG,
}, async () => {
  const alice = await world.comes('alice', { path })
  const { page } = alice
  await shows(alice, 'Have you seen the draft?')
  await composerOf(alice).focus()
  await page.keyboard.type('/ti')
  await page.keyboard.press('Enter')
  expect(await composerOf(alice).inputValue()).toBe('/timeout ')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Tab')
  expect(await composerOf(alice).inputValue()).toBe('/timeout @bob ')
  await page.keyboard.press('Escape')
  await page.getByRole('listbox').waitFor({ state: 'detached' })
  await page.keyboard.type('5m too loud')
  await page.getByText('Bob only reads and listens here for 5 minutes. Reason: too loud').waitFor()
  await page.keyboard.press('Enter')
  await eventually(async () => expect(await composerOf(alice).inputValue()).toBe(''))

  const button = page.getByRole('button', { name: 'Moderate Bob' })
  await button.focus()
  await page.keyboard.press('Enter')
  const focused = () => page.evaluate(() => document.activeElement?.textContent)
  expect(await focused()).toBe('End the timeout')
  await page.keyboard.press('End')
  expect(await focused()).toBe('Ban from channel…')
  await page.keyboard.press('ArrowDown')
  expect(await focused()).toBe('End the timeout')
  await page.keyboard.press('Escape')
  await page.getByRole('menu').waitFor({ state: 'detached' })
  expect(await button.evaluate((element) => element === document.activeElement)).toBe(true)
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await page.getByText('Bob may write and speak here again.').waitFor()
  await alice.close()
})

it('on a phone everything is within reach of a thumb', { timeout: LONG }, async () => {
  const act = await timeOutBob()
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
  const alice = await world.comes('alice', { path, ...phone })
  const { page } = alice
  const looksWell = async () => {
    await untilStill(alice)
    expect(await unreachableControls(page, 24)).toEqual([])
    expect(await sidewaysScroll(page)).toBe(0)
  }
  await shows(alice, 'Have you seen the draft?')
  await composerOf(alice).fill(`/ban @bob 2h ${'many words '.repeat(8)}`)
  await page.getByText('Bans Bob from this channel for 2 hours.').waitFor()
  await looksWell()
  const [box, send] = await Promise.all([
    composerOf(alice).boundingBox(),
    page.getByRole('button', { name: 'Send' }).boundingBox(),
  ])
  expect(send?.x ?? 0).toBeGreaterThanOrEqual((box?.x ?? 0) + (box?.width ?? 0))
  await composerOf(alice).fill('')
  await page.getByRole('button', { name: /channel settings/ }).tap()
  await page.getByRole('button', { name: /^End now/ }).waitFor()
  await looksWell()
  await page.getByRole('button', { name: 'Moderate Bob' }).last().tap()
  await page.getByRole('menuitem', { name: 'Ban' }).tap()
  await page.getByRole('dialog', { name: 'Ban Bob from the channel?' }).waitFor()
  await looksWell()
  await lift(act)
  await alice.close()
})
