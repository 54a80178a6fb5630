import { createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openWorld, type World } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { startGalene, type TestGalene } from '../support/galene.ts'
import { PASSWORD } from '../support/pyrite.ts'
import { galenes } from '../support/sfu.ts'
import { barriers } from './support/page.ts'

const LONG = 60_000
const path = '/in-galene/general'

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })

describe.each(galenes())("opening a call in Galene's own page, of %s", (binary) => {
  let galene: TestGalene
  let world: World
  beforeAll(async () => {
    galene = await startGalene({ binary })
    const port = await freePort()
    world = await openWorld({
      settings: {
        server: { port, public_url: `http://127.0.0.1:${port}` },
        sfu: { url: galene.url, groups_dir: galene.groups },
        galene: { stock_client: true, stock_client_url: galene.url },
      },
    })
    const { sfu } = world.pyrite.app
    await eventually(() => expect(sfu.syncState('general').state).toBe('in-step'))
  }, LONG)
  afterAll(async () => {
    await world?.stop()
    await galene?.end()
  })

  it('goes by the sign-in to the page of the call', { timeout: LONG }, async () => {
    const { page, close } = await world.stranger({ path })
    await page.getByLabel('Username').fill('bob')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(`${galene.url}/group/general/?token=*`)
    await close()
  })

  it('leads who may not join to the channel, which says why', { timeout: LONG }, async () => {
    const mallory = await world.comes('mallory', { path })
    await mallory.page.waitForURL('**/channels/general')
    await mallory.page.getByRole('button', { name: 'Join channel' }).waitFor()
    await mallory.close()
    const alice = await world.pyrite.signIn('alice')
    const ban = { kind: 'ban', userId: (await world.pyrite.signIn('carol')).user.id }
    await alice.send('POST', '/api/channels/general/moderation', { ...ban, reason: 'spam' })
    const carol = await world.comes('carol', { path })
    await carol.page.getByText('You are banned from this channel: spam.').waitFor()
    await carol.close()
  })

  it('says of a call that there is not that there is none', { timeout: LONG }, async () => {
    const bob = await world.comes('bob', { path: '/in-galene/No such call' })
    await bob.page
      .getByRole('heading', { name: 'This call cannot be opened in Galene’s page' })
      .waitFor()
    await bob.close()
  })
})

describe.each(['light', 'dark'] as const)(
  "where Galene's own page is not in use, in %s",
  (colorScheme) => {
    let world: World
    beforeAll(async () => {
      world = await openWorld()
    }, LONG)
    afterAll(() => world?.stop())
    afterEach(() => expect(world.complaints()).toEqual([]))

    it('a page says so, and leads to the channel', { timeout: LONG }, async () => {
      const bob = await world.comes('bob', { path, colorScheme })
      // Chromium reports every refused request by itself.
      bob.tolerate(/status of 404/)
      const { page } = bob
      await page
        .getByRole('heading', { name: 'This call cannot be opened in Galene’s page' })
        .waitFor()
      expect(await barriers(bob)).toEqual([])
      await page.getByRole('link', { name: 'Go to the channel' }).click()
      await page.getByRole('heading', { name: 'general', level: 1 }).waitFor()
      await bob.close()
    })

    it('a page says that the server is away, and tries again', { timeout: LONG }, async () => {
      const bob = await world.comes('bob', { path: '/channels/general', colorScheme })
      bob.tolerate(/ERR_FAILED|status of 404/)
      const { page } = bob
      await page.route('**/galene/portal*', (route) => route.abort())
      await page.goto(path)
      await page.getByRole('heading', { name: 'Pyrite cannot be reached' }).waitFor()
      await page.unroute('**/galene/portal*')
      await page.getByRole('button', { name: 'Try again' }).click()
      await page
        .getByRole('heading', { name: 'This call cannot be opened in Galene’s page' })
        .waitFor()
      await bob.close()
    })
  },
)
