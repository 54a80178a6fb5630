import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Scope } from './scope.ts'

const HOST = '127.0.0.1'
const START_MS = 20_000

/** One contender: a process of its own that listens on a port of its own. */
export type Running = {
  pid: number
  url: string
  /** CPU time it has used so far, user and system, of all its threads, in microseconds. */
  cpuMicros(): number
  /** Memory it occupies, in MiB. */
  memoryMiB(): number
  stop(): Promise<void>
}

export type Command = {
  command: string
  args: string[]
  env?: Record<string, string>
  /** What it prints when it is ready; without it, that its port answers. */
  says?: string
}

/** A port nobody listens on now. */
export const freePort = (): Promise<number> =>
  new Promise((done, fail) => {
    const server = createServer().once('error', fail)
    server.listen(0, HOST, () => {
      const { port } = server.address() as AddressInfo
      server.close(() => done(port))
    })
  })

/** CPU time of a process from Linux's scheduler, in microseconds: exact, unlike the clock ticks of `stat`. */
const cpuMicros = (pid: number): number => {
  const folder = `/proc/${pid}/task`
  const nanos = readdirSync(folder).map((thread) =>
    Number(readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[0]),
  )
  return nanos.reduce((sum, each) => sum + each, 0) / 1_000
}

const memoryMiB = (pid: number): number => {
  const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) / 1_024
}

const answers = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(port, HOST)
    const end = (answered: boolean) => {
      socket.destroy()
      done(answered)
    }
    socket.once('connect', () => end(true)).once('error', () => end(false))
  })

const untilReady = async (child: ChildProcess, port: number, { command, says }: Command) => {
  let output = ''
  const listen = (text: Buffer) => {
    output = (output + text).slice(-4_000)
  }
  child.stdout?.on('data', listen)
  child.stderr?.on('data', listen)
  const until = performance.now() + START_MS
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`${command} ended at once: ${output}`)
    if (says === undefined ? await answers(port) : output.includes(says)) return
    await wait(5)
  }
  throw new Error(`${command} did not start: ${output}`)
}

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((done) => child.once('exit', () => done()))

/** Starts a contender on a free port and waits until it is ready. Ends with the scope. */
export const start = async (
  scope: Scope,
  commandFor: (port: number) => Command | Promise<Command>,
): Promise<Running> => {
  const port = await freePort()
  const command = await commandFor(port)
  const child = spawn(command.command, command.args, {
    env: { ...process.env, ...command.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stop = async () => {
    child.kill('SIGTERM')
    const kill = setTimeout(() => child.kill('SIGKILL'), 3_000)
    await ended(child)
    clearTimeout(kill)
  }
  scope.defer(stop)
  await untilReady(child, port, command)
  const pid = child.pid ?? 0
  return {
    pid,
    url: `http://${HOST}:${port}`,
    cpuMicros: () => cpuMicros(pid),
    memoryMiB: () => memoryMiB(pid),
    stop,
  }
}

const SERVERS = {
  chat: new URL('../servers/chat.ts', import.meta.url),
  echo: new URL('../servers/echo.ts', import.meta.url),
  pipe: new URL('../servers/pipe.ts', import.meta.url),
  'socket-io': new URL('../servers/socket-io.ts', import.meta.url),
}

/** How one of the servers in bench/servers is run. It reads its port from PORT. */
export const ownServer =
  (name: keyof typeof SERVERS, env: Record<string, string> = {}) =>
  (port: number): Command => ({
    command: process.execPath,
    args: ['--import', 'tsx', fileURLToPath(SERVERS[name])],
    env: { ...env, PORT: String(port) },
  })
