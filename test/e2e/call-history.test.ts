import { AxeBuilder } from '@axe-core/playwright'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openWorld, type Visitor, type World } from '../support/browser.ts'
import { eachSfu } from '../support/sfu.ts'
import { joinCall, leaveCall } from './support/call.ts'
import { seed, write } from './support/chat.ts'

const LONG = 100_000

eachSfu('calls among the messages', ({ galene }) => {
  let world: World
  let alice: Visitor
  let bob: Visitor
  const path = '/channels/general'
  beforeAll(async () => {
    world = await openWorld({ sfu: galene ? { galene } : 'builtin' })
    await seed(await world.pyrite.signIn('carol'), 'general', ['before the call'])
    ;[alice, bob] = await Promise.all([
      world.comes('alice', { path }),
      world.comes('bob', { path }),
    ])
  }, LONG)
  afterAll(() => world?.stop())
  afterEach(() => expect(world.complaints()).toEqual([]))

  const card = ({ page }: Visitor) => page.getByRole('region', { name: /^Call at / })
  const row = ({ page }: Visitor) => page.locator('li.beside')
  const attendance = (visitor: Visitor) => card(visitor).getByRole('listitem').allInnerTexts()

  it('a call that begins is told where it is talked, and can be joined from there', {
    timeout: LONG,
  }, async () => {
    await joinCall(alice)
    await card(bob).getByText('1 min, 1 person in it').waitFor()
    await row(bob).getByText('Call in progress').waitFor()
    await card(alice).waitFor()
    expect(await card(alice).getByRole('button', { name: 'Join' }).count()).toBe(0)
    await card(bob).getByRole('button', { name: 'Join' }).click()
    await bob.page.getByRole('button', { name: 'Join now' }).click()
    for (const one of [alice, bob]) {
      await card(one).getByText('1 min, 2 people in it').waitFor()
      await card(one).getByRole('button', { name: 'Join' }).waitFor({ state: 'detached' })
    }
  })

  it('it fills in while it runs, and somebody who comes late reads it all', {
    timeout: LONG,
  }, async () => {
    await write(alice, 'during the call')
    await card(alice).getByRole('button', { name: 'Who was in it' }).click()
    await expect
      .poll(() => attendance(alice))
      .toEqual([
        expect.stringMatching(/Alice.*in the call/s),
        expect.stringMatching(/Bob.*in the call/s),
      ])
    await leaveCall(bob)
    await card(alice).getByText('1 min, 1 person in it').waitFor()
    await expect
      .poll(() => attendance(alice))
      .toEqual([
        expect.stringMatching(/Alice.*in the call/s),
        expect.stringMatching(/Bob.*\d:\d\d.*to.*\d:\d\d/s),
      ])
    const carol = await world.comes('carol', { path })
    await card(carol).getByText('1 min, 1 person in it').waitFor()
    await card(carol).getByText('Alice', { exact: true }).waitFor()
    // The card may be there before the messages are.
    const places = async () => {
      const texts = await carol.page.locator('li.message').allInnerTexts()
      return ['before the call', 'Call in progress', 'during the call'].map((text) =>
        texts.findIndex((one) => one.includes(text)),
      )
    }
    await expect.poll(places).toEqual([0, 1, 2])
    await carol.close()
  })

  it('its end is told, and it stays as it was', { timeout: LONG }, async () => {
    await leaveCall(alice)
    for (const one of [alice, bob]) {
      await card(one).getByText('1 min, 2 people', { exact: true }).waitFor()
      expect(await card(one).getByRole('button', { name: 'Join' }).count()).toBe(0)
    }
    await bob.page.reload()
    await card(bob).getByText('1 min, 2 people', { exact: true }).waitFor()
    await card(bob).getByText('Alice, Bob').waitFor()
  })

  it('somebody who only looked in leaves no trace', { timeout: LONG }, async () => {
    const side = await world.pyrite.signIn('alice')
    await side.send('POST', '/api/channels', { name: 'Side talk', slug: 'side' })
    await alice.page.getByRole('link', { name: /Side talk/ }).click()
    await alice.page.getByRole('heading', { name: 'Side talk', level: 1 }).waitFor()
    await joinCall(alice)
    await card(alice).waitFor()
    await leaveCall(alice)
    await card(alice).waitFor({ state: 'detached' })
  })

  it.each(['light', 'dark'] as const)(
    'keeps nobody out, in %s',
    { timeout: LONG },
    async (colorScheme) => {
      const phone = { viewport: { width: 390, height: 844 }, colorScheme, path }
      const reader = await world.comes('bob', phone)
      await card(reader).getByRole('button', { name: 'Who was in it' }).click()
      await card(reader).getByRole('listitem').first().waitFor()
      const { violations } = await new AxeBuilder({ page: reader.page })
        .include('li.beside')
        .analyze()
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
      await reader.close()
    },
  )
})
