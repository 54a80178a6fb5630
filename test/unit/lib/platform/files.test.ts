import {
  chmod,
  type FileHandle,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { replaceFile } from '../../../../lib/platform/files.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pyrite-files-'))
})
afterEach(() => rm(folder, { recursive: true }))

const options = { mode: 0o644, temporary: '.half.tmp' }
const modeOf = async (path: string) => (await stat(path)).mode & 0o777

it('gives a new file its mode whatever the umask', async () => {
  const umask = process.umask(0o077)
  await replaceFile(join(folder, 'a'), 'text', options)
  process.umask(umask)
  expect(await modeOf(join(folder, 'a'))).toBe(0o644)
})

it('keeps the rights that somebody gave a file', async () => {
  const path = join(folder, 'a')
  await writeFile(path, 'before')
  await chmod(path, 0o640)
  await replaceFile(path, 'after', options)
  expect(await modeOf(path)).toBe(0o640)
  expect(await readFile(path, 'utf8')).toBe('after')
})

it('leaves all as it was where it cannot finish', async () => {
  const path = join(folder, 'a')
  await writeFile(path, 'before')
  const finish = () => Promise.reject(new Error('no space left'))
  await expect(replaceFile(path, 'after', { ...options, finish })).rejects.toThrow('no space left')
  expect(await readFile(path, 'utf8')).toBe('before')
  expect(await readdir(folder)).toEqual(['a'])
})

it('writes through nothing that lies where the new text goes, and gives it no rights of that', async () => {
  const elsewhere = join(folder, 'elsewhere')
  await writeFile(elsewhere, 'not yours')
  await symlink(elsewhere, join(folder, options.temporary))
  await replaceFile(join(folder, 'a'), 'text', options)
  expect(await readFile(elsewhere, 'utf8')).toBe('not yours')
  await writeFile(join(folder, options.temporary), '', { mode: 0o666 })
  let mode = 0
  const finish = async (file: FileHandle) => {
    mode = (await file.stat()).mode & 0o777
  }
  await writeFile(join(folder, 'b'), 'secret', { mode: 0o600 })
  await replaceFile(join(folder, 'b'), 'new secret', { ...options, finish })
  expect([mode, await modeOf(join(folder, 'b'))]).toEqual([0o600, 0o600])
})
