import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openWorld, type Visitor, type World } from '../support/browser.ts'
import { startGalene, type TestGalene } from '../support/galene.ts'
import { galenes } from '../support/sfu.ts'
import { decodes, hears, joinCall } from './support/call.ts'
import { shows, write } from './support/chat.ts'

const LONG = 120_000

declare global {
  interface Window {
    said: string[]
  }
}

/** Notes whatever the page says from now on of the call, in its line, at the edge, in a dialog; but for how well it is connected. */
const watchWords = ({ page }: Visitor) =>
  page.evaluate(() => {
    window.said = []
    const look = () => {
      const places = '.state-words, .state-line .link, .toast, dialog[open], .call-ended'
      for (const place of document.querySelectorAll(places)) {
        const text = place.textContent ?? ''
        if (!text.startsWith('Connected') && !window.said.includes(text)) window.said.push(text)
      }
    }
    const all = { subtree: true, childList: true, characterData: true, attributes: true }
    new MutationObserver(look).observe(document.body, all)
  })

describe.each(galenes())('calls that move to %s', (binary) => {
  let world: World
  let galene: TestGalene
  let alice: Visitor
  let bob: Visitor
  beforeAll(async () => {
    galene = await startGalene({ binary })
    world = await openWorld({ sfu: 'builtin' })
    const path = '/channels/general'
    alice = await world.comes('alice', { path })
    bob = await world.comes('bob', { path })
    await joinCall(alice)
    await joinCall(bob)
  }, LONG)
  afterAll(async () => {
    await world?.stop()
    await galene?.end()
  })
  afterEach(() => expect(world.complaints()).toEqual([]))

  it('people see and hear each other on the new server without a click, and chat goes on', {
    timeout: LONG,
  }, async () => {
    await Promise.all([decodes(alice, 'Bob'), decodes(bob, 'Alice')])
    const { app, config } = world.pyrite
    await Promise.all([alice, bob].map(watchWords))
    const moved = app.reload({
      ...config,
      sfu: { ...config.sfu, url: galene.url, groups_dir: galene.groups },
    })
    await write(alice, 'We are moving.')
    await shows(bob, 'We are moving.')
    await moved
    expect(app.sfu.health()).toMatchObject({ kind: 'external', reachable: true })
    await Promise.all([decodes(alice, 'Bob'), decodes(bob, 'Alice')])
    await Promise.all([hears(alice, 'Bob'), hears(bob, 'Alice')])
    for (const { page } of [alice, bob]) await page.getByText('2 people in the call').waitFor()
    expect(app.sfu.participants('general')).toHaveLength(2)
    for (const { page } of [alice, bob]) {
      const said = await page.evaluate(() => window.said)
      expect(said).toEqual(['Calls move to another call server: joining again'])
    }
  })
})
