// Builds dist/ when something it is made of is newer.
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled, root } from './install.mjs'

const stamp = join(root, 'dist/.built')
const sources = ['lib', 'src', 'migrations', 'tools/build.mjs', 'package-lock.json']

const newest = (path) => {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}

/** Installs and builds what is missing or stale. */
export const ensureBuilt = async () => {
  ensureInstalled()
  const made = existsSync(stamp) ? statSync(stamp).mtimeMs : 0
  if (sources.every((source) => newest(join(root, source)) < made)) return
  const started = new Date()
  const { buildAll } = await import('./build.mjs')
  await buildAll()
  writeFileSync(stamp, started.toISOString())
}

/** Runs a command of Pyrite in this process. */
export const runPyrite = async (...args) => {
  await ensureBuilt()
  process.argv.splice(2, process.argv.length, ...args)
  await import('../dist/server/main.mjs')
}
