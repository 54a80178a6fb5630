import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type Ear, startEar } from '../support/sfu-ear.ts'

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
const times = (text: string) => output.split(text).length - 1
const isRunning = () => [child.exitCode, child.signalCode]
const STAYS = 'stays as it is'
const MOVED = 'calls moved'
const SAME = 'nothing is new'

const start = (settings: NodeJS.ProcessEnv = {}) => {
  output = ''
  const env = { ...environment, ...settings }
  child = spawn(process.execPath, [main, 'serve'], { cwd: folder, env })
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text) => {
      output += text
    })
  }
}
const end = async () => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((done) => child.once('exit', done))
  child.kill('SIGKILL')
  await ended
}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pyrite-reload-'))
})
afterEach(async () => {
  await end()
  rmSync(folder, { recursive: true, force: true })
})

describe('a hang-up signal', () => {
  let ear: Ear
  /** Takes connections, and never says a word. */
  let silent: Server
  let text: string
  const silentUrl = () => `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
  const isAsked = () =>
    eventually(async () => {
      const count = await new Promise<number>((done) =>
        silent.getConnections((_error, n) => done(n)),
      )
      expect(count).toBeGreaterThan(0)
    })
  const signal = (written: string) => {
    writeFileSync(config(), written)
    child.kill('SIGHUP')
  }
  const withUrl = (url: string) => text.replace(/^\[sfu\]$/m, `[sfu]\nurl = "${url}"`)
  beforeEach(async () => {
    ear = await startEar()
    silent = createServer((socket) => void socket.on('error', () => undefined).resume())
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done))
    start()
    await says('Sign in as')
    text = readFileSync(config(), 'utf8')
  })
  afterEach(async () => {
    await end()
    await ear.stop()
    await new Promise((done) => silent.close(done))
  })

  it('moves calls to the server that the configuration names now, once', async () => {
    signal(withUrl(ear.url))
    child.kill('SIGHUP')
    await says(new RegExp(`"sfu":"Galene at ${ear.url}"[^\n]*was read again: ${MOVED}`))
    child.kill('SIGHUP')
    await says(SAME)
    expect(times(MOVED)).toBe(1)
  })

  it.each([
    [
      'what is no setting',
      () => text.replace(/^\[galene\]$/m, '[galene]\nsync = "never"'),
      'galene.sync',
    ],
    ['what cannot be read', () => `${text}\n[galene\n`, 'config.toml cannot be read'],
    ['no key', () => text.replace(/^signing_key = .*$/m, ''), 'sfu.signing_key is empty'],
  ])('moves nothing where the configuration says %s', async (_what, wrong, reason) => {
    expect(wrong()).not.toBe(text)
    signal(wrong())
    await says(STAYS)
    expect(output).toContain(reason)
    signal(withUrl(ear.url))
    await says(MOVED)
    expect(isRunning()).toEqual([null, null])
  })

  it('that comes during a move is followed after it', async () => {
    signal(withUrl(silentUrl()))
    await isAsked()
    signal(withUrl(ear.url))
    await says(MOVED)
    expect(output.indexOf(STAYS)).toBeLessThan(output.indexOf(MOVED))
  })

  it('and the end while calls are about to move: it ends in time', async () => {
    const ended = new Promise((done) => child.once('exit', done))
    signal(withUrl(silentUrl()))
    await isAsked()
    const since = performance.now()
    child.kill('SIGTERM')
    await ended
    expect(child.exitCode).toBe(0)
    expect(performance.now() - since).toBeLessThan(6_000)
    expect(output).toContain('"msg":"stopped"')
  })

  it('before the start is done is followed when it is', async () => {
    await end()
    const port = (ear.url.match(/\d+$/) ?? [])[0] ?? ''
    await ear.stop()
    start({ PYRITE_SERVER_PORT: port, PYRITE_SFU_URL: silentUrl() })
    await eventually(async () => expect((await fetch(`${ear.url}/healthz`)).ok).toBe(true), 15_000)
    child.kill('SIGHUP')
    await says(SAME)
    expect(output).toMatch(/Pyrite is at/)
    ear = await startEar()
  })
})

it('prints what to put into a group file that is kept by hand, and nothing else', async () => {
  start()
  await says('Sign in as')
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
