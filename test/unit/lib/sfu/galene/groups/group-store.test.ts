import { execFileSync } from 'node:child_process'
import {
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
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

describe('what is no group file', () => {
  const at = (name: string) => join(folder, name)

  it('is told as what it is, and nobody waits for a pipe', async () => {
    execFileSync('mkfifo', [at('pipe.json')])
    await mkdir(at('folder.json'))
    await symlink('/dev/zero', at('endless.json'))
    await writeFile(at('huge.json'), '')
    await truncate(at('huge.json'), 9_000_000)
    const { read } = createGroupStore(folder)
    for (const name of ['pipe', 'folder', 'endless']) {
      await expect(read(name)).rejects.toThrow(`${name}.json is not a file`)
    }
    await expect(read('huge')).rejects.toThrow('larger than any group')
  })

  it('is not taken for a free place where it is a link to what is away', async () => {
    await symlink('/nowhere/garden.json', at('garden.json'))
    const { read } = createGroupStore(folder)
    await expect(read('garden')).rejects.toThrow('leads nowhere')
    expect(await readlink(at('garden.json'))).toBe('/nowhere/garden.json')
    expect(await read('attic')).toBeUndefined()
  })
})

it('a folder that cannot be used is told in a sentence that names it', async () => {
  const missing = join(folder, 'groups')
  await expect(createGroupStore(missing).names()).rejects.toThrow(
    `${missing}: there is no such folder: sfu.groups_dir must be that of Galene's -groups (ENOENT)`,
  )
  await writeFile(missing, '')
  for (const work of ['prepare', 'names'] as const) {
    await expect(createGroupStore(missing)[work]()).rejects.toThrow(`${missing}: this is a file`)
  }
  await expect(createGroupStore(missing).write('garden', '{}')).rejects.toThrow('is a file')
})
