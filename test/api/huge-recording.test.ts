import { mkdir, mkdtemp, open, readdir, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RecordingList } from '../../lib/protocol/recordings.ts'
import type { Client } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'

const NAME = '2026-11-20T09:30:00.000-bob.webm'
const ALL = '/api/channels/general/recordings'
const BYTES = 5 * 1_024 ** 3
const MARK = 'beyond what 32 bits can say'
const MARK_AT = BYTES - MARK.length
const ABORTED = 30

let folder: string
let pyrite: Pyrite
let bob: Client
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pyrite-huge-'))
  await mkdir(join(folder, 'general'))
  // Nothing but its end takes room on the disk.
  const file = await open(join(folder, 'general', NAME), 'w')
  await file.write(MARK, MARK_AT)
  await file.close()
  pyrite = await startPyrite({ settings: { galene: { recordings_dir: folder } } })
  bob = await pyrite.signIn('bob')
})
afterAll(async () => {
  await pyrite.stop()
  await rm(folder, { recursive: true, force: true })
})

const ask = (headers: Record<string, string>, signal?: AbortSignal) =>
  fetch(`${bob.url}${ALL}/${encodeURIComponent(NAME)}`, {
    headers: { cookie: bob.cookie, ...headers },
    ...(signal && { signal }),
  })
/** How often this process holds the file open. */
const timesOpen = async () => {
  const links = (await readdir('/proc/self/fd')).map((fd) =>
    readlink(`/proc/self/fd/${fd}`).catch(() => ''),
  )
  return (await Promise.all(links)).filter((path) => path.endsWith(NAME)).length
}

it('a recording of 5 GiB is listed, and served from any place of it [REC-4]', async () => {
  const { recordings } = (await bob.send('GET', ALL)).body as RecordingList
  expect(recordings).toMatchObject([{ name: NAME, size: BYTES }])
  const part = await ask({ range: `bytes=${MARK_AT}-` })
  expect([part.status, part.headers.get('content-range')]).toEqual([
    206,
    `bytes ${MARK_AT}-${BYTES - 1}/${BYTES}`,
  ])
  expect(await part.text()).toBe(MARK)
  expect((await ask({ range: `bytes=${BYTES}-` })).status).toBe(416)
})

it('whoever stops in the middle leaves no file open', async () => {
  for (let n = 0; n < ABORTED; n += 1) {
    const stop = new AbortController()
    const { status, body } = await ask({}, stop.signal)
    expect(status).toBe(200)
    await body?.getReader().read()
    expect(await timesOpen()).toBeGreaterThan(0)
    stop.abort()
  }
  await eventually(async () => expect(await timesOpen()).toBe(0))
})
