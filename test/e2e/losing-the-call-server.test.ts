import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openWorld, type Visitor, type World } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { eachSfu } from '../support/sfu.ts'
import { decodes, hears, joinCall } from './support/call.ts'
import { shows, write } from './support/chat.ts'

const LONG = 120_000
const BACK_WITHIN_MS = 10_000

eachSfu('losing the call server during a call', ({ galene }) => {
  let world: World
  let alice: Visitor
  let bob: Visitor
  beforeAll(async () => {
    world = await openWorld({ sfu: galene ? { galene } : 'builtin' })
    const path = '/channels/general'
    alice = await world.comes('alice', { path })
    bob = await world.comes('bob', { path })
    await joinCall(alice)
    await joinCall(bob)
  }, LONG)
  afterAll(() => world?.stop())
  afterEach(() => expect(world.complaints()).toEqual([]))

  const pid = async () =>
    Number(await readFile(join(world.pyrite.config.sfu.data_dir, 'sfu.pid'), 'utf8'))

  it('the call says so, chat goes on, and everybody is back without a click', {
    timeout: LONG,
  }, async () => {
    await Promise.all([decodes(alice, 'Bob'), decodes(bob, 'Alice')])
    const before = await pid()
    process.kill(before, 'SIGKILL')
    await Promise.all(
      [alice, bob].map(({ page }) =>
        page
          .getByTestId('call-state')
          .getByText(/lost|away|restarting/)
          .first()
          .waitFor(),
      ),
    )
    await write(alice, 'Can you read me?')
    await shows(bob, 'Can you read me?')

    await eventually(
      async () => {
        expect(await pid()).not.toBe(before)
        expect(world.pyrite.app.sfu.health().reachable).toBe(true)
      },
      20_000,
      20,
    )
    const returnedAt = performance.now()
    await Promise.all([decodes(alice, 'Bob'), decodes(bob, 'Alice')])
    expect(performance.now() - returnedAt).toBeLessThan(BACK_WITHIN_MS)
    await Promise.all([hears(alice, 'Bob'), hears(bob, 'Alice')])
    for (const { page } of [alice, bob]) await page.getByText('2 people in the call').waitFor()
    await bob.page.getByText('In a call · 2').waitFor()
  })
})
