import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.test\.tsx?$/.test(name))
    .map((name) => join(folder, name))

const tests = ['test/unit', 'test/api', 'test/galene', 'test/e2e']
  .flatMap(filesUnder)
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n')

/** Numbers that stand in a title or a table of titles. */
const tested = new Set([...tests.matchAll(/\[([A-Z]+-\d+)\]/g)].map(([, rule]) => rule))

const numbered = (text: string): string[] =>
  [...text.matchAll(/^- \[([A-Z]+-\d+)\]/gm)].map(([, rule]) => rule as string)

describe('every numbered rule has a test that names it', () => {
  const workspace = numbered(readFileSync('docs/protocol/workspace.md', 'utf8'))
  it('docs/protocol/workspace.md', () => {
    expect(workspace.length).toBeGreaterThan(50)
    expect(workspace.filter((rule) => !tested.has(rule))).toEqual([])
  })
  const bridge = numbered(readFileSync('docs/protocol/sfu.md', 'utf8'))
  it('docs/protocol/sfu.md', () => {
    expect(bridge).toHaveLength(20)
    expect(bridge.filter((rule) => !tested.has(rule))).toEqual([])
  })
  it('and no test names a rule that is not there', () => {
    const known = new Set([...workspace, ...bridge])
    expect([...tested].filter((rule) => rule && !known.has(rule))).toEqual([])
  })
})
