import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { MEMBER, startBuiltinSfu, type TestSfu } from '../support/builtin-sfu.ts'
import { type CallPage, openCallPage, openChromium, type Received } from '../support/call-page.ts'
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
