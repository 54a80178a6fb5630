import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startEar } from '../support/sfu-ear.ts'

const main = join(process.cwd(), 'dist/server/main.mjs')
const environment = {
  PATH: process.env.PATH ?? '',
  PYRITE_SERVER_PORT: '0',
  PYRITE_LOG_FORMAT: 'json',
  PYRITE_SFU_GALENE_BINARY: 'none',
}
let folder: string
let child: ChildProcess
let output = ''
const config = () => join(folder, 'config.toml')
const pyrite = (...args: string[]) =>
  spawnSync(process.execPath, [main, ...args], { cwd: folder, env: environment, encoding: 'utf8' })
const says = (text: string | RegExp) => eventually(() => expect(output).toMatch(text), 15_000)

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pyrite-reload-'))
  output = ''
  child = spawn(process.execPath, [main, 'serve'], { cwd: folder, env: environment })
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text) => {
      output += text
    })
  }
  await says('Sign in as')
})
afterEach(async () => {
  const ended = new Promise((done) => child.once('exit', done))
  child.kill('SIGKILL')
  await ended
  rmSync(folder, { recursive: true, force: true })
})

it('a hang-up signal moves calls to the server that the configuration names now; a mistake in it moves nothing', async () => {
  const ear = await startEar()
  const text = readFileSync(config(), 'utf8')
  writeFileSync(config(), `${text}\n[galene]\nsync = "never"\n`)
  child.kill('SIGHUP')
  await says(/stays as it is/)
  const withUrl = text.replace(/^\[sfu\]$/m, `[sfu]\nurl = "${ear.url}"`)
  expect(withUrl).not.toBe(text)
  writeFileSync(config(), withUrl)
  child.kill('SIGHUP')
  await says(new RegExp(`"sfu":"Galene at ${ear.url}"[^\n]*was read again`))
  expect([child.exitCode, child.signalCode]).toEqual([null, null])
  await ear.stop()
})

it('prints what to put into a group file that is kept by hand, and nothing else', () => {
  const printed = pyrite('galene', 'print', 'general')
  expect([printed.status, printed.stderr]).toEqual([0, ''])
  const group = JSON.parse(printed.stdout)
  expect(group).toMatchObject({ displayName: 'general', authKeys: [{ kty: 'EC', alg: 'ES256' }] })
  expect(group.authKeys[0]).not.toHaveProperty('d')
  expect(group).not.toHaveProperty('users')
  const signingKey = /signing_key = "(.+)"/.exec(readFileSync(config(), 'utf8'))?.[1]
  expect(printed.stdout).not.toContain(signingKey)
  expect(pyrite('galene', 'print', 'nowhere')).toMatchObject({
    status: 2,
    stderr: 'There is no channel nowhere.\n',
  })
})
