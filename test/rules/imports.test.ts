import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

type Cruise = {
  summary: {
    violations: { rule: { name: string }; from: string; to: string }[]
    totalCruised: number
  }
}

describe('the import rules', () => {
  it('are kept, by more than two hundred modules that were really looked at', () => {
    const { stdout } = spawnSync(
      'node_modules/.bin/depcruise',
      [
        'lib',
        'src',
        'test',
        'migrations',
        '--config',
        '.dependency-cruiser.mjs',
        '--output-type',
        'json',
      ],
      { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
    )
    const { summary } = JSON.parse(stdout) as Cruise
    expect(
      summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`),
    ).toEqual([])
    expect(summary.totalCruised).toBeGreaterThan(200)
  }, 60_000)
})
