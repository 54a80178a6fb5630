import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { signIn } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'

const main = join(process.cwd(), 'dist/server/main.mjs')
let folder: string
const running: ChildProcess[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pyrite-process-'))
})
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

const environment = {
  PATH: process.env.PATH ?? '',
  PYRITE_SERVER_PORT: '0',
  PYRITE_SFU_GALENE_BINARY: 'none',
  PYRITE_BUILTIN_LOOPBACK: 'true',
}

const serve = (cwd = folder) => {
  const child = spawn(process.execPath, [main, 'serve'], { cwd, env: environment })
  running.push(child)
  let output = ''
  child.stdout.on('data', (text) => {
    output += text
  })
  child.stderr.on('data', (text) => {
    output += text
  })
  const exited = new Promise<number | null>((done) => child.once('exit', done))
  const isUp = () =>
    eventually(() => {
      const url = /Pyrite is at +(\S+)/.exec(output)?.[1]
      if (!url || !output.includes('Next ')) throw new Error(`not up yet: ${output}`)
      return url
    }, 15_000)
  return { child, exited, isUp, output: () => output }
}
const pyrite = (...args: string[]) =>
  spawnSync(process.execPath, [main, ...args], { cwd: folder, env: environment, encoding: 'utf8' })

describe('a first start', () => {
  it('writes a private configuration, makes an admin whose password is shown once, and holds calls', async () => {
    const first = serve()
    const url = await first.isUp()
    expect(statSync(join(folder, 'config.toml')).mode & 0o777).toBe(0o600)
    expect(first.output()).toMatch(/Calls +.*built-in/)
    expect(first.output()).not.toMatch(/"level":[456]0/)
    const password = /password +(\S+)/.exec(first.output())?.[1] ?? ''
    const admin = await signIn(url, 'admin', password)
    const { body } = await admin.send('GET', '/api/workspace')
    expect(body).toMatchObject({
      me: { role: 'admin' },
      channels: [{ slug: 'general', role: 'moderator' }],
    })

    const socket = await admin.socket()
    first.child.kill('SIGTERM')
    expect(await socket.closed).toMatchObject({ code: 1012 })
    expect(await first.exited).toBe(0)

    const second = serve()
    await second.isUp()
    expect(second.output()).not.toContain('password')
    expect(second.output()).not.toContain('Wrote')
    second.child.kill('SIGINT')
    expect(await second.exited).toBe(0)
    const stored = readFileSync(join(folder, 'data/pyrite.db'), 'latin1')
    expect(stored).not.toContain(password)
  }, 60_000)

  it('says what to do when the port is taken', async () => {
    const first = serve()
    const port = new URL(await first.isUp()).port
    const second = spawnSync(process.execPath, [main, 'serve'], {
      cwd: folder,
      env: { ...environment, PYRITE_SERVER_PORT: port },
      encoding: 'utf8',
      timeout: 15_000,
    })
    expect(second.status).toBe(1)
    expect(second.stderr).toContain('set server.port')
  }, 60_000)
})

describe('standard output that takes nothing', () => {
  const freePort = async () => {
    const probe = createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    const { port } = probe.address() as AddressInfo
    await new Promise((done) => probe.close(done))
    return port
  }

  it.each(['json', 'text'])(
    'ends no server, whose log is %s',
    async (format) => {
      const port = await freePort()
      const full = openSync('/dev/full', 'w')
      const variables = { PYRITE_SERVER_PORT: String(port), PYRITE_LOG_FORMAT: format }
      const child = spawn(process.execPath, [main, 'serve'], {
        cwd: folder,
        env: { ...environment, ...variables },
        stdio: ['ignore', full, 'pipe'],
      })
      closeSync(full)
      running.push(child)
      const exited = new Promise<number | null>((done) => child.once('exit', done))
      let complaints = ''
      child.stderr?.on('data', (text) => {
        complaints += text
      })
      // The SFU's start and each look at it are logged, so it has outlived some lines by then.
      await eventually(async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
        expect(await answer.json()).toEqual({ ready: true, database: true, sfu: true })
      }, 15_000)
      child.kill('SIGTERM')
      expect(await exited).toBe(0)
      expect(complaints).toBe('')
    },
    60_000,
  )
})

describe('a start that fails', () => {
  const blocked = async (variable: string, value: (port: string) => string, says: string) => {
    const first = serve()
    const { port } = new URL(await first.isUp())
    const elsewhere = join(folder, 'second')
    mkdirSync(elsewhere)
    const options = { cwd: elsewhere, encoding: 'utf8', timeout: 15_000 } as const
    const failed = spawnSync(process.execPath, [main, 'serve'], {
      ...options,
      env: { ...environment, [variable]: value(port) },
    })
    expect(failed).toMatchObject({ status: 1, stderr: expect.stringContaining(says) })
    return elsewhere
  }

  it('because the port is taken costs nobody the first password', async () => {
    const cwd = await blocked('PYRITE_SERVER_PORT', (port) => port, 'set server.port')
    const next = serve(cwd)
    await next.isUp()
    expect(next.output()).toMatch(/with the password +\S+/)
  }, 60_000)

  it('because the port for metrics is taken ends the process, and names the setting', async () => {
    await blocked('PYRITE_METRICS_LISTEN', (port) => `127.0.0.1:${port}`, 'set metrics.listen')
  }, 60_000)

  it('half-way through the first run is made good by the next one', async () => {
    expect(pyrite('user', 'add', 'dora', '--admin')).toMatchObject({ status: 0 })
    const password = /password +(\S+)/.exec(pyrite('user', 'add', 'emil').stdout)?.[1] ?? ''
    const next = serve()
    const emil = await signIn(await next.isUp(), 'emil', password)
    const { body } = await emil.send('GET', '/api/workspace')
    expect(body).toMatchObject({ channels: [{ slug: 'general', role: 'member', memberCount: 2 }] })
  }, 60_000)
})

describe('the command line', () => {
  it('says whether the configuration is right, and names what is wrong', () => {
    expect(pyrite('check-config')).toMatchObject({ status: 0 })
    writeFileSync(join(folder, 'config.toml'), '[server]\nport = "high"\n')
    const wrong = spawnSync(process.execPath, [main, 'check-config'], {
      cwd: folder,
      env: { PATH: environment.PATH },
      encoding: 'utf8',
    })
    expect(wrong.status).toBe(1)
    expect(wrong.stderr).toContain('server.port = "high"')
  })

  it('adds, lists, disables, enables and resets people', () => {
    expect(pyrite('user', 'add', 'dora', '--admin', '--name', 'Dora D').stdout).toMatch(
      /dora may sign in with the password \S+/,
    )
    expect(pyrite('user', 'add', 'dora')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('dora'),
    })
    expect(pyrite('user', 'add', 'emil')).toMatchObject({ status: 0 })
    expect(pyrite('user', 'list').stdout).toMatch(/dora +admin +Dora D\nemil +member +emil/)
    expect(pyrite('user', 'disable', 'emil')).toMatchObject({ status: 0 })
    expect(pyrite('user', 'list').stdout).toMatch(/emil +member +disabled/)
    expect(pyrite('user', 'disable', 'dora')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('admin'),
    })
    expect(pyrite('user', 'enable', 'emil')).toMatchObject({ status: 0 })
    expect(pyrite('user', 'reset-password', 'emil').stdout).toMatch(/password of emil is \S+/)
    expect(pyrite('user', 'reset-password', 'nobody')).toMatchObject({ status: 2 })
    expect(pyrite('user')).toMatchObject({ status: 2 })
    expect(pyrite('fly')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('There is no command "fly"'),
    })
  }, 60_000)
})
