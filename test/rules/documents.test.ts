import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FINDINGS } from '../../lib/app/doctor-findings.ts'
import { ENDPOINTS } from '../../lib/app/endpoints.ts'
import { loadConfig } from '../../lib/platform/config/load.ts'
import { CONFIG } from '../../lib/platform/config/schema.ts'
import { ERROR_STATUS } from '../../lib/protocol/error-codes.ts'

const sources = (folder: string): string =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')

describe('documents say what the code does', () => {
  it('what is generated is in step', () => {
    const run = spawnSync('node_modules/.bin/tsx', ['tools/generate.ts', '--check'], {
      encoding: 'utf8',
    })
    expect(run.stderr).toBe('')
    expect(run.status).toBe(0)
  })

  it('config.example.toml is read as the defaults', () => {
    const { sfu, builtin, ...rest } = loadConfig('config.example.toml')
    for (const [section, keys] of Object.entries({ ...rest, builtin })) {
      const defaults = CONFIG[section as keyof typeof CONFIG] as Record<
        string,
        { default: unknown }
      >
      for (const [key, value] of Object.entries(keys)) {
        if (section !== 'database')
          expect([section, key, value]).toEqual([section, key, defaults[key]?.default])
      }
    }
    expect(sfu.url).toBe('')
  })

  it('every error code is thrown somewhere', () => {
    const code = sources('lib').replace(readFileSync('lib/protocol/error-codes.ts', 'utf8'), '')
    expect(Object.keys(ERROR_STATUS).filter((word) => !code.includes(`'${word}'`))).toEqual([])
  })

  it('every finding of the doctor is found somewhere', () => {
    const code = sources('lib/app').replace(readFileSync('lib/app/doctor-findings.ts', 'utf8'), '')
    expect(Object.keys(FINDINGS).filter((word) => !code.includes(`'${word}'`))).toEqual([])
  })

  it('every link in docs/ and the README leads somewhere', () => {
    const pages = readdirSync('docs', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join('docs', name))
      .concat('README.md', 'lib/README.md', 'CHANGELOG.md')
    const broken = pages.flatMap((page) =>
      [
        ...readFileSync(page, 'utf8')
          .replaceAll(/`[^`\n]*`/g, '')
          .matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g),
      ]
        .map(([, target]) => target as string)
        .filter((target) => !existsSync(join(dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    )
    expect(broken).toEqual([])
    expect(pages.length).toBeGreaterThan(8)
  })

  it('every file that a document or a comment names is there', () => {
    const named = ['docs', 'lib', 'src', 'test', 'bench', 'tools']
      .flatMap((folder) =>
        readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) =>
          join(folder, name),
        ),
      )
      .concat('README.md', 'CHANGELOG.md')
      .filter((name) => /\.(?:md|tsx?|mjs)$/.test(name))
      .flatMap((name) => [
        ...readFileSync(name, 'utf8').matchAll(
          /\b(?:lib|src|test|bench|tools|docs)\/[\w./-]+\.(?:tsx?|md|mjs)\b/g,
        ),
      ])
    const paths = [...new Set(named.map(([path]) => path))]
    expect(paths.filter((path) => !existsSync(path))).toEqual([])
    expect(paths.length).toBeGreaterThan(20)
  })

  it('the list of endpoints names every prefix that is mounted', () => {
    const web = readFileSync('lib/app/web.ts', 'utf8') + readFileSync('lib/app/doors.ts', 'utf8')
    const mounted = [...web.matchAll(/'(\/(?:api\/)?[a-z.]+)'/g)].map(([, path]) => path as string)
    expect(mounted.length).toBeGreaterThan(4)
    expect(mounted.filter((path) => path !== '/api' && !(path in ENDPOINTS))).toEqual([])
  })
})
