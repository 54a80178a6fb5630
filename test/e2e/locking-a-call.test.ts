import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openWorld, type Visitor, type World } from '../support/browser.ts'
import type { Client } from '../support/client.ts'
import { eachSfu } from '../support/sfu.ts'
import { joinCall, leaveCall } from './support/call.ts'

const LONG = 90_000
const WHY = /The call is locked until .*, by Alice: rehearsal\.$/

eachSfu('locking a call', ({ galene }) => {
  let world: World
  let client: Client
  let alice: Visitor
  let bob: Visitor
  let carol: Visitor
  beforeAll(async () => {
    world = await openWorld({ sfu: galene ? { galene } : 'builtin' })
    client = await world.pyrite.signIn('alice')
    const path = '/channels/general'
    alice = await world.comes('alice', { path })
    bob = await world.comes('bob', { path })
    carol = await world.comes('carol', { path })
    await joinCall(alice)
    await joinCall(bob)
  }, LONG)
  afterAll(() => world?.stop())
  afterEach(() => expect(world.complaints()).toEqual([]))

  let lockId: string
  const lock = async (fields: object = {}) => {
    const wish = { kind: 'lock', seconds: 3_600, reason: 'rehearsal', ...fields }
    const { body } = await client.send('POST', '/api/channels/general/moderation', wish)
    lockId = (body as { id: string }).id
  }
  const unlock = () => client.send('DELETE', `/api/channels/general/moderation/${lockId}`)
  const locked = ({ page }: Visitor) => page.locator('.channel-head').getByText('Call locked')
  const waysIn = ({ page }: Visitor) => page.getByRole('button', { name: /^Join/ })

  it('who was about to come in reads why they cannot, and comes in once it is open', {
    timeout: LONG,
  }, async () => {
    const { page } = carol
    await page.getByRole('button', { name: /^Join call/ }).click()
    await page.getByRole('button', { name: 'Turn camera off' }).waitFor()
    await lock()
    const panel = page.getByRole('region', { name: 'Before you join' })
    await panel.getByText(WHY).waitFor()
    const join = panel.getByRole('button', { name: 'Join now' })
    expect(await join.isDisabled()).toBe(true)
    await unlock()
    await panel.getByText(WHY).waitFor({ state: 'detached' })
    expect(await join.isDisabled()).toBe(false)
    await page.getByRole('button', { name: 'Cancel' }).click()
  })

  it('who stays outside is offered no way in, and reads why and until when', {
    timeout: LONG,
  }, async () => {
    await lock()
    await locked(carol).waitFor()
    expect(await waysIn(carol).count()).toBe(0)
    await carol.page.locator('.lock-notice').getByText(WHY).waitFor()
    await carol.page.reload()
    await locked(carol).waitFor()
    expect(await waysIn(carol).count()).toBe(0)
  })

  it('who was in it when it was locked comes back by the usual way', {
    timeout: LONG,
  }, async () => {
    await leaveCall(bob)
    await joinCall(bob)
    expect(await locked(alice).count()).toBe(0)
  })

  it('who was taken out of it since does not', { timeout: LONG }, async () => {
    const wish = { kind: 'kick', userId: (await world.pyrite.signIn('bob')).user.id }
    await client.send('POST', '/api/channels/general/moderation', wish)
    await bob.page.getByRole('heading', { name: 'The call is over for you' }).waitFor()
    await locked(bob).waitFor()
    expect(await waysIn(bob).count()).toBe(0)
  })

  it('an exempt role comes in as ever, and everybody once it is open again', {
    timeout: LONG,
  }, async () => {
    await lock({ exempt: ['moderator', 'member'] })
    await locked(carol).waitFor({ state: 'detached' })
    await joinCall(carol)
    await leaveCall(carol)
    await lock()
    await locked(bob).waitFor()
    await unlock()
    await locked(bob).waitFor({ state: 'detached' })
    await joinCall(bob)
  })
})
