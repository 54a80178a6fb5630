import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { eachSfu, type Json, startBridge, type TestBridge } from '../support/sfu.ts'
import { mayMount, mountSmallDisk } from '../support/small-disk.ts'

const BACK_MS = 10_000
const DISK_KIBIBYTES = 512

const canMount = await mayMount()
if (!canMount)
  process.stderr.write('Left out: a disk that goes and comes back. This user may not mount any.\n')

let root: string
let folder: string
let bridge: TestBridge
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pyrite-edited-'))
  folder = join(root, 'groups')
  await mkdir(folder)
})
afterEach(async () => {
  await bridge.stop()
  await rm(root, { recursive: true, force: true })
})

const file = (name = 'garden') => join(folder, `${name}.json`)
const text = (name?: string) => readFile(file(name), 'utf8')
const state = (name = 'garden') => bridge.sfu.syncState(name)
const mustBeAs = (before: string, name = 'garden') =>
  eventually(async () => {
    expect(JSON.parse(await text(name))).toEqual(JSON.parse(before))
    expect(state(name)).toEqual({ state: 'in-step' })
  }, BACK_MS)
const mustLetIn = async (name = 'garden') => {
  const { joined, socket } = await bridge.join('bob', name)
  socket.close()
  expect(joined.kind).toBe('join')
}
const tries = () =>
  bridge.lines.filter((line) => line.includes('a group could not be brought in step')).length
/** Resolves when Pyrite has tried a failed group as it is now: the first try may have begun before. Somebody who comes has it tried. */
const isTried = async () => {
  const before = tries()
  await eventually(async () => {
    ;(await bridge.join('bob')).socket.close()
    expect(tries()).toBeGreaterThan(before + 1)
  }, BACK_MS)
}

eachSfu('groups that somebody touches while Pyrite runs', (sfu) => {
  const start = async () => {
    bridge = await startBridge({ sfu, supervised: true, settings: { groups_dir: folder } })
    await eventually(() => {
      for (const name of ['garden', 'attic']) expect(state(name)).toEqual({ state: 'in-step' })
    }, BACK_MS)
    return text()
  }
  const edit = async (fields: Json) =>
    writeFile(file(), JSON.stringify({ ...JSON.parse(await text()), ...fields }))

  it('with other people, keys and wrong types are as before within ten seconds, though nobody joins', async () => {
    const before = await start()
    await edit({ users: { mallory: { permissions: 'op' } }, authKeys: 7, expires: 'never', new: 1 })
    await mustBeAs(before)
    await mustLetIn()
  }, 30_000)

  it('removed or put back from an old copy are there and new within ten seconds', async () => {
    const [before, attic] = [await start(), await text('attic')]
    await rm(file('attic'))
    await rm(file())
    await writeFile(file(), before.replace('"garden"', '"long ago"'))
    await mustBeAs(before)
    await mustBeAs(attic, 'attic')
    await mustLetIn('attic')
  }, 30_000)

  it('broken: it is said within seconds, nothing is touched, and all is well once it is mended or gone', async () => {
    const before = await start()
    for (const broken of [before.slice(0, 90), `${before}}`, 'x'.repeat(5_000_000)]) {
      await writeFile(file(), broken)
      await eventually(() => expect(state().reason).toMatch(/not one JSON object/), BACK_MS)
      await isTried()
      expect(await text()).toBe(broken)
    }
    expect(state('attic')).toEqual({ state: 'in-step' })
    await rm(file())
    await mustBeAs(before)
    await mustLetIn()
  }, 40_000)

  it('with their folder elsewhere for a while, behind a link: it is said, and all are in step when it is back', async () => {
    const real = join(root, 'real')
    await rename(folder, real)
    await symlink(real, folder)
    const before = await start()
    await rm(folder)
    await writeFile(folder, '')
    await eventually(
      () =>
        expect(state()).toEqual({
          state: 'failed',
          reason: expect.stringMatching(/ENOTDIR/),
        }),
      BACK_MS,
    )
    await rm(folder)
    await writeFile(join(real, 'garden.json'), before.replace('"garden"', '"long ago"'))
    await symlink(real, folder)
    await mustBeAs(before)
    await mustLetIn()
  }, 40_000)

  it.runIf(canMount)(
    'on a disk that goes and comes back: all are in step, with and without it',
    async () => {
      const disk = mountSmallDisk(folder, DISK_KIBIBYTES)
      const beside = join(root, 'beside')
      await mkdir(beside)
      try {
        const before = await start()
        disk?.move(beside)
        await mustBeAs(before)
        await writeFile(join(beside, 'garden.json'), before.replace('"garden"', '"long ago"'))
        disk?.move(folder)
        await mustBeAs(before)
        await mustLetIn()
      } finally {
        disk?.unmount()
      }
    },
    40_000,
  )
})
