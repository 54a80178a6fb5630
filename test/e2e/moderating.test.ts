import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openWorld, type Visitor, type World } from '../support/browser.ts'
import type { Client } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { eachSfu } from '../support/sfu.ts'
import { decodes, hears, joinCall, liveTracks, tileOf } from './support/call.ts'
import { composerOf, messageOf, shows, write } from './support/chat.ts'

const LONG = 100_000

eachSfu('moderating', ({ galene }) => {
  let world: World
  let clients: { alice: Client; bob: Client; carol: Client }
  let alice: Visitor
  let bob: Visitor
  let carol: Visitor
  beforeAll(async () => {
    world = await openWorld({ sfu: galene ? { galene } : 'builtin' })
    const [a, b, c] = await Promise.all(
      (['alice', 'bob', 'carol'] as const).map((name) => world.pyrite.signIn(name)),
    )
    if (!a || !b || !c) throw new Error('not everybody is signed in')
    clients = { alice: a, bob: b, carol: c }
    const path = '/channels/general'
    ;[alice, bob, carol] = await Promise.all([
      world.comes('alice', { path }),
      world.comes('bob', { path }),
      world.comes('carol', { path }),
    ])
    await write(bob, 'Can everybody hear me?')
    await shows(alice, 'Can everybody hear me?')
    await joinCall(alice)
    await Promise.all([joinCall(bob), joinCall(carol)])
    await Promise.all([decodes(alice, 'Bob'), decodes(carol, 'Bob')])
  }, LONG)
  afterAll(() => world?.stop())
  afterEach(() => expect(world.complaints()).toEqual([]))

  const isInCall = ({ page }: Visitor) =>
    page.getByTestId('call-state').getByText('Connected').waitFor()
  const order = async (who: Visitor, command: string) => {
    await write(who, command)
    await eventually(async () => expect(await composerOf(who).inputValue()).toBe(''))
  }

  it('a mute mutes, says who asks, and only the person switches on again', {
    timeout: LONG,
  }, async () => {
    await order(alice, '/mute @carol echo in your room')
    await carol.page.getByText('Alice asks you to stay muted: echo in your room.').waitFor()
    for (const other of [alice, bob]) await tileOf(other, 'Carol').getByText('muted').waitFor()
    const asked = carol.page.getByRole('alert').filter({ hasText: 'asks you to stay muted' })
    await asked.getByRole('button', { name: 'Unmute' }).click()
    await asked.waitFor({ state: 'detached' })
    await Promise.all([hears(alice, 'Carol'), hears(bob, 'Carol')])
  })

  it('a mute of everybody says who asks, to each of them', { timeout: LONG }, async () => {
    await order(alice, '/mute')
    for (const { page } of [bob, carol]) {
      const asked = page.getByRole('alert').filter({ hasText: 'Alice asks you to stay muted.' })
      await asked.getByRole('button', { name: 'Unmute' }).click()
    }
    await Promise.all([hears(alice, 'Bob'), hears(alice, 'Carol')])
  })

  it('a timeout from a message takes camera and voice within seconds, and leaves eyes and ears', {
    timeout: LONG,
  }, async () => {
    await messageOf(alice, 'Can everybody hear me?').hover()
    await alice.page.getByRole('button', { name: 'Moderate Bob' }).click()
    await alice.page.getByRole('menuitem', { name: 'Time out' }).click()
    const dialog = alice.page.getByRole('dialog', { name: 'Time out Bob?' })
    await dialog.getByLabel('For how long').selectOption('5 minutes')
    await dialog.getByLabel('Reason').fill('too loud')
    await dialog.getByText('Bob only reads and listens here for 5 minutes.').waitFor()
    const from = Date.now()
    await dialog.getByRole('button', { name: 'Time out' }).click()
    for (const other of [alice, carol]) {
      await tileOf(other, 'Bob').locator('video').waitFor({ state: 'detached', timeout: 5_000 })
    }
    expect(Date.now() - from).toBeLessThan(5_000)
    await bob.page
      .getByText(/^You may only read and listen here until .* Alice: too loud\.$/)
      .waitFor()
    await composerOf(bob).waitFor({ state: 'detached' })
    await isInCall(bob)
    await bob.page.getByText(/^You may only listen until .* Alice: too loud\.$/).waitFor()
    await eventually(async () => expect(await liveTracks(bob)).toBe(0))
    for (const name of ['Turn camera on', 'Share screen', 'You may only listen']) {
      expect(await bob.page.getByRole('button', { name }).isDisabled()).toBe(true)
    }
    await Promise.all([decodes(bob, 'Carol'), hears(bob, 'Alice')])
    await write(carol, 'We hear you less now')
    await shows(bob, 'We hear you less now')
    const body = { clientId: crypto.randomUUID(), text: 'By another door' }
    const answer = await clients.bob.send('POST', '/api/channels/general/messages', body)
    expect(answer).toMatchObject({ status: 403, body: { error: { code: 'moderation.timed-out' } } })
  })

  it('the log tells who did what to whom, why and until when, and ends it', {
    timeout: LONG,
  }, async () => {
    await alice.page.getByRole('button', { name: /channel settings/ }).click()
    const log = alice.page.getByRole('region', { name: 'Moderation log' })
    const row = log.getByRole('listitem').filter({ hasText: 'You timed Bob out' })
    await row.getByText('too loud').waitFor()
    await row.getByText(/until \d/).waitFor()
    await log.getByText('You muted Carol').waitFor()
    await row.getByRole('button', { name: /^End now/ }).click()
    await row.getByText(/ended by you at/).waitFor()
    await alice.page.keyboard.press('Escape')
    await composerOf(bob).waitFor()
    await bob.page.getByText('You may speak again').waitFor()
    await isInCall(bob)
    expect(await liveTracks(bob)).toBe(0)
    await bob.page.getByRole('button', { name: 'Turn camera on' }).click()
    await bob.page.getByRole('button', { name: /No microphone/ }).click()
    await Promise.all([decodes(alice, 'Bob'), decodes(carol, 'Bob'), hears(alice, 'Bob')])
    await bob.page.getByRole('button', { name: /channel settings/ }).click()
    const mine = bob.page.getByRole('region', { name: 'Moderation log' })
    await mine.getByText('Alice timed you out').waitFor()
    expect(await mine.getByText(/Carol/).count()).toBe(0)
    await bob.page.keyboard.press('Escape')
  })

  it('a locked channel is read only for members, and says so', { timeout: LONG }, async () => {
    await order(alice, '/lock channel 1h fire drill')
    for (const member of [bob, carol]) {
      await member.page.getByText(/^This channel is locked until .* Alice: fire drill\.$/).waitFor()
      await composerOf(member).waitFor({ state: 'detached' })
    }
    await alice.page.getByText(/^The channel is locked until/).waitFor()
    await write(alice, 'Back in a minute')
    await shows(bob, 'Back in a minute')
    await order(alice, '/unlock')
    await Promise.all([bob, carol].map((member) => composerOf(member).waitFor()))
    await Promise.all([isInCall(bob), isInCall(carol)])
  })

  it('a mistyped command is held back, and what only begins with a slash is a message', {
    timeout: LONG,
  }, async () => {
    await write(alice, '/bann @bob')
    await alice.page.getByText('There is no /bann. Did you mean /ban?').waitFor()
    expect(await composerOf(alice).inputValue()).toBe('/bann @bob')
    await write(alice, '/shrug no idea')
    await shows(bob, '/shrug no idea')
    await write(bob, '/kick @carol')
    await bob.page.getByText('/kick is for moderators of this channel.').waitFor()
    await composerOf(bob).fill('')
  })

  it('one who is kicked hears why, and may come back', { timeout: LONG }, async () => {
    await eventually(async () => {
      await composerOf(alice).fill('/kick @carol take a break')
      await alice.page.getByText('Takes Carol out of the call.').waitFor({ timeout: 500 })
    }, 20_000)
    await order(alice, '/kick @carol take a break')
    await carol.page.getByText(/take a break\.$/).waitFor()
    await tileOf(alice, 'Carol').waitFor({ state: 'detached' })
    expect(await liveTracks(carol)).toBe(0)
    await carol.page.getByRole('button', { name: 'Join again' }).click()
    await carol.page.getByRole('button', { name: 'Join now' }).click()
    await isInCall(carol)
  })

  it('a ban ends call and channel at once, in every tab, and there is no way back', {
    timeout: LONG,
  }, async () => {
    const other = await world.comes('bob', { path: '/channels/general' })
    await composerOf(other).waitFor()
    await eventually(async () => {
      await composerOf(alice).fill('/ban @bob 2h spam')
      await alice.page
        .getByText('Bans Bob from this channel for 2 hours.')
        .waitFor({ timeout: 500 })
    }, 20_000)
    const from = Date.now()
    await order(alice, '/ban @bob 2h spam')
    for (const tab of [bob, other]) {
      await tab.page.getByText(/^Alice banned you from this channel, until .*: spam\.$/).waitFor()
    }
    await tileOf(alice, 'Bob').waitFor({ state: 'detached', timeout: 5_000 })
    expect(Date.now() - from).toBeLessThan(5_000)
    await bob.page.getByRole('heading', { name: 'The call is over for you' }).waitFor()
    expect(await bob.page.getByRole('button', { name: 'Join again' }).count()).toBe(0)
    expect(await liveTracks(bob)).toBe(0)
    await other.page.reload()
    await other.page.getByText(/^You are banned from this channel for .*: spam\.$/).waitFor()
    expect(await other.page.getByRole('button', { name: /Join/ }).count()).toBe(0)
    const joining = await clients.bob.send('POST', '/api/channels/general/join')
    expect(joining).toMatchObject({ status: 403, body: { error: { code: 'moderation.banned' } } })
    await order(alice, '/unban @bob')
    await other.page.getByRole('button', { name: 'Join channel' }).click()
    await composerOf(other).waitFor()
    await other.close()
  })
})
