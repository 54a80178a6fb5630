import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { NewWhipKey } from '../../lib/protocol/recordings.ts'
import { openWorld, type Visitor, type World } from '../support/browser.ts'
import type { Client } from '../support/client.ts'
import { publishByWhip } from '../support/device.ts'
import { galenes } from '../support/sfu.ts'
import { joinCall } from './support/call.ts'
import { sidewaysScroll } from './support/page.ts'

const LONG = 60_000
const KEYS = '/api/channels/general/whip-keys'

describe.each(galenes())('a device that streams into a call, as people see it, on %s', (galene) => {
  let world: World
  let client: Client
  let alice: Visitor
  let bob: Visitor
  let made: NewWhipKey

  const publish = async () => {
    const { peer } = await publishByWhip(world.pyrite.url, made.secret)
    onTestFinished(() => peer.close())
  }
  const inList = ({ page }: Visitor, words: RegExp) =>
    page.getByRole('navigation').getByText(words).first()
  const now = ({ page }: Visitor) => page.getByRole('region', { name: 'Streaming now' })

  beforeAll(async () => {
    world = await openWorld({ sfu: { galene } })
    client = await world.pyrite.signIn('alice')
    made = (await client.send('POST', KEYS, { name: 'Roof camera' })).body as NewWhipKey
    const path = '/channels/general'
    ;[alice, bob] = await Promise.all([
      world.comes('alice', { path }),
      world.comes('bob', { path }),
    ])
  }, LONG)
  afterAll(() => world?.stop())
  afterEach(() => expect(world.complaints()).toEqual([]))

  it('is in the list of channels and in the panel without anybody in the call; a moderator ends it there [WHIP-10] [WHIP-11]', {
    timeout: LONG,
  }, async () => {
    await publish()
    await inList(bob, /^Live · 1 device/).waitFor()
    for (const { page } of [alice, bob])
      await page.getByRole('button', { name: /channel settings/ }).click()
    await now(bob).getByText('Roof camera').waitFor()
    expect(await now(bob).getByRole('button').count()).toBe(0)
    expect(await sidewaysScroll(bob.page)).toBe(0)
    await now(alice).getByRole('button', { name: 'End the stream of Roof camera' }).click()
    await now(bob).waitFor({ state: 'detached' })
    await inList(bob, /^Live/).waitFor({ state: 'detached' })
    for (const { page } of [alice, bob]) await page.getByRole('button', { name: 'Close' }).click()
  })

  it('is no person in the call, and is ended from its tile [WHIP-11]', {
    timeout: LONG,
  }, async () => {
    await joinCall(alice)
    await publish()
    const { page } = alice
    const state = page.getByTestId('call-state')
    await state.getByText('1 person, 1 device').waitFor()
    await inList(bob, /^In a call · 1 · 1 device/).waitFor()
    await page.getByLabel('More for Roof camera (stream)').click()
    expect(await page.getByRole('button', { name: 'Send a file' }).count()).toBe(0)
    await page.getByRole('button', { name: 'End the stream' }).click()
    await page.getByText(/The stream of Roof camera was ended/).waitFor()
    await state.getByText('1 person in the call', { exact: true }).waitFor()
    await page.getByLabel('More for Roof camera (stream)').waitFor({ state: 'detached' })
  })
})
