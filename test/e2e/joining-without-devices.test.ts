import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openWorld, type Visitor, type World } from '../support/browser.ts'
import { liveTracks, tileOf } from './support/call.ts'

const LONG = 60_000

const joinToListen = async ({ page }: Visitor) => {
  await page.getByText('You join to listen').waitFor()
  await page.getByRole('button', { name: 'Join now' }).click()
  await page.getByTestId('call-state').getByText('Connected').waitFor()
}

const cases = [
  {
    title: 'a refused permission',
    flags: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream=deny'],
    words: /This page may not use your camera. Allow it in the site settings/,
  },
  {
    title: 'a machine without a camera and a microphone',
    flags: ['--use-fake-ui-for-media-stream'],
    words: /No camera was found. Plug one in, or join without it/,
  },
]

describe.each(cases)('$title', ({ flags, words }) => {
  let world: World
  beforeAll(async () => {
    world = await openWorld({ sfu: 'builtin' }, flags)
  }, LONG)
  afterAll(() => world?.stop())
  afterEach(() => expect(world.complaints()).toEqual([]))

  it('is said with what helps, and one can join to listen', { timeout: LONG }, async () => {
    const path = '/channels/general'
    const alice = await world.comes('alice', { path })
    await alice.page.getByRole('button', { name: /^Join call/ }).click()
    await alice.page.getByText(words).waitFor()
    await joinToListen(alice)
    const bob = await world.comes('bob', { path })
    await bob.page.getByRole('button', { name: /^Join call/ }).click()
    await joinToListen(bob)
    await tileOf(alice, 'Bob').getByText('muted').waitFor()
    await alice.page.getByText('2 people in the call').waitFor()
    expect(await liveTracks(alice)).toBe(0)
  })
})
