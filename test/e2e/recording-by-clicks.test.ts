import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openWorld, type Visitor, type World } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { galenes } from '../support/sfu.ts'
import { joinCall, leaveCall } from './support/call.ts'
import { sidewaysScroll } from './support/page.ts'

const LONG = 60_000

const openPanel = async ({ page }: Visitor) => {
  await page.getByRole('button', { name: /channel settings/ }).click()
  await page.getByRole('heading', { name: /^People · / }).waitFor()
}
const closePanel = ({ page }: Visitor) => page.getByRole('button', { name: 'Close' }).click()
const recordings = ({ page }: Visitor) => page.getByRole('region', { name: 'Recordings' })
const devices = ({ page }: Visitor) => page.getByRole('region', { name: 'Streaming devices' })
const record = ({ page }: Visitor) => page.getByRole('button', { name: 'Record this call' })

describe.each(galenes())('recording, by clicks, on %s', (galene) => {
  let world: World
  let alice: Visitor
  let bob: Visitor
  /** Bytes of the largest file there is of one person. */
  const recordedOf = async (who: string) => {
    const folder = join(world.pyrite.config.sfu.data_dir, 'recordings/general')
    const names = (await readdir(folder)).filter((name) => name.endsWith(`-${who}.webm`))
    const files = await Promise.all(names.map((name) => stat(join(folder, name))))
    return Math.max(0, ...files.map(({ size }) => size))
  }
  beforeAll(async () => {
    world = await openWorld({ sfu: { galene } })
    const path = '/channels/general'
    ;[alice, bob] = await Promise.all([
      world.comes('alice', { path }),
      world.comes('bob', { path }),
    ])
  }, LONG)
  afterAll(() => world?.stop())
  afterEach(() => expect(world.complaints()).toEqual([]))

  it(
    'a moderator allows it, also while the call runs, and only then has the button',
    async () => {
      await joinCall(alice)
      expect(await record(alice).count()).toBe(0)
      await openPanel(alice)
      await recordings(alice)
        .getByLabel(/Moderators may record calls/)
        .check()
      await closePanel(alice)
      await record(alice).waitFor()
      await joinCall(bob)
      expect(await record(bob).count()).toBe(0)
      await leaveCall(bob)
    },
    LONG,
  )

  it.each([
    [1024, 768],
    [768, 1024],
  ])(
    'on a tablet of %i x %i each of the six controls is as large as a finger',
    async (width, height) => {
      const tablet = { viewport: { width, height }, hasTouch: true, isMobile: true }
      const touching = await world.comes('alice', { path: '/channels/general', ...tablet })
      await joinCall(touching)
      await record(touching).waitFor()
      const controls = await touching.page.locator('.controls .control').all()
      const boxes = await Promise.all(controls.map((control) => control.boundingBox()))
      expect(boxes).toHaveLength(6)
      for (const box of boxes) {
        expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44)
        expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width)
      }
      expect(await sidewaysScroll(touching.page)).toBe(0)
      await leaveCall(touching)
      await touching.close()
    },
    LONG,
  )

  it(
    'everybody sees that it runs and who started it, before they join too',
    async () => {
      await record(alice).click()
      await alice.page.getByText('You are recording this call').waitFor()
      await bob.page.getByText('Recording', { exact: true }).waitFor()
      await bob.page.getByRole('button', { name: /^Join call/ }).click()
      await bob.page.getByText(/Alice is recording this call\. What you say/).waitFor()
      await bob.page.getByRole('button', { name: 'Join now' }).click()
      await bob.page.getByTestId('call-state').getByText('Connected').waitFor()
      await bob.page.getByText('Alice is recording this call', { exact: true }).waitFor()
    },
    LONG,
  )

  it(
    'what was recorded appears in the channel, and plays there',
    async () => {
      await openPanel(bob)
      for (const who of ['alice', 'bob']) {
        await eventually(async () => expect(await recordedOf(who)).toBeGreaterThan(20_000), 15_000)
      }
      await alice.page.getByRole('button', { name: 'Stop recording' }).click()
      await bob.page.getByText('Recording', { exact: true }).waitFor({ state: 'detached' })
      const rows = recordings(bob).getByRole('listitem')
      await eventually(async () => expect(await rows.count()).toBe(2), 10_000)
      const row = rows.filter({ hasText: 'Alice' })
      await row.getByRole('button', { name: /^Play Alice, Today/ }).click()
      await eventually(async () => {
        const frames = await row
          .locator('video')
          .evaluate((video: HTMLVideoElement) => video.getVideoPlaybackQuality().totalVideoFrames)
        expect(frames).toBeGreaterThan(3)
      }, 10_000)
      expect(
        await recordings(bob)
          .getByRole('button', { name: /Delete/ })
          .count(),
      ).toBe(0)
      const download = bob.page.waitForEvent('download')
      await row.getByRole('link', { name: /^Download Alice/ }).click()
      expect((await download).suggestedFilename()).toMatch(/-alice\.webm$/)
    },
    LONG,
  )

  it(
    'one that does not load says so, and plays when asked again',
    async () => {
      bob.tolerate(/ERR_FAILED/)
      await bob.page.route('**/recordings/**', (route) => route.abort())
      const row = recordings(bob).getByRole('listitem').filter({ hasText: 'Bob' })
      await row.getByRole('button', { name: /^Play Bob, Today/ }).click()
      await row.getByText('This recording did not load.').waitFor()
      await bob.page.unroute('**/recordings/**')
      await row.getByRole('button', { name: 'Try again' }).click()
      await eventually(async () => {
        const at = await row.locator('video').evaluate((one: HTMLVideoElement) => one.currentTime)
        expect(at).toBeGreaterThan(0)
      }, 10_000)
      await row.getByRole('button', { name: /^Close Bob/ }).click()
    },
    LONG,
  )

  it(
    'a moderator deletes one after thinking twice',
    async () => {
      await openPanel(alice)
      const rows = recordings(alice).getByRole('listitem')
      await eventually(async () => expect(await rows.count()).toBe(2), 10_000)
      const row = rows.filter({ hasText: 'Alice' })
      await row.getByRole('button', { name: /^Delete Alice, Today/ }).click()
      const focused = () => alice.page.evaluate(() => document.activeElement?.textContent)
      await eventually(async () => expect(await focused()).toBe('Keep'))
      await alice.page.keyboard.press('Enter')
      await eventually(async () => expect(await row.locator('.delete:focus').count()).toBe(1))
      await alice.page.keyboard.press('Enter')
      await row.getByRole('button', { name: 'Delete for good' }).click()
      for (const who of [alice, bob]) {
        await eventually(async () => {
          expect(await recordings(who).getByRole('listitem').count()).toBe(1)
        }, 10_000)
      }
    },
    LONG,
  )

  it(
    'a moderator makes a key for a device, sees it once, and revokes it',
    async () => {
      const section = devices(alice)
      await section.getByLabel('New device').fill('OBS on the stage')
      await section.getByRole('button', { name: 'Make a key' }).click()
      await section.getByText(`${world.pyrite.url}/whip/general`).waitFor()
      const secret = await section.locator('code').last().textContent()
      expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/)
      await section.getByRole('button', { name: 'Done' }).click()
      await closePanel(alice)
      await openPanel(alice)
      await section.getByText('OBS on the stage', { exact: true }).waitFor()
      expect(await alice.page.getByText(secret ?? '').count()).toBe(0)
      expect(await devices(bob).count()).toBe(0)
      await section.getByRole('button', { name: /^Revoke.*OBS on the stage$/ }).click()
      await section.getByRole('button', { name: 'Revoke for good' }).click()
      await section.getByText('OBS on the stage', { exact: true }).waitFor({ state: 'detached' })
    },
    LONG,
  )
})

describe('recording, by clicks, on the built-in SFU', () => {
  let world: World
  let alice: Visitor
  beforeAll(async () => {
    world = await openWorld({ sfu: 'builtin' })
    alice = await world.comes('alice', { path: '/channels/general' })
  }, LONG)
  afterAll(() => world?.stop())

  it(
    'offers neither recordings nor devices, since it has neither',
    async () => {
      const status = alice.page.waitForResponse(/sfu_status$/)
      await openPanel(alice)
      await (await status).finished()
      expect(await recordings(alice).count()).toBe(0)
      expect(await devices(alice).count()).toBe(0)
      await closePanel(alice)
      await joinCall(alice)
      expect(await record(alice).count()).toBe(0)
      expect(world.complaints()).toEqual([])
    },
    LONG,
  )
})
