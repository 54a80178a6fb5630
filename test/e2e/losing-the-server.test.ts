import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HistoryPage } from '../../lib/protocol/chat.ts'
import { openBrowser, type Visitor, visit } from '../support/browser.ts'
import { signIn } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type Name, PASSWORD } from '../support/pyrite.ts'
import { eachSfu, type SfuUnderTest } from '../support/sfu.ts'
import { decodes, joinCall } from './support/call.ts'
import { messageOf, shows, textsOf, write } from './support/chat.ts'
import { type ServerProcess, startServerProcess } from './support/server-process.ts'

const LONG = 120_000
/** What Chromium says of every attempt to reach a server that is not there. */
const UNREACHED = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|WebSocket connection to|ERR_EMPTY/

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
}, LONG)
afterAll(() => browser?.close())

const comes = async (server: ServerProcess, name: Name): Promise<Visitor> => {
  const { cookie } = await signIn(server.url, name, PASSWORD)
  const visitor = await visit(browser, server.url, { cookie, path: '/channels/general' })
  visitor.tolerate(UNREACHED)
  return visitor
}

/** Posts one after the other until it is told to stop; answers what it posted. */
const postUntil = async (visitor: Visitor, name: string, isOver: () => boolean) => {
  const posted: string[] = []
  while (!isOver()) {
    const text = `${name} says ${posted.length + 1}`
    posted.push(text)
    await write(visitor, text)
    await messageOf(visitor, text).waitFor()
  }
  return posted
}

const stored = async (server: ServerProcess): Promise<string[]> => {
  const client = await signIn(server.url, 'carol', PASSWORD)
  const { body } = await client.send('GET', '/api/channels/general/messages?limit=100')
  return (body as HistoryPage).messages.map(({ text }) => text)
}

const killAndReturn = ({ galene }: SfuUnderTest) => {
  let server: ServerProcess
  let alice: Visitor
  let bob: Visitor
  beforeAll(async () => {
    server = await startServerProcess(galene)
    alice = await comes(server, 'alice')
    bob = await comes(server, 'bob')
    await joinCall(alice)
    await joinCall(bob)
  }, LONG)
  afterAll(async () => {
    await Promise.all([alice?.close(), bob?.close()])
    await server?.stop()
  })

  it('loses no acknowledged message, doubles none, and everybody resumes chat and call without a click', {
    timeout: LONG,
  }, async () => {
    await Promise.all([decodes(alice, 'Bob'), decodes(bob, 'Alice')])
    let isOver = false
    const posting = [alice, bob].map((visitor, at) =>
      postUntil(visitor, ['Alice', 'Bob'][at] ?? '', () => isOver),
    )
    await shows(bob, 'Alice says 5')
    await shows(alice, 'Bob says 5')
    await server.kill()
    const acknowledged = [...(await textsOf(alice)), ...(await textsOf(bob))]
    isOver = true
    const posted = (await Promise.all(posting)).flat()
    await server.start()

    // What was on its way when the server died goes again by itself.
    for (const visitor of [alice, bob]) {
      await eventually(async () => {
        expect(await visitor.page.locator('li.message.pending').count()).toBe(0)
        expect((await textsOf(visitor)).sort()).toEqual([...posted].sort())
      }, 30_000)
    }
    const kept = await stored(server)
    expect([...kept].sort()).toEqual([...posted].sort())
    expect(kept).toEqual(expect.arrayContaining(acknowledged))
    expect(await textsOf(alice)).toEqual(kept)
    expect(await textsOf(bob)).toEqual(kept)

    await Promise.all([decodes(alice, 'Bob'), decodes(bob, 'Alice')])
    await bob.page.getByText('In a call · 2').waitFor()
    await write(bob, 'We are all here')
    await shows(alice, 'We are all here')
    expect([...alice.complaints(), ...bob.complaints()]).toEqual([])
  })
}
eachSfu('Pyrite killed while people talk', killAndReturn)

describe('a server that stays away', () => {
  let server: ServerProcess
  let alice: Visitor
  beforeAll(async () => {
    server = await startServerProcess(undefined)
    alice = await comes(server, 'alice')
    // Then the page has everything it needs, also what it loads when it has time.
    await alice.page.locator('button:enabled', { hasText: 'Join call' }).waitFor()
    await write(alice, 'Before')
    await shows(alice, 'Before')
  }, LONG)
  afterAll(async () => {
    await alice?.close()
    await server?.stop()
  })

  it('is said in words, and a message waits as not sent until it is retried', {
    timeout: LONG,
  }, async () => {
    const { page } = alice
    await server.kill()
    await page.getByText(/Connection lost. Trying again in|Connecting again…/).waitFor()
    await write(alice, 'Into the dark')
    const message = messageOf(alice, 'Into the dark')
    await message.getByText('Not sent. Pyrite could not be reached.').waitFor()
    await server.start()
    await page.getByText(/Connection lost|Connecting again/).waitFor({
      state: 'detached',
      timeout: 40_000,
    })
    await message.getByRole('button', { name: 'Retry' }).click()
    await shows(alice, 'Into the dark')
    expect(await stored(server)).toEqual(['Before', 'Into the dark'])
    expect(alice.complaints()).toEqual([])
  })
})
