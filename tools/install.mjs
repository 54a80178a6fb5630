// Installs what is missing, with nothing but Node: run first by `npm start`, `npm test` and the rest.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'node_modules/.pyrite-installed')

/** What the installed packages depend on: the lock file, and the Node they were compiled for. */
const wanted = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(`${process.versions.modules} ${process.platform} ${process.arch}`)
    .digest('hex')

const isInStep = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted()

/** Where no prebuilt database engine can be downloaded it is compiled, which needs Node's headers; they often lie beside Node. */
const withHeaders = () => {
  const prefix = dirname(dirname(process.execPath))
  const has = existsSync(join(prefix, 'include/node/node.h'))
  return has && !process.env.npm_config_nodedir
    ? { ...process.env, npm_config_nodedir: prefix }
    : process.env
}

const mustBeNewEnough = () => {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  console.error(
    `Pyrite needs Node 20.19 or newer; this is ${process.version}. See https://nodejs.org.`,
  )
  process.exit(1)
}

/** Makes node_modules match package-lock.json. Quick when it does already. */
export const ensureInstalled = () => {
  mustBeNewEnough()
  if (isInStep()) return
  console.log(
    'Installing packages. Once, for a minute or two: the database engine may be compiled here.',
  )
  const npm = process.env.npm_execpath
  const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []]
  const run = spawnSync(command, [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
    env: withHeaders(),
  })
  if (run.status !== 0) {
    console.error(
      'Installing failed; the lines above say why. Compiling needs python3, make and g++.',
    )
    process.exit(run.status ?? 1)
  }
  writeFileSync(stamp, wanted())
}
