import { type ChildProcess, spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '../../support/eventually.ts'
import { startPyrite } from '../../support/pyrite.ts'

/** A Pyrite in a process of its own, which can be killed and started again on the same port and folder. */
export type ServerProcess = {
  url: string
  /** SIGKILL: it has no chance to say anything. Resolves when it is gone. */
  kill(): Promise<void>
  /** Resolves when it answers. */
  start(): Promise<void>
  stop(): Promise<void>
}

const ended = (child: ChildProcess): Promise<unknown> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((done) => child.once('exit', done))

/** People as in every test, in a folder that a process can serve. */
const prepareFolder = async (): Promise<string> => {
  const pyrite = await startPyrite()
  await pyrite.stop({ keep: true })
  return pyrite.folder
}

export const startServerProcess = async (galene: string | undefined): Promise<ServerProcess> => {
  const folder = await prepareFolder()
  let port = '0'
  let child: ChildProcess | undefined
  const start = async () => {
    let output = ''
    const mine = spawn(process.execPath, [join(process.cwd(), 'dist/server/main.mjs'), 'serve'], {
      cwd: folder,
      env: {
        PATH: process.env.PATH ?? '',
        PYRITE_SERVER_PORT: port,
        PYRITE_SFU_GALENE_BINARY: galene ?? 'none',
        PYRITE_BUILTIN_LOOPBACK: 'true',
      },
    })
    child = mine
    for (const stream of [mine.stdout, mine.stderr]) {
      stream.on('data', (text) => {
        output += text
      })
    }
    port = await eventually(() => {
      const found = /Pyrite is at +\S+:(\d+)/.exec(output)?.[1]
      if (!found) throw new Error(`not up yet: ${output}`)
      return found
    }, 30_000)
  }
  const kill = async () => {
    child?.kill('SIGKILL')
    if (child) await ended(child)
  }
  await start()
  return {
    url: `http://127.0.0.1:${port}`,
    kill,
    start,
    async stop() {
      child?.kill('SIGTERM')
      if (child) await ended(child)
      await rm(folder, { recursive: true, force: true })
    },
  }
}
