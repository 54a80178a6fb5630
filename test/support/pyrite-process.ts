import { type ChildProcess, spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { signIn } from './client.ts'
import { eventually } from './eventually.ts'
import { type Name, PASSWORD, startPyrite } from './pyrite.ts'
import type { SfuUnderTest } from './sfu.ts'

export type ProcessOptions = {
  /** Kept from an earlier process. */
  folder: string
  sfu: SfuUnderTest
  /** Settings as variables, without their `PYRITE_`. */
  settings?: Record<string, string>
}

/** Makes a database in this folder, in which alice moderates #general, and bob and carol are members. */
export const preparePeople = async (folder: string): Promise<void> => {
  await (await startPyrite({ folder })).stop({ keep: true })
}

const MAIN = join(import.meta.dirname, '../../dist/server/main.mjs')
const START_MS = 30_000

const variables = ({ sfu, settings = {} }: ProcessOptions): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH ?? '',
  PYRITE_SERVER_PORT: '0',
  PYRITE_SERVER_SHUTDOWN_SECONDS: '1',
  PYRITE_BUILTIN_LOOPBACK: 'true',
  PYRITE_SFU_GALENE_BINARY: sfu.galene ?? 'none',
  ...Object.fromEntries(Object.entries(settings).map(([key, value]) => [`PYRITE_${key}`, value])),
})

/** Asks the inspector of a node process, once. */
const askInspector = async (url: string, method: string, params = {}): Promise<unknown> => {
  const socket = new WebSocket(url, { perMessageDeflate: false })
  try {
    return await new Promise((done, fail) => {
      socket.on('error', fail)
      socket.on('open', () => socket.send(JSON.stringify({ id: 1, method, params })))
      socket.on('message', (data) => {
        const { id, result } = JSON.parse(String(data))
        if (id === 1) done(result)
      })
    })
  } finally {
    socket.terminate()
  }
}

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Memory of the machine that a process holds. */
export const residentBytes = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) =>
  exitCode !== null || signalCode !== null

/** A whole Pyrite in a process of its own, as it was built, with an SFU as its child. Its people sign in with PASSWORD. */
export const spawnPyrite = (options: ProcessOptions) => {
  const { folder } = options
  const args = ['--inspect=127.0.0.1:0', MAIN, 'serve']
  const child = spawn(process.execPath, args, { cwd: folder, env: variables(options) })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  }
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  const inspect = (method: string, params = {}) => {
    const url = /Debugger listening on (\S+)/.exec(output)?.[1] ?? ''
    return askInspector(url, method, params)
  }
  const pid = child.pid ?? 0
  return {
    pid,
    folder,
    output: () => output,
    /** Where it answers; waits until it does, and has tried to start its SFU. */
    isUp: () =>
      eventually(() => {
        const url = /Pyrite is at +(\S+)/.exec(output)?.[1]
        if (url) return url
        throw new Error(`not up yet: ${output}`)
      }, START_MS),
    sfuPid: async () => Number(await readFile(join(folder, 'data/sfu/sfu.pid'), 'utf8')),
    signIn: (url: string, name: Name) => signIn(url, name, PASSWORD),
    /** How many files and sockets it holds open. */
    openFiles: async () => (await readdir(`/proc/${pid}/fd`)).length,
    /** Bytes it still uses after its garbage was collected: by JavaScript, and of the machine. */
    async memory() {
      await inspect('HeapProfiler.collectGarbage')
      const asked = { expression: 'process.memoryUsage()', returnByValue: true }
      const answer = (await inspect('Runtime.evaluate', asked)) as {
        result: { value: NodeJS.MemoryUsage }
      }
      const { heapUsed, external, rss } = answer.result.value
      return { used: heapUsed + external, rss }
    },
    kill: async (signal: NodeJS.Signals = 'SIGKILL') => {
      if (hasEnded(child)) return
      child.kill(signal)
      await ended
    },
  }
}
export type PyriteProcess = ReturnType<typeof spawnPyrite>
