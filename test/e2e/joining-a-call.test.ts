import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openWorld, type Visitor, type World } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { eachSfu } from '../support/sfu.ts'
import { decodes, hears, joinCall, leaveCall, liveTracks, tileOf } from './support/call.ts'

const LONG = 100_000

eachSfu('three people in a call', ({ galene }) => {
  let world: World
  let alice: Visitor
  let bob: Visitor
  let carol: Visitor
  beforeAll(async () => {
    world = await openWorld({ sfu: galene ? { galene } : 'builtin' })
    const path = '/channels/general'
    ;[alice, bob, carol] = await Promise.all([
      world.comes('alice', { path }),
      world.comes('bob', { path }),
      world.comes('carol', { path }),
    ])
    await joinCall(alice)
    await Promise.all([joinCall(bob), joinCall(carol)])
  }, LONG)
  afterAll(() => world?.stop())
  afterEach(() => expect(world.complaints()).toEqual([]))

  const everyPair = (): [Visitor, string][] => [
    [alice, 'Bob'],
    [alice, 'Carol'],
    [bob, 'Alice'],
    [bob, 'Carol'],
    [carol, 'Alice'],
    [carol, 'Bob'],
  ]

  it('each sees moving pictures of the other two and hears them', { timeout: LONG }, async () => {
    await Promise.all(
      everyPair().flatMap(([viewer, name]) => [decodes(viewer, name), hears(viewer, name)]),
    )
    for (const { page } of [alice, bob, carol]) {
      await page.getByText('3 people in the call').waitFor()
    }
  })

  it('the channel list says who is in the call', { timeout: LONG }, async () => {
    const link = bob.page.getByRole('link', { name: /general/ })
    await link.getByText('In a call · 3').waitFor()
    await link.getByText(/Alice, Bob, Carol|Alice, Carol, Bob/).waitFor({ state: 'attached' })
  })

  it('a muted person carries a mark at the others', { timeout: LONG }, async () => {
    await alice.page.getByRole('button', { name: 'Mute', exact: true }).click()
    for (const other of [bob, carol]) await tileOf(other, 'Alice').getByText('muted').waitFor()
    await alice.page.getByRole('button', { name: 'Unmute' }).click()
    for (const other of [bob, carol]) {
      await tileOf(other, 'Alice').getByText('muted').waitFor({ state: 'detached' })
      await hears(other, 'Alice')
    }
  })

  it('a camera turned off is off: its light, and the picture at the others', {
    timeout: LONG,
  }, async () => {
    await bob.page.getByRole('button', { name: 'Turn camera off' }).click()
    for (const other of [alice, carol]) {
      await tileOf(other, 'Bob').locator('video').waitFor({ state: 'detached' })
    }
    await eventually(async () => expect(await liveTracks(bob)).toBe(1))
    await bob.page.getByRole('button', { name: 'Turn camera on' }).click()
    await Promise.all([decodes(alice, 'Bob'), decodes(carol, 'Bob')])
  })

  it('a shared screen is a picture of its own, enlarged by a click, beside what can be done with the others', {
    timeout: LONG,
  }, async () => {
    await carol.page.getByRole('button', { name: 'Share screen' }).click()
    await Promise.all([decodes(alice, 'Carol, screen'), decodes(bob, 'Carol, screen')])
    await alice.page.getByRole('button', { name: 'Enlarge Carol, screen' }).click()
    await alice.page.getByTestId('stage').locator('video').waitFor()
    await tileOf(alice, 'Bob').getByLabel('More for Bob').click()
    await tileOf(alice, 'Bob').getByText('Send a file').waitFor()
    await alice.page.keyboard.press('Escape')
    await alice.page.getByTestId('stage').locator('video').waitFor()
    await carol.page.getByRole('button', { name: 'Stop sharing' }).click()
    for (const other of [alice, bob]) {
      await tileOf(other, 'Carol, screen').waitFor({ state: 'detached' })
    }
    await alice.page.getByTestId('stage').waitFor({ state: 'detached' })
    await decodes(alice, 'Carol')
  })

  it('another channel keeps the call, with a bar that leads back', { timeout: LONG }, async () => {
    await world.pyrite
      .signIn('bob')
      .then((client) => client.send('POST', '/api/channels', { name: 'Side talk' }))
    await bob.page.getByRole('link', { name: /Side talk/ }).click()
    await bob.page.getByRole('heading', { name: 'Side talk', level: 1 }).waitFor()
    await Promise.all([decodes(alice, 'Bob'), hears(bob, 'Alice')])
    await bob.page.getByRole('link', { name: 'Back to the call in general' }).click()
    await bob.page.getByRole('heading', { name: 'general', level: 1 }).waitFor()
    await decodes(bob, 'Alice')
  })

  it('one who leaves is gone at the others, and every device is let go', {
    timeout: LONG,
  }, async () => {
    expect(await liveTracks(carol)).toBe(2)
    await leaveCall(carol)
    for (const other of [alice, bob]) {
      await tileOf(other, 'Carol').waitFor({ state: 'detached' })
      await other.page.getByText('2 people in the call').waitFor()
    }
    expect(await liveTracks(carol)).toBe(0)
    await carol.page.getByText('In a call · 2').waitFor()
    await Promise.all([decodes(alice, 'Bob'), decodes(bob, 'Alice')])
  })
})
