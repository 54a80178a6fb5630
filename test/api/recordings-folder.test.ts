import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { recordingsFindings } from '../../lib/app/doctor-recordings.ts'
import { loadConfig } from '../../lib/platform/config/load.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'
import { mayMount, mountSmallDisk } from '../support/small-disk.ts'

const NAME = '2026-11-20T09:30:00.000-bob.webm'
const ALL = '/api/channels/general/recordings'
const DISK_KIBIBYTES = 96

const canMount = await mayMount()
if (!canMount)
  process.stderr.write('Left out: recordings on a full disk. This user may not mount any.\n')

let root: string
let folder: string
let pyrite: Pyrite
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pyrite-recordings-'))
  folder = join(root, 'recordings')
  await mkdir(folder)
  pyrite = await startPyrite({ settings: { galene: { recordings_dir: folder } } })
})
afterEach(async () => {
  await pyrite.stop()
  await rm(root, { recursive: true, force: true })
})

/** What the doctor says of the folder. */
const told = async () => {
  const config = loadConfig(join(root, 'config.toml'))
  const sfu = { ...config.sfu, url: 'http://127.0.0.1:9' }
  const galene = { ...config.galene, recordings_dir: folder }
  return (await recordingsFindings({ ...config, sfu, galene }, false)).map(({ what }) => what)
}

it('a folder of recordings that cannot be read is no bug of ours: it is said, here and by the doctor', async () => {
  await symlink('general', join(folder, 'general'))
  const alice = await pyrite.signIn('alice')
  expect(await alice.send('GET', ALL)).toMatchObject({
    status: 503,
    body: {
      error: { code: 'storage.unavailable', message: expect.stringMatching(/ELOOP.*doctor/) },
    },
  })
  expect(await told()).toEqual([expect.stringContaining('ELOOP')])
})

it('a folder that is away is said by the doctor, and shows no recordings', async () => {
  await rm(folder, { recursive: true })
  const alice = await pyrite.signIn('alice')
  expect((await alice.send('GET', ALL)).body).toEqual({ recordings: [] })
  expect(await told()).toEqual([expect.stringContaining('there is no such folder')])
  await writeFile(folder, '')
  expect(await told()).toEqual([expect.stringContaining('this is a file')])
})

describe.runIf(canMount)('recordings on a disk of their own', () => {
  it('that is nearly full, or read-only: they are shown, and what does not go is said', async () => {
    const disk = mountSmallDisk(folder, DISK_KIBIBYTES)
    try {
      await mkdir(join(folder, 'general'))
      await writeFile(join(folder, 'general', NAME), Buffer.alloc(50_000))
      expect(await told()).toEqual([expect.stringMatching(/only 0 MB left/)])
      disk?.readOnly(true)
      expect(await told()).toEqual([expect.stringContaining('this disk is read-only (EROFS)')])
      const alice = await pyrite.signIn('alice')
      expect((await alice.send('GET', ALL)).body).toMatchObject({ recordings: [{ name: NAME }] })
      expect(await alice.send('DELETE', `${ALL}/${NAME}`)).toMatchObject({
        status: 503,
        body: { error: { message: expect.stringContaining('EROFS') } },
      })
    } finally {
      disk?.unmount()
    }
  })
})
