import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { openWorld, type Visitor, type World } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { eachSfu } from '../support/sfu.ts'
import { joinCall, tileOf } from './support/call.ts'

const LONG = 120_000
const MB = 1_000_000
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** Offers a file to `to`, by the menu of their tile. */
const offer = async (sender: Visitor, to: string, path: string): Promise<void> => {
  await tileOf(sender, to).getByLabel(`More for ${to}`).click()
  const choosing = sender.page.waitForEvent('filechooser')
  await tileOf(sender, to).getByRole('button', { name: 'Send a file' }).click()
  await (await choosing).setFiles(path)
}

const transferOf = ({ page }: Visitor, name: string) =>
  page.getByTestId('transfer').filter({ hasText: name })

eachSfu('sending a file in a call', ({ galene }) => {
  let world: World
  let folder: string
  let alice: Visitor
  let bob: Visitor
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pyrite-file-'))
    world = await openWorld({ sfu: galene ? { galene } : 'builtin' })
    const path = '/channels/general'
    alice = await world.comes('alice', { path })
    bob = await world.comes('bob', { path })
    await joinCall(alice)
    await joinCall(bob)
    await tileOf(alice, 'Bob').waitFor()
  }, LONG)
  afterAll(async () => {
    await world?.stop()
    await rm(folder, { recursive: true, force: true })
  })
  afterEach(() => expect(world.complaints()).toEqual([]))

  const fileOf = async (name: string, bytes: Buffer) => {
    const path = join(folder, name)
    await writeFile(path, bytes)
    return path
  }

  it('20 MB arrive as they were', { timeout: LONG }, async () => {
    const bytes = randomBytes(20 * MB)
    await offer(alice, 'Bob', await fileOf('plan.bin', bytes))
    await bob.page.getByText('Alice offers you a file: plan.bin').waitFor()
    const [sent, received] = [transferOf(alice, 'plan.bin'), transferOf(bob, 'plan.bin')]
    await received.getByText('Alice wants to send you this, 20.0 MB.').waitFor()
    await sent.getByText('20.0 MB, waiting for Bob to accept').waitFor()
    await tileOf(alice, 'Bob').locator('details:not([open])').waitFor()
    await received.getByRole('button', { name: 'Accept' }).click()
    await received.getByText('20.0 MB, received from Alice').waitFor({ timeout: LONG })
    await sent.getByText('20.0 MB, sent to Bob').waitFor()
    const downloading = bob.page.waitForEvent('download')
    await received.getByRole('link', { name: 'Save' }).click()
    const download = await downloading
    expect(download.suggestedFilename()).toBe('plan.bin')
    expect(sha256(await readFile(await download.path()))).toBe(sha256(bytes))
  })

  it('a refused file goes nowhere, and both are told', { timeout: LONG }, async () => {
    await offer(bob, 'Alice', await fileOf('unwanted.bin', randomBytes(1_000)))
    await transferOf(alice, 'unwanted.bin').getByRole('button', { name: 'Refuse' }).click()
    await eventually(async () => {
      expect(await transferOf(alice, 'unwanted.bin').getAttribute('data-state')).toBe('refused')
      expect(await transferOf(bob, 'unwanted.bin').getAttribute('data-state')).toBe('refused')
      expect(await transferOf(bob, 'unwanted.bin').getByRole('status').innerText()).toMatch(
        /not take it/,
      )
    }, 15_000)
  })

  it('a file cancelled half-way stops, and both are told', { timeout: LONG }, async () => {
    await offer(alice, 'Bob', await fileOf('long.bin', randomBytes(60 * MB)))
    await transferOf(bob, 'long.bin').getByRole('button', { name: 'Accept' }).click()
    const progress = transferOf(alice, 'long.bin').getByRole('progressbar')
    await eventually(
      async () => {
        const done = await progress.evaluate((bar) => (bar as HTMLProgressElement).value)
        expect(done).toBeGreaterThan(0)
      },
      30_000,
      5,
    )
    await transferOf(alice, 'long.bin').getByRole('button', { name: 'Cancel' }).click()
    await eventually(async () => {
      for (const person of [alice, bob]) {
        const transfer = transferOf(person, 'long.bin')
        expect(await transfer.getAttribute('data-state')).toBe('cancelled')
        expect(await transfer.getByRole('status').innerText()).toMatch(/cancel/i)
        expect(await transfer.getByRole('link', { name: 'Save' }).count()).toBe(0)
      }
    }, 15_000)
  })
})
