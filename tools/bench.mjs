// `npm run bench`: measures against what people would use instead, and writes bench/results/latest.json.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ensureBuilt } from './built.mjs'
import { root } from './install.mjs'

await ensureBuilt()
const { status } = spawnSync(
  join(root, 'node_modules/.bin/tsx'),
  ['bench/main.ts', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
)
process.exitCode = status ?? 1
