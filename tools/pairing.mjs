// `npm run pairing -- 1.1=/usr/bin/galene 1.0=/opt/galene-1.0/galene`: runs the pairing suite on the built-in SFU and on each of these,
// and writes what works where into docs/galene.md. Without names: on GALENE_BINARIES and the galene on the PATH.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { ensureBuilt } from './built.mjs'
import { root } from './install.mjs'

const BEGIN = '<!-- pairing: written by npm run pairing -->'
const END = '<!-- pairing: end -->'
const BUILTIN = 'the built-in SFU'
const ON_PATH = '(on the PATH)'

const onPath = () =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'galene'))
    .find(existsSync)

/** Path by version, as the arguments or the environment name them. */
const namedGalenes = () => {
  const given = process.argv.slice(2).map((argument) => argument.split('='))
  if (given.length > 0) return new Map(given.map(([version, path]) => [path, `Galene ${version}`]))
  const listed = (process.env.GALENE_BINARIES ?? '').split(':').filter(Boolean)
  const found = new Set([onPath(), ...listed].filter(Boolean))
  return new Map([...found].map((path) => [path, path]))
}

const runSuite = (galenes) => {
  const folder = mkdtempSync(join(tmpdir(), 'pyrite-pairing-'))
  const report = join(folder, 'report.json')
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const env = { ...process.env, NODE_ENV: 'test', GALENE_BINARIES: [...galenes.keys()].join(':') }
  const args = [vitest, 'run', 'test/galene/sfu-', '--maxWorkers=1', ...reporters]
  spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env })
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
  rmSync(folder, { recursive: true, force: true })
  return testResults.flatMap(({ assertionResults }) => assertionResults)
}

/** On which server a test ran; undefined for one that needs none. */
const serverOf = ({ ancestorTitles }, galenes) => {
  const suites = ancestorTitles.join(' ')
  if (suites.includes(BUILTIN)) return 'Built-in'
  const path = suites.includes(ON_PATH)
    ? onPath()
    : [...galenes.keys()].find((each) => suites.includes(each))
  return path && (galenes.get(path) ?? path)
}

const SERVER = '(?:the built-in SFU|Galene \\(.*?\\)|/\\S+)$'

/** The suite's title without the server. */
const suiteOf = ({ ancestorTitles: [title = ''] }) =>
  title
    .replaceAll(/'([^']*)'/g, '$1')
    .replace(new RegExp(`,? (?:with|on|of|to) ${SERVER}`), '')
    .replace(new RegExp(SERVER), 'SFU')
const rulesOf = (test) => {
  const tags = [...test.title.matchAll(/\[([A-Z]+-[A-Z0-9-]+)\]/g)].map(([, tag]) => tag)
  return tags.length > 0 ? tags : [suiteOf(test)]
}

/** Passed and failed tests by rule and server. */
const count = (tests, galenes) => {
  const rules = new Map()
  for (const test of tests) {
    const server = serverOf(test, galenes)
    if (!server || !['passed', 'failed'].includes(test.status)) continue
    for (const rule of rulesOf(test)) {
      const row = rules.get(rule) ?? new Map()
      const cell = row.get(server) ?? { passed: 0, failed: 0 }
      cell[test.status] += 1
      rules.set(rule, row.set(server, cell))
    }
  }
  return rules
}

const cellText = (cell) => {
  if (!cell) return '–'
  const all = cell.passed + cell.failed
  return cell.failed === 0 ? `✓ ${all}` : `✗ ${cell.failed} of ${all}`
}
const byName = ([one], [other]) => one.localeCompare(other, 'en', { numeric: true })

const tableOf = (rules, servers) => {
  const line = (cells) => `| ${cells.join(' | ')} |`
  const rows = [...rules]
    .sort(byName)
    .map(([rule, row]) => line([rule, ...servers.map((server) => cellText(row.get(server)))]))
  return [line(['Rule', ...servers]), line(['---', ...servers.map(() => '---')]), ...rows]
}

const write = (lines) => {
  const path = join(root, 'docs/galene.md')
  const text = readFileSync(path, 'utf8')
  const [before, rest] = text.split(BEGIN)
  const after = rest?.split(END)[1]
  if (after === undefined) throw new Error(`docs/galene.md has no ${BEGIN} ... ${END}`)
  writeFileSync(path, `${before}${BEGIN}\n\n${lines.join('\n')}\n\n${END}${after}`)
}

/** The commit that was tested, and that more than it was, where files are changed. */
const testedCommit = () => {
  const git = (...words) => spawnSync('git', words, { cwd: root, encoding: 'utf8' }).stdout?.trim()
  const commit = git('rev-parse', '--short', 'HEAD')
  if (!commit) return ''
  return git('status', '--porcelain') ? `, at ${commit} and changes` : `, at ${commit}`
}

await ensureBuilt()
const commit = testedCommit()
const galenes = namedGalenes()
const tests = runSuite(galenes)
const rules = count(tests, galenes)
const servers = ['Built-in', ...galenes.values()]
const failed = [...rules.values()].flatMap((row) => [...row.values()]).some((cell) => cell.failed)
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const date = new Date().toISOString().slice(0, 10)
write([
  `Run on ${date} with Pyrite ${version}${commit}: ✓ and how many tests passed, ✗ where some did not, – where a rule does not concern a server.`,
  '',
  ...tableOf(rules, servers),
])
process.exitCode = failed ? 1 : 0
