import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { eachSfu, group, startBridge, type TestBridge } from '../support/sfu.ts'
import { mayMount, mountSmallDisk, type SmallDisk } from '../support/small-disk.ts'

const BACK_MS = 10_000
const DISK_KIBIBYTES = 96

let folder: string
let bridge: TestBridge
let disk: SmallDisk | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pyrite-fault-'))
  disk = undefined
})
afterEach(async () => {
  await bridge.stop()
  disk?.unmount()
  await rm(folder, { recursive: true, force: true })
})

const state = (name = 'garden') => bridge.sfu.syncState(name)
const displayName = async (name = 'garden') => {
  const text = await readFile(join(folder, `${name}.json`), 'utf8')
  return (JSON.parse(text) as { displayName: string }).displayName
}
const changeGarden = (to: string) => {
  bridge.groups[0] = group('garden', { displayName: to, description: 'x'.repeat(6_000) })
  bridge.sfu.groupsChanged('garden')
}
const hasFailed = () => eventually(() => expect(state()).toMatchObject({ state: 'failed' }))
const isInStep = async (name: string, ...others: string[]) => {
  await eventually(async () => {
    expect(await displayName()).toBe(name)
    for (const each of ['garden', ...others]) expect(state(each)).toEqual({ state: 'in-step' })
  }, BACK_MS)
  expect((await readdir(folder)).filter((file) => file.endsWith('.tmp'))).toEqual([])
}
const mustLetIn = async (name = 'garden') => {
  const { joined, socket } = await bridge.join('bob', name)
  socket.close()
  expect(joined.kind).toBe('join')
}

eachSfu('a folder of groups', (sfu) => {
  const start = async () => {
    await writeFile(join(folder, 'theirs.json'), '{}')
    bridge = await startBridge({ sfu, supervised: true, settings: { groups_dir: folder } })
    await isInStep('garden')
  }

  it('that is no folder for a while: what was known lets people in, it is said, and everything comes back by itself', async () => {
    await start()
    const moved = `${folder}-moved`
    await rename(folder, moved)
    await writeFile(folder, 'a file where the folder was')
    changeGarden('Later')
    await hasFailed()
    await rm(folder)
    await mkdir(folder)
    await rm(moved, { recursive: true })
    await isInStep('Later', 'attic')
    await mustLetIn()
  }, 40_000)
})

const canMount = await mayMount()
if (!canMount)
  process.stderr.write('Left out: a full disk and a read-only one. This user may not mount any.\n')

describe.runIf(canMount)('a disk', () => {
  eachSfu('with the groups', (sfu) => {
    beforeEach(async () => {
      disk = mountSmallDisk(folder, DISK_KIBIBYTES)
      await writeFile(join(folder, 'theirs.json'), '{}')
      bridge = await startBridge({ sfu, supervised: true, settings: { groups_dir: folder } })
      await isInStep('garden')
    })

    it('that is full: no file is torn, calls go on, it is said, and with space everything is in step', async () => {
      await disk?.fill()
      changeGarden('Later')
      bridge.groups.push(group('cellar'))
      bridge.sfu.groupsChanged('cellar')
      await hasFailed()
      expect(state().reason).toContain('ENOSPC')
      expect(await displayName()).toBe('garden')
      expect((await readdir(folder)).filter((file) => file.endsWith('.tmp'))).toEqual([])
      await mustLetIn()
      await mustLetIn('attic')
      await disk?.empty()
      await isInStep('Later', 'attic', 'cellar')
      await mustLetIn('cellar')
      expect(await readFile(join(folder, 'theirs.json'), 'utf8')).toBe('{}')
    }, 40_000)

    it('that is read-only: calls go on, it is said, and once it can be written everything is in step', async () => {
      disk?.readOnly(true)
      changeGarden('Later')
      await hasFailed()
      expect(state().reason).toContain('EROFS')
      expect(await displayName()).toBe('garden')
      await mustLetIn()
      disk?.readOnly(false)
      await isInStep('Later', 'attic')
      await mustLetIn()
    }, 40_000)
  })
})
