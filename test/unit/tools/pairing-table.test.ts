import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const at = (path: string) => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8')

describe('the table of what works on which Galene', () => {
  const [, table = ''] = at('docs/galene.md').split('<!-- pairing: written by npm run pairing -->')
  const rows = table.split('<!-- pairing: end -->')[0]?.match(/^\|.*$/gm) ?? []

  it('is of this version of Pyrite', () => {
    const { version } = JSON.parse(at('package.json')) as { version: string }
    expect(/^Run on [\d-]+ with Pyrite (\S+?)[,:]/m.exec(table)?.[1]).toBe(version)
  })

  it('names the built-in SFU and each Galene that the guide speaks of, and no test that failed', () => {
    const servers = '| Rule | Built-in | Galene 1.1 | Galene 1.0 | Galene 0.96.3 |'
    expect(rows[0]).toBe(servers)
    expect(rows.length).toBeGreaterThan(50)
    expect(rows.filter((row) => row.includes('✗'))).toEqual([])
  })
})
