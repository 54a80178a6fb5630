import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build } from 'esbuild'

const ROOT = join(import.meta.dirname, '../..')
const BUNDLE = join(ROOT, 'dist', 'test', 'sync-alone.mjs')
/** These bring native code. */
const NATIVE = ['better-sqlite3', '@node-rs/argon2', 'bufferutil', 'utf-8-validate', 'pino-pretty']
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);"

/** Makes what `spawnSync` starts. */
export const buildSync = () =>
  build({
    absWorkingDir: ROOT,
    entryPoints: ['test/support/sync-alone.ts'],
    outfile: BUNDLE,
    ...{ bundle: true, format: 'esm', platform: 'node', target: 'node20.19', external: NATIVE },
    banner: { js: REQUIRE },
  })

/** A process that only keeps groups in step, in the folder of a Pyrite, with these settings as variables without their `PYRITE_`. */
export const spawnSync = (folder: string, settings: Record<string, string>) => {
  const variables = Object.entries(settings).map(([key, value]) => [`PYRITE_${key}`, value])
  const env = { PATH: process.env.PATH ?? '', ...Object.fromEntries(variables) }
  const child = spawn(process.execPath, [BUNDLE], { cwd: folder, env, stdio: 'ignore' })
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  return {
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
