// `npm run check`: format, lint, types, imports, unused code, and generated files in step.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ensureInstalled, root } from './install.mjs'

ensureInstalled()
const bin = (name) => join(root, 'node_modules/.bin', name)
const steps = [
  ['format and lint', bin('biome'), ['check', '--error-on-warnings', '.']],
  ['types', bin('tsc'), []],
  [
    'imports',
    bin('depcruise'),
    ['lib', 'src', 'test', 'migrations', '--config', '.dependency-cruiser.mjs'],
  ],
  ['unused code', bin('knip'), []],
  ['generated files', bin('tsx'), ['tools/generate.ts', '--check']],
]
const failed = steps.filter(([title, command, args]) => {
  const started = performance.now()
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  console.log(
    `${status === 0 ? 'ok    ' : 'FAILED'} ${title} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
  )
  return status !== 0
})
if (failed.length > 0) console.error(`Failed: ${failed.map(([title]) => title).join(', ')}`)
process.exitCode = failed.length > 0 ? 1 : 0
