import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openChromium } from '../support/call-page.ts'
import { eachSfu } from '../support/sfu.ts'
import { createWorld, type Person, soon, type World } from './media-support.ts'

const START = 30_000

/** Waits until `viewer` decodes new frames of `name`, and answers what is on show. */
const sees = async (viewer: Person, name: string, kind = 'camera') => {
  const first = await soon(() => viewer.run('stream', name, kind))
  return soon(async () => {
    const shown = await viewer.run('stream', name, kind)
    expect(shown.frames).toBeGreaterThan(first.frames + 5)
    expect(shown.width).toBeGreaterThan(0)
    expect(shown.height).toBeGreaterThan(0)
    expect(shown.state).toBe('playing')
    return shown
  })
}

const participant = async (viewer: Person, name: string) =>
  (await viewer.run('participants')).find(({ displayName }) => displayName === name)

/** Runs in the page: from now on its connections begin so many milliseconds late, as over a long way. */
const delayAnswers = (ms: number) => {
  const { prototype } = RTCPeerConnection
  const { setRemoteDescription } = prototype
  prototype.setRemoteDescription = async function (description) {
    await new Promise((done) => setTimeout(done, ms))
    await Reflect.apply(setRemoteDescription, this, [description])
  }
}

eachSfu('the call client', ({ galene }) => {
  let browser: Browser
  let world: World
  beforeAll(async () => {
    browser = await openChromium()
    world = await createWorld(browser, galene ? { galene } : 'builtin')
  }, START)
  afterEach(() => world.empty())
  afterAll(async () => {
    await browser.close()
    await world.stop()
  })

  it('shows and plays each of three to the other two', { timeout: 40_000 }, async () => {
    const people = [await world.join('alice'), await world.join('bob'), await world.join('carol')]
    const pairs = people.flatMap((viewer) =>
      people.filter((other) => other !== viewer).map((other) => ({ viewer, other })),
    )
    await Promise.all(
      pairs.map(async ({ viewer, other }) => {
        const shown = await sees(viewer, other.name)
        expect(shown.kinds.sort()).toEqual(['audio', 'video'])
        // The track may just have been exchanged for one with two sizes.
        await soon(async () => expect(await viewer.run('loudness', other.name)).toBeGreaterThan(0))
      }),
    )
    const [alice] = people
    const stats = await alice?.run('stats')
    expect(stats?.protocol).toBe('udp')
    expect(stats?.rttMs).not.toBeNull()
    await soon(async () => expect(await alice?.run('speaking')).toContain('Bob'))
  })

  it('tells the others who I am, and keeps my place when the camera goes off and on', async () => {
    const alice = await world.join('alice')
    const bob = await world.join('bob')
    const before = await sees(alice, 'Bob')
    expect(await participant(alice, 'Bob')).toMatchObject({ muted: false, cameraOn: true })
    expect((await participant(alice, 'Bob'))?.userId).toMatch(/.+/)

    await bob.run('publish', { audio: true })
    await bob.run('mute', true)
    await soon(async () => {
      expect(await participant(alice, 'Bob')).toMatchObject({ muted: true, cameraOn: false })
      const shown = await alice.run('stream', 'Bob', 'camera')
      expect(shown.kinds).toEqual(['audio'])
      expect(shown.localId).toBe(before.localId)
    })

    await bob.run('publish', { audio: true, video: true })
    await soon(async () =>
      expect((await alice.run('stream', 'Bob', 'camera')).kinds).toContain('video'),
    )
    const after = await sees(alice, 'Bob')
    expect(after.localId).toBe(before.localId)
  })

  it('keeps my place when my next connection takes long to be made', async () => {
    const alice = await world.join('alice')
    const bob = await world.join('bob')
    const before = await sees(alice, 'Bob')
    // Galene tells the others what it has after 200 ms, and that is nothing yet.
    await bob.page.evaluate(delayAnswers, 800)
    await bob.run('publish', { audio: true })
    await soon(async () => {
      const shown = await alice.run('stream', 'Bob', 'camera')
      expect(shown.kinds).toEqual(['audio'])
      expect(shown.localId).toBe(before.localId)
    })
    await bob.run('publish', { audio: true, video: true })
    expect((await sees(alice, 'Bob')).localId).toBe(before.localId)
  })

  it('shows a screen beside the camera, and takes it away again', async () => {
    const alice = await world.join('alice', null)
    const bob = await world.join('bob')
    await bob.run('shareScreen')
    await sees(alice, 'Bob', 'screen')
    await sees(alice, 'Bob', 'camera')
    await bob.run('stopScreen')
    await soon(async () => expect(await alice.run('streamCount')).toBe(1))
  })

  it('stops every track on leaving, and the others hear of it', async () => {
    const alice = await world.join('alice')
    const bob = await world.join('bob')
    await sees(alice, 'Bob')
    await bob.run('leave')
    expect(await bob.run('liveTracks')).toBe(0)
    expect(await bob.run('state')).toMatchObject({ is: 'ended', because: '' })
    await soon(async () => {
      expect(await participant(alice, 'Bob')).toBeUndefined()
      expect(await alice.run('streamCount')).toBe(0)
    })
  })

  it('brings a file over unchanged, and both ends know', { timeout: 30_000 }, async () => {
    const alice = await world.join('alice', null)
    const bob = await world.join('bob', null)
    await soon(async () => expect(await participant(alice, 'Bob')).toBeDefined())
    const sent = await alice.run('sendFile', 'Bob', 'holiday.zip', 20_000_000)
    await soon(() => bob.run('act', 'holiday.zip', 'accept'))
    await soon(async () => {
      expect(await bob.run('transfers')).toMatchObject([{ state: 'done', transferred: 20_000_000 }])
      expect(await alice.run('transfers')).toMatchObject([{ state: 'done' }])
    })
    expect(await bob.run('received', 'holiday.zip')).toBe(sent)
  })

  it('tells both ends of a refused and of a cancelled file', { timeout: 30_000 }, async () => {
    const alice = await world.join('alice', null)
    const bob = await world.join('bob', null)
    await soon(async () => expect(await participant(alice, 'Bob')).toBeDefined())
    await alice.run('sendFile', 'Bob', 'refused.zip', 1_000)
    await soon(() => bob.run('act', 'refused.zip', 'refuse'))
    await alice.run('sendFile', 'Bob', 'cancelled.zip', 60_000_000)
    await soon(() => bob.run('act', 'cancelled.zip', 'accept'))
    await soon(async () => {
      const [, moving] = await bob.run('transfers')
      expect(moving?.transferred).toBeGreaterThan(0)
      await bob.run('act', 'cancelled.zip', 'cancel')
    })
    for (const person of [alice, bob])
      await soon(async () =>
        expect(await person.run('transfers')).toMatchObject([
          { name: 'refused.zip', state: 'refused' },
          { name: 'cancelled.zip', state: 'cancelled' },
        ]),
      )
  })

  it('comes back by itself when the media server is killed', { timeout: 40_000 }, async () => {
    const alice = await world.join('alice')
    const bob = await world.join('bob')
    const before = await sees(alice, 'Bob')
    world.killSfu()
    for (const person of [alice, bob])
      await soon(async () =>
        expect(await person.run('state')).toMatchObject({ is: 'reconnecting' }),
      )
    await Promise.all(
      [alice, bob].map((person) =>
        soon(async () => expect(await person.run('state')).toMatchObject({ is: 'connected' })),
      ),
    )
    const after = await sees(alice, 'Bob')
    await sees(bob, 'Alice')
    expect(after.localId).toBe(before.localId)
  })
})
