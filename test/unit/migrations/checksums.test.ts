import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CHECKSUMS } from '../../../migrations/checksums.ts'
import { MIGRATIONS } from '../../../migrations/index.ts'

const folder = new URL('../../../migrations/', import.meta.url)
const sha256 = (file: string) =>
  createHash('sha256')
    .update(readFileSync(new URL(file, folder)))
    .digest('hex')

describe('migrations/checksums.ts', () => {
  it('tells when a migration was edited: each line is the SHA-256 of its source', () => {
    const sources = MIGRATIONS.map(({ name }) => [name, sha256(`${name}.ts`)])
    expect(Object.entries(CHECKSUMS)).toEqual(sources)
  })
  it('every file is in the list once, and their order is their number', () => {
    const files = readdirSync(folder)
      .filter((file) => /^\d/.test(file))
      .sort()
    const names = MIGRATIONS.map(({ name }) => name)
    expect(names.map((name) => `${name}.ts`)).toEqual(files)
    expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, n) => n + 1))
  })
})
