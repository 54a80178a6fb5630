import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { MEMBER, startBuiltinSfu, type TestSfu } from '../support/builtin-sfu.ts'
import {
  type CallPage,
  openCallPage,
  openChromium,
  openFreezableChromium,
  type Received,
} from '../support/call-page.ts'
import { eventually } from '../support/eventually.ts'

let browser: Browser
let sfu: TestSfu
let pages: CallPage[] = []

beforeAll(async () => {
  browser = await openChromium()
}, 30_000)
afterAll(() => browser.close())
beforeEach(async () => {
  sfu = await startBuiltinSfu()
})
afterEach(async () => {
  for (const page of pages) await page.close()
  pages = []
  await sfu.stop()
})

const EVERYTHING = { '': ['audio', 'video'] }

const enter = async (username: string, table: Record<string, string[]> = EVERYTHING) => {
  const page = await openCallPage(browser, sfu.url)
  pages.push(page)
  await page.join('general', await sfu.issuer.mint(username, 'general', MEMBER))
  await page.request(table)
  return page
}

/** The stream from `username`, once it satisfies `isGood`. */
const seen = (page: CallPage, username: string, isGood: (stream: Received) => boolean) =>
  eventually(async () => {
    const streams = await page.received()
    const found = streams.find((stream) => stream.username === username && isGood(stream))
    if (found) return found
    throw new Error(`${JSON.stringify(streams)} ${JSON.stringify((await page.heard()).slice(-8))}`)
  }, 15_000)

const plays = ({ frames, width, audioEnergy }: Received) =>
  frames > 10 && width > 0 && audioEnergy > 0

test('two people see and hear each other', async () => {
  const alice = await enter('alice')
  const bob = await enter('bob')
  await alice.publish({ label: 'camera' })
  await bob.publish({ label: 'camera' })
  await seen(bob, 'alice', plays)
  await seen(alice, 'bob', plays)
}, 30_000)

const counters = async () => {
  const { clients, links, ups, downs, groups } = await sfu.stats()
  return { clients, links, ups, downs, groups }
}
const NOTHING = { clients: 0, links: 0, ups: 0, downs: 0, groups: 0 }

test('somebody who comes late gets what is already there, and three see each other', async () => {
  const alice = await enter('alice')
  const bob = await enter('bob')
  await alice.publish({ label: 'camera' })
  await bob.publish({ label: 'camera' })
  await seen(bob, 'alice', plays)
  const carol = await enter('carol')
  await carol.publish({ label: 'camera' })
  await seen(carol, 'alice', plays)
  await seen(carol, 'bob', plays)
  await seen(alice, 'carol', plays)
  await seen(bob, 'carol', plays)
  expect(await counters()).toMatchObject({ clients: 3, ups: 3, downs: 6, links: 9 })
}, 40_000)

test('a subscriber gets audio only, then video again, then one stream less, by asking', async () => {
  const alice = await enter('alice')
  const bob = await enter('bob', { camera: ['audio'] })
  await alice.publish({ label: 'camera' })
  await seen(bob, 'alice', ({ audioEnergy }) => audioEnergy > 0)
  expect(await seen(bob, 'alice', () => true)).toMatchObject({ frames: 0 })
  await bob.request(EVERYTHING)
  const { id } = await seen(bob, 'alice', plays)
  await bob.send({ type: 'requestStream', id, request: ['audio'] })
  const { frames } = await seen(bob, 'alice', () => true)
  await bob.send({ type: 'requestStream', id, request: ['audio', 'video'] })
  await seen(bob, 'alice', (stream) => stream.frames > frames + 10)
  await bob.send({ type: 'requestStream', id, request: [] })
  await eventually(async () => expect(await bob.received()).toEqual([]))
  expect(await counters()).toMatchObject({ ups: 1, downs: 0, links: 1 })
}, 40_000)

test('a stream that supersedes another takes its place, and the old one is gone', async () => {
  const alice = await enter('alice')
  const bob = await enter('bob')
  const first = await alice.publish({ label: 'camera' })
  await seen(bob, 'alice', plays)
  const second = await alice.publish({ label: 'camera', replace: first })
  await seen(bob, 'alice', (stream) => stream.id === second && plays(stream))
  expect(await bob.received()).toHaveLength(1)
  expect(await bob.heard()).toContainEqual(
    expect.objectContaining({ type: 'offer', id: second, replace: first }),
  )
  expect(await counters()).toMatchObject({ ups: 1, downs: 1, links: 2 })
  await alice.unpublish(second)
  await eventually(async () => expect(await bob.received()).toEqual([]))
}, 40_000)

test('of two simulcast layers each subscriber gets the one it asks for', async () => {
  const alice = await enter('alice', {})
  const bob = await enter('bob', { camera: ['audio', 'video'] })
  const carol = await enter('carol', { camera: ['audio', 'video-low'] })
  await alice.publish({ label: 'camera', simulcast: true })
  const low = await seen(carol, 'alice', plays)
  await seen(bob, 'alice', (stream) => plays(stream) && stream.width > low.width)
  await bob.request({ camera: ['video-low'] })
  await seen(bob, 'alice', ({ width }) => width <= low.width)
}, 40_000)

test('a restart that a browser asks for brings the stream back on a new connection', async () => {
  const alice = await enter('alice')
  const bob = await enter('bob')
  const id = await alice.publish({ label: 'camera' })
  await seen(bob, 'alice', plays)
  const { linksMade } = await sfu.stats()
  await bob.send({ type: 'renegotiate', id })
  await eventually(async () => expect((await sfu.stats()).linksMade).toBe((linksMade ?? 0) + 1))
  await eventually(async () =>
    expect(await bob.heard()).toContainEqual(
      expect.objectContaining({ type: 'offer', id, replace: id }),
    ),
  )
  await seen(bob, 'alice', plays)
  expect(await counters()).toMatchObject({ ups: 1, downs: 1, links: 2 })
}, 40_000)

test('people who come, publish and go leave nothing behind', async () => {
  const alice = await enter('alice')
  await alice.publish({ label: 'camera' })
  const bob = await openCallPage(browser, sfu.url)
  pages.push(bob)
  for (let round = 0; round < 8; round++) {
    await bob.page.evaluate(`call.heard.length = 0`)
    await bob.join('general', await sfu.issuer.mint('bob', 'general', MEMBER))
    await bob.request(EVERYTHING)
    const id = await bob.publish({ label: 'camera' })
    await seen(bob, 'alice', ({ frames }) => frames > 0)
    await seen(alice, 'bob', ({ frames }) => frames > 0)
    if (round % 2) await bob.unpublish(id)
    await bob.leave()
    await eventually(async () =>
      expect(await counters()).toMatchObject({ clients: 1, ups: 1, downs: 0, links: 1 }),
    )
  }
  await alice.leave()
  await eventually(async () => expect(await counters()).toEqual(NOTHING))
}, 60_000)

test('somebody whose browser stands still is gone after the silence that is allowed, and the others go on', async () => {
  await sfu.stop()
  sfu = await startBuiltinSfu({ general: {} }, { patience: { frozenMs: 3_000 } })
  const alice = await enter('alice')
  const bob = await enter('bob')
  await alice.publish({ label: 'camera' })
  await seen(bob, 'alice', plays)
  const chromium = await openFreezableChromium()
  const mallory = await openCallPage(chromium.browser, sfu.url)
  await mallory.join('general', await sfu.issuer.mint('mallory', 'general', MEMBER))
  await mallory.request(EVERYTHING)
  await seen(mallory, 'alice', plays)
  chromium.freeze()
  try {
    await eventually(async () => expect((await sfu.stats()).clients).toBe(2), 10_000)
    expect(await counters()).toMatchObject({ downs: 1, links: 2 })
    const { frames } = await seen(bob, 'alice', plays)
    await seen(bob, 'alice', (stream) => stream.frames > frames)
  } finally {
    chromium.thaw()
    await chromium.close()
  }
}, 60_000)
