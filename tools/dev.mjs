// `npm run dev`: serves, and builds and restarts whenever a source changes.
import { spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { join } from 'node:path'
import { ensureBuilt } from './built.mjs'
import { root } from './install.mjs'

let server
let stopping = false

const serve = () => {
  server = spawn(process.execPath, [join(root, 'dist/server/main.mjs'), 'serve'], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NODE_ENV: 'development' },
  })
  server.once('exit', (code) => {
    if (stopping) process.exit(code ?? 0)
  })
}

const stopped = () =>
  new Promise((done) => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return done()
    server.once('exit', done)
    server.kill('SIGTERM')
  })

let waiting
const rebuild = async () => {
  console.log('Something changed: building.')
  try {
    await ensureBuilt()
  } catch {
    // esbuild has printed what is wrong; the running server stays until it is mended.
    return
  }
  await stopped()
  serve()
}

await ensureBuilt()
serve()
for (const folder of ['lib', 'src', 'migrations']) {
  watch(join(root, folder), { recursive: true }, () => {
    clearTimeout(waiting)
    waiting = setTimeout(rebuild, 150)
  })
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    stopping = true
    server?.kill(signal)
  })
}
