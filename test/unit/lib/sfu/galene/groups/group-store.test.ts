import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createGroupStore } from '../../../../../../lib/sfu/galene/groups/group-store.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pyrite-store-'))
})
afterEach(() => rm(folder, { recursive: true }))

it('a group that two write at the same time is always whole, and neither fails', async () => {
  const [one, other] = [createGroupStore(folder), createGroupStore(folder)]
  const texts = new Set(['a'.repeat(200_000), 'b'.repeat(100_000)])
  for (let round = 0; round < 20; round += 1) {
    const both = [...texts].map((text, n) => (n === 0 ? one : other).write('garden', text))
    await Promise.all(both)
    expect(texts).toContain(await one.read('garden'))
  }
  expect(await readdir(folder)).toEqual(['garden.json'])
})
