// `npm test`: installs what the tests need and runs everything. The last line counts.
import { spawnSync } from 'node:child_process'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { ensureBuilt } from './built.mjs'
import { root } from './install.mjs'

const onPath = (name) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })

const findChromium = () =>
  process.env.CHROMIUM ??
  ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
    .map(onPath)
    .find(Boolean)

const ran = (words, cwd = root) =>
  spawnSync(words[0], words.slice(1), {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }).status === 0
const apt = onPath('apt-get')
const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n']
const updated = () => apt !== undefined && ran([...asRoot, apt, 'update', '-qq'])

/** Installs a package of Debian; false where that is impossible. */
const installed = (name) => updated() && ran([...asRoot, apt, 'install', '-y', '-qq', name])

/** Unpacks a package of Debian into a folder, without installing it: no service of it starts, and takes port 80. */
const unpacked = (name, folder) => {
  if (!apt) return false
  mkdirSync(folder, { recursive: true })
  const download = () =>
    ran([apt, 'download', '-qq', '-o', 'APT::Sandbox::User=root', name], folder)
  if (!(download() || (updated() && download()))) return false
  const file = readdirSync(folder).find((each) => each.endsWith('.deb'))
  return file !== undefined && ran(['dpkg-deb', '-x', file, '.'], folder)
}

/** A Chromium for the browser tests: the one that is there, or Debian's. */
const ensureChromium = () => {
  const found = findChromium()
  if (found) return found
  console.log('Installing Chromium from Debian for the browser tests.')
  if (!installed('chromium') || !findChromium()) {
    console.error(
      'Chromium could not be installed: install it by hand, or name it in CHROMIUM=/path/to/chromium.',
    )
    process.exit(1)
  }
  return findChromium()
}

/** A coturn for the tests of TURN: the one that is there, or Debian's. Undefined: those tests are left out, and counted. */
const ensureTurnserver = () => {
  const found = process.env.TURNSERVER ?? onPath('turnserver')
  if (found) return found
  console.log('Installing coturn from Debian for the tests of TURN.')
  return installed('coturn') ? onPath('turnserver') : undefined
}

/** An nginx for the tests of the guide's reverse proxy, as for TURN. Debian puts it where only root looks. */
const ensureNginx = () => {
  if (process.env.NGINX || onPath('nginx') || existsSync('/usr/sbin/nginx')) return
  console.log('Installing nginx from Debian for the tests of the reverse proxy.')
  installed('nginx-light')
}

/** A Caddy for the same; undefined: those tests are left out, and counted. */
const ensureCaddy = () => {
  const folder = join(root, 'node_modules/.pyrite-caddy')
  const own = join(folder, 'usr/bin/caddy')
  const found = process.env.CADDY ?? onPath('caddy') ?? (existsSync(own) ? own : undefined)
  if (found) return found
  console.log('Unpacking Caddy from Debian for the tests of the reverse proxy.')
  return unpacked('caddy', folder) ? own : undefined
}

/** The real Galenes the SFU suites run on beside the built-in SFU. */
const findGalenes = () => {
  const named = (process.env.GALENE_BINARIES ?? '').split(':').filter(Boolean)
  const missing = named.filter((path) => !existsSync(path))
  if (missing.length > 0) {
    console.error(`GALENE_BINARIES names ${missing.join(', ')}, which is not there.`)
    process.exit(1)
  }
  return [...new Set([...named, onPath('galene')].filter(Boolean))]
}

const totals = { passed: 0, failed: 0, skipped: 0 }

/** Runs one group of suites; counts from vitest's own report, so that a crash counts as a failure. */
const runSuites = (title, folders, workers, env) => {
  console.log(`\n== ${title}`)
  const folder = mkdtempSync(join(tmpdir(), 'pyrite-test-'))
  const report = join(folder, 'report.json')
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const run = spawnSync(
    process.execPath,
    [
      vitest,
      'run',
      ...folders,
      `--maxWorkers=${workers}`,
      // Suites for real Galenes only are empty files then.
      ...(galenes.length === 0 ? ['--passWithNoTests'] : []),
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    { cwd: root, stdio: 'inherit', env },
  )
  const counted = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined
  rmSync(folder, { recursive: true, force: true })
  totals.passed += counted?.numPassedTests ?? 0
  totals.failed += counted?.numFailedTests ?? 0
  totals.skipped += (counted?.numPendingTests ?? 0) + (counted?.numTodoTests ?? 0)
  const silent = run.status !== 0 && (counted?.numFailedTests ?? 0) === 0
  if (silent || !counted || counted.numTotalTests === 0) totals.failed += 1
}

await ensureBuilt()
const chromium = ensureChromium()
const galenes = findGalenes()
const turnserver = ensureTurnserver()
ensureNginx()
const caddy = ensureCaddy()
const env = {
  ...process.env,
  CHROMIUM: chromium,
  GALENE_BINARIES: galenes.join(':'),
  ...(turnserver && { TURNSERVER: turnserver }),
  ...(caddy && { CADDY: caddy }),
  NODE_ENV: 'test',
}
const only = process.argv.slice(2)
const groups = [
  ['Units, rules and the API', ['test/unit', 'test/rules', 'test/api'], 2],
  ['SFU', ['test/galene'], 1],
  ['Browser', ['test/e2e'], 1],
]
if (only.length > 0) runSuites(only.join(' '), only, 1, env)
else for (const [title, folders, workers] of groups) runSuites(title, folders, workers, env)

console.log(`\nSFUs used: the built-in one${galenes.map((path) => `, ${path}`).join('')}`)
if (galenes.length === 0) {
  console.log(
    'No Galene found: put one on the PATH, or name some in GALENE_BINARIES=a:b, to run the SFU suites on them too.',
  )
}
console.log(
  turnserver
    ? `coturn used: ${turnserver}`
    : 'No coturn found: the tests of TURN are left out, and counted as skipped. Install it, or name it in TURNSERVER=/path/to/turnserver.',
)
console.log(
  caddy
    ? `Caddy used: ${caddy}`
    : 'No Caddy found: its tests as a reverse proxy are left out, and counted as skipped. Install it, or name it in CADDY=/path/to/caddy.',
)
console.log(`Chromium used: ${chromium}`)
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
process.exitCode = totals.failed > 0 ? 1 : 0
