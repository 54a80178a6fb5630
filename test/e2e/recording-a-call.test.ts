import { readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Recording, RecordingList } from '../../lib/protocol/recordings.ts'
import { openChromium } from '../support/call-page.ts'
import type { Client, Socket } from '../support/client.ts'
import { galenes } from '../support/sfu.ts'
import { createWorld, type Person, soon, type World } from './media-support.ts'

const START = 40_000
const ALL = '/api/channels/general/recordings'
/** How a WebM file begins (EBML). */
const EBML = [0x1a, 0x45, 0xdf, 0xa3]

describe.each(galenes())('recording a call on %s', (galene) => {
  let browser: Browser
  let world: World
  let alice: Client
  let bob: Client
  let mallory: Client
  let ear: Socket
  let inCall: Person

  const folder = () => join(world.pyrite.config.sfu.data_dir, 'recordings/general')
  const list = async (who: Client) =>
    ((await who.send('GET', ALL)).body as RecordingList).recordings
  const fetchAs = (who: Client, path: string, headers: Record<string, string> = {}) =>
    fetch(`${world.pyrite.url}${path}`, { headers: { cookie: who.cookie, ...headers } })
  const addressOf = ({ name }: Pick<Recording, 'name'>) => `${ALL}/${encodeURIComponent(name)}`
  const recording = (is: boolean) =>
    ear.hear('calls.status', ({ status }) => status.recording === is)
  const bytesOnDisk = async () => {
    const [name = ''] = await readdir(folder())
    return (await stat(join(folder(), name))).size
  }

  beforeAll(async () => {
    browser = await openChromium()
    world = await createWorld(browser, { galene })
    ;[alice, bob, mallory] = (await Promise.all(
      (['alice', 'bob', 'mallory'] as const).map(world.pyrite.signIn),
    )) as [Client, Client, Client]
    ear = await bob.socket()
    inCall = await world.join('alice')
    await soon(async () => expect((await inCall.run('state'))?.is).toBe('connected'))
  }, START)
  afterAll(async () => {
    await browser.close()
    await world.stop()
  })

  it('is refused, with a sentence, while the channel does not allow it [REC-1]', async () => {
    await inCall.run('record', true)
    await soon(async () => expect(await inCall.run('notices')).toHaveLength(1))
    expect((await inCall.run('notices'))[0]).toContain('may not be recorded')
    expect(await list(bob)).toEqual([])
  })

  it('can be started in a call that runs already, as soon as the channel allows it [REC-1] [REC-2]', async () => {
    const refused = await bob.send('PATCH', '/api/channels/general', { recordable: true })
    expect(refused.status).toBe(403)
    await alice.send('PATCH', '/api/channels/general', { recordable: true })
    await soon(async () =>
      expect(await inCall.run('participants')).toEqual([
        expect.objectContaining({ isMe: true, canRecord: true }),
      ]),
    )
    await inCall.run('record', true)
    const { status } = await recording(true)
    expect(status).toMatchObject({ recordingBy: alice.user.id, can: { record: true, whip: true } })
    const answer = await bob.send('GET', '/api/channels/general')
    expect(answer.body).toMatchObject({ recording: { by: alice.user.id } })
  })

  it('shows what was recorded to everybody in the channel once it is finished [REC-3]', async () => {
    await soon(async () => expect(await bytesOnDisk()).toBeGreaterThan(100_000))
    expect(await list(bob)).toEqual([])
    const [growing = ''] = await readdir(folder())
    const early = await bob.send('GET', addressOf({ name: growing }))
    expect(early).toMatchObject({
      status: 409,
      body: { error: { code: 'recordings.not-finished' } },
    })
    expect((await alice.send('DELETE', addressOf({ name: growing }))).status).toBe(409)
    const before = Date.now()
    await inCall.run('record', false)
    await recording(false)
    const found = await list(bob)
    expect(found).toEqual([
      {
        name: expect.stringMatching(/-alice\.webm$/),
        who: 'alice',
        startedAt: expect.any(String),
        size: await bytesOnDisk(),
        playable: true,
      },
    ])
    const startedAt = Date.parse(found[0]?.startedAt ?? '')
    expect(startedAt).toBeGreaterThan(before - 60_000)
    expect(startedAt).toBeLessThan(before)
  })

  it('serves a recording whole, in parts, and as a file to keep, and never as a page [REC-4]', async () => {
    const [file] = await list(bob)
    if (!file) throw new Error('nothing was recorded')
    const whole = await fetchAs(bob, addressOf(file))
    expect(whole.status).toBe(200)
    const bytes = new Uint8Array(await whole.arrayBuffer())
    expect(bytes.length).toBe(file.size)
    expect([...bytes.slice(0, 4)]).toEqual(EBML)
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'content-type': 'video/webm',
      'content-disposition': 'inline',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'bytes',
      'cache-control': 'private, no-cache',
    })
    const part = await fetchAs(bob, addressOf(file), { range: 'bytes=100-199' })
    expect([part.status, part.headers.get('content-range')]).toEqual([
      206,
      `bytes 100-199/${file.size}`,
    ])
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.slice(100, 200))
    const beyond = await fetchAs(bob, addressOf(file), { range: `bytes=${file.size}-` })
    expect(beyond.status).toBe(416)
    const known = await fetchAs(bob, addressOf(file), {
      'if-none-match': whole.headers.get('etag') ?? '',
      // Else fetch asks for a fresh one.
      'cache-control': 'max-age=0',
    })
    expect(known.status).toBe(304)
    const kept = await fetchAs(bob, `${addressOf(file)}?download`)
    expect(kept.headers.get('content-disposition')).toContain('attachment')
    expect(kept.headers.get('content-type')).toBe('video/webm')
    await kept.arrayBuffer()
  })

  it('plays in a browser', { timeout: 30_000 }, async () => {
    const [file] = await list(bob)
    if (!file) throw new Error('nothing was recorded')
    const video = await inCall.page.evaluateHandle(async (source) => {
      const made = document.createElement('video')
      made.muted = true
      made.src = source
      await made.play()
      return made
    }, addressOf(file))
    await soon(async () => {
      const shown = await video.evaluate((it) => it.getVideoPlaybackQuality().totalVideoFrames)
      expect(shown).toBeGreaterThan(5)
    })
  })

  it('shows nothing to others, by any name [REC-3]', async () => {
    const [file] = await list(bob)
    if (!file) throw new Error('nothing was recorded')
    for (const path of [ALL, addressOf(file), `${ALL}/x.webm`]) {
      expect((await mallory.send('GET', path)).status).toBe(404)
    }
    expect((await mallory.send('DELETE', addressOf(file))).status).toBe(404)
    expect((await fetch(`${world.pyrite.url}${addressOf(file)}`)).status).toBe(401)
  })

  it('serves nothing but recordings of this very channel, whatever the name [REC-5]', async () => {
    await writeFile(join(folder(), '.hidden.webm'), 'x')
    await writeFile(join(folder(), 'notes.txt'), 'x')
    await symlink('/etc/passwd', join(folder(), 'link.webm'))
    const names = ['.hidden.webm', 'notes.txt', 'link.webm', '../general/notes.txt']
    const ways = ['../../groups/general.json', '/etc/passwd', 'a\\b.webm', 'a\0.webm', '%2e%2e']
    for (const name of [...names, ...ways]) {
      const answer = await bob.send('GET', addressOf({ name }))
      expect([name, answer.status]).toEqual([name, 404])
      expect((await alice.send('DELETE', addressOf({ name }))).status).toBe(404)
    }
    expect(await list(bob)).toHaveLength(1)
    expect((await readdir(folder())).sort()).toHaveLength(4)
  })

  it('is deleted by moderators only, and everybody in the channel hears of it [REC-6]', async () => {
    const [file] = await list(bob)
    if (!file) throw new Error('nothing was recorded')
    expect((await bob.send('DELETE', addressOf(file))).status).toBe(403)
    expect(await list(bob)).toHaveLength(1)
    expect((await alice.send('DELETE', addressOf(file))).status).toBe(200)
    expect(await ear.hear('recordings.changed')).toEqual({ channelSlug: 'general' })
    expect(await list(bob)).toEqual([])
    expect((await alice.send('DELETE', addressOf(file))).status).toBe(404)
  })

  it('ends when the channel does not allow it any more, and when the last one leaves [REC-2]', async () => {
    const runs = async (is: boolean) =>
      soon(async () => {
        const { body } = await bob.send('GET', '/api/channels/general/sfu_status')
        expect(body).toMatchObject({ recording: is })
      })
    await inCall.run('record', true)
    await runs(true)
    await alice.send('PATCH', '/api/channels/general', { recordable: false })
    await runs(false)
    await alice.send('PATCH', '/api/channels/general', { recordable: true })
    await inCall.run('record', true)
    await runs(true)
    await inCall.run('leave')
    await runs(false)
    const again = await world.join('alice')
    await soon(async () => expect((await again.run('state'))?.is).toBe('connected'))
    await runs(false)
  })
})
