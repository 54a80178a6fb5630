import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import {
  createWorld,
  openBrowser,
  type Person,
  startGalene,
  type TestSfu,
  type World,
} from './media-support.ts'

const LONG = 20_000

const SFUS: [string, () => Promise<TestSfu>][] = [['Galene', () => startGalene('galene')]]

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
}, LONG)
afterAll(() => browser.close())

/** Waits until `viewer` decodes new frames of `name`, and answers what is on show. */
const sees = async (viewer: Person, name: string, kind = 'camera') => {
  const first = await eventually(async () => {
    const shown = await viewer.run('stream', name, kind)
    expect(shown.frames).toBeGreaterThan(0)
    return shown
  }, 10_000)
  return eventually(async () => {
    const shown = await viewer.run('stream', name, kind)
    expect(shown.frames).toBeGreaterThan(first.frames + 5)
    expect(shown.width).toBeGreaterThan(0)
    expect(shown.height).toBeGreaterThan(0)
    return shown
  }, 10_000)
}

describe.each(SFUS)('a call on %s', (_name, start) => {
  let sfu: TestSfu
  let world: World
  beforeAll(async () => {
    sfu = await start()
  }, LONG)
  afterAll(() => sfu.stop())
  afterEach(() => world.close())

  it('shows and plays each of three to the other two', { timeout: 40_000 }, async () => {
    world = await createWorld(browser, sfu)
    const people = [await world.join('alice'), await world.join('bob'), await world.join('carol')]
    for (const viewer of people)
      for (const other of people.filter((one) => one !== viewer)) {
        const shown = await sees(viewer, other.name)
        expect(shown.kinds.sort()).toEqual(['audio', 'video'])
        expect(shown.state).toBe('playing')
        expect(await viewer.run('loudness', other.name)).toBeGreaterThan(0)
      }
  })
})
