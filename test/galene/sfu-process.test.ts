import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { devNull, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../lib/platform/config/load.ts'
import { createLog } from '../../lib/platform/log.ts'
import { chooseSfu } from '../../lib/sfu/galene/server/choose.ts'
import { endLeftover, rememberPid } from '../../lib/sfu/galene/server/pid-file.ts'
import { eventually } from '../support/eventually.ts'
import { BUILTIN_FROM_SOURCES, sfusUnderTest, startBridge } from '../support/sfu.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pyrite-process-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('which SFU carries calls', () => {
  const choose = (settings: object, path: string) => {
    const config = loadConfig(join(folder, 'config.toml'))
    return chooseSfu({
      config: { ...config, sfu: { ...config.sfu, ...settings } },
      builtinCommand: { command: 'node', args: ['main.mjs', 'sfu'] },
      environment: { PATH: path, HOME: '/home/x', PYRITE_SFU_SIGNING_KEY: 'secret' },
    })
  }
  const program = async (name: string) => {
    await writeFile(join(folder, name), '#!/bin/sh\n')
    await chmod(join(folder, name), 0o755)
    return join(folder, name)
  }

  it('the one that sfu.url names, whatever else is there', async () => {
    await program('galene')
    expect(choose({ url: 'https://sfu.example/' }, folder)).toEqual({
      kind: 'external',
      description: 'Galene at https://sfu.example/',
      url: 'https://sfu.example',
    })
  })
  it('else the galene on the PATH, on loopback, without our secrets', async () => {
    const galene = await program('galene')
    const choice = choose({}, `/nowhere:${folder}`)
    expect(choice).toMatchObject({ kind: 'child', run: { command: galene } })
    if (!('run' in choice)) throw new Error('nothing to run')
    expect(choice.run.args(4711)).toEqual(
      expect.arrayContaining(['-http', '127.0.0.1:4711', '-insecure']),
    )
    expect(choice.run.environment).toEqual({ PATH: `/nowhere:${folder}`, HOME: '/home/x' })
  })
  it('else the one that sfu.galene_binary names; one that is not there is an error', async () => {
    const galene = await program('galene-1.1')
    expect(choose({ galene_binary: galene }, '')).toMatchObject({ run: { command: galene } })
    expect(() => choose({ galene_binary: '/nowhere/galene' }, folder)).toThrow('sfu.galene_binary')
  })
  it('else the built-in one; always with "none"; it learns its settings and no secret', async () => {
    expect(choose({}, '/nowhere').kind).toBe('builtin')
    await program('galene')
    const choice = choose({ galene_binary: 'none' }, folder)
    if (!('run' in choice)) throw new Error('nothing to run')
    expect(choice.kind).toBe('builtin')
    expect(choice.run.args(4711)).toEqual(
      expect.arrayContaining([
        'main.mjs',
        'sfu',
        '--listen',
        '127.0.0.1:4711',
        '--stop-with-parent',
      ]),
    )
    expect(choice.run.environment).toMatchObject({
      PYRITE_BUILTIN_MAX_PARTICIPANTS: '16',
      PYRITE_CONFIG: '/dev/null',
    })
    expect(JSON.stringify(choice.run.environment)).not.toContain('secret')
  })
})

/** A child may need its time to start where many others start, too. */
const START_MS = 20_000
const TEST_MS = 45_000

describe.each(sfusUnderTest())('a supervised $name', (sfu) => {
  const start = (settings = {}) => startBridge({ sfu, supervised: true, settings })
  const pidIn = async (data: string) => Number(await readFile(join(data, 'sfu.pid'), 'utf8'))

  it(
    'answers on loopback, speaks in our log, and stops with us',
    async () => {
      const bridge = await start()
      const kind = sfu.galene ? 'child' : 'builtin'
      expect(bridge.health()).toMatchObject({ kind, reachable: true })
      expect(bridge.health().description).toContain(sfu.galene ?? 'built-in')
      const pid = await pidIn(bridge.config.sfu.data_dir)
      expect(isAlive(pid)).toBe(true)
      const itsLine = sfu.galene
        ? /"msg":"galene"/
        : /"level":30,.*"child":"builtin-sfu","url":"http/
      await eventually(() => expect(bridge.lines.join('')).toMatch(itsLine))
      await bridge.stop()
      expect(isAlive(pid)).toBe(false)
    },
    TEST_MS,
  )

  it(
    'killed during a call: everybody hears 1012, and can be back within 3 s of its return [SFU-16]',
    async () => {
      const bridge = await start()
      const people = [await bridge.join('alice'), await bridge.join('bob')]
      const pid = await pidIn(bridge.config.sfu.data_dir)
      process.kill(pid, 'SIGKILL')
      for (const person of people) expect((await person.isClosed()).code).toBe(1012)
      expect(bridge.sfu.participants()).toEqual([])
      await eventually(() => expect(bridge.health().reachable).toBe(true), START_MS)
      const back = await bridge.join('alice')
      expect(back.joined.kind).toBe('join')
      expect(await pidIn(bridge.config.sfu.data_dir)).not.toBe(pid)
      expect(bridge.told.records.map(({ reason }) => reason)).toEqual(['sfu-gone', 'sfu-gone'])
      await bridge.stop()
    },
    TEST_MS,
  )

  it(
    'that hangs is told from one that lives, and replaced',
    async () => {
      const bridge = await start({ connect_seconds: 0.5 })
      const pid = await pidIn(bridge.config.sfu.data_dir)
      process.kill(pid, 'SIGSTOP')
      const bob = bridge.open('bob')
      await bob.hears({ type: 'usermessage', kind: 'error' })
      expect((await bob.isClosed()).code).toBe(1013)
      await eventually(
        async () => expect(await pidIn(bridge.config.sfu.data_dir)).not.toBe(pid),
        START_MS,
      )
      await eventually(() => expect(bridge.health().reachable).toBe(true), START_MS)
      expect((await bridge.join('bob')).joined.kind).toBe('join')
      await bridge.stop()
    },
    TEST_MS,
  )
})

describe('a built-in SFU whose Pyrite is gone without a word', () => {
  it(
    'ends by itself',
    async () => {
      const child = spawn(
        process.execPath,
        [
          ...[...BUILTIN_FROM_SOURCES, '--groups', folder],
          ...['--listen', '127.0.0.1:0', '--stop-with-parent'],
        ],
        { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, PYRITE_CONFIG: devNull } },
      )
      const ended = new Promise((done) => child.once('exit', done))
      let output = ''
      child.stdout.on('data', (text) => {
        output += text
      })
      await eventually(() => expect(output).toContain('the built-in call server is open'), START_MS)
      child.stdin.destroy()
      expect(await ended).toBe(0)
    },
    TEST_MS,
  )
})

describe('a child that a killed Pyrite left behind', () => {
  it('is ended at the next start; another process under its number is not', async () => {
    const pidFile = join(folder, 'sfu.pid')
    const log = createLog('silent')
    const ours = spawn('sleep', ['60', folder], { stdio: 'ignore' }).on('error', () => undefined)
    const left = spawn('sh', ['-c', 'sleep 60; :', folder], { stdio: 'ignore' })
    const other = spawn('sleep', ['60'], { stdio: 'ignore' })
    rememberPid(pidFile, other.pid ?? 0, createLog('silent'))
    endLeftover(pidFile, '/usr/bin/sh', log)
    rememberPid(pidFile, left.pid ?? 0, createLog('silent'))
    endLeftover(pidFile, '/bin/sh', log)
    await eventually(() => expect(left.signalCode).toBe('SIGKILL'))
    expect(other.exitCode).toBeNull()
    endLeftover(pidFile, '/bin/sh', log)
    for (const child of [other, ours]) child.kill()
  })
})
