import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import httpProxy from 'http-proxy'
import { type Browser, chromium, type Page } from 'playwright-core'
import { eventually } from '../support/eventually.ts'
import type { MediaPage } from './media-page.ts'

const HOST = '127.0.0.1'
export const GROUP = 'general'

/** An SFU in a process of its own, which can be killed and started again on the same port. */
export type TestSfu = {
  name: string
  url: string
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

export const freePort = (): Promise<number> =>
  new Promise((done, fail) => {
    const server = createTcpServer().once('error', fail)
    server.listen(0, HOST, () => {
      const { port } = server.address() as AddressInfo
      server.close(() => done(port))
    })
  })

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((done) => child.once('exit', () => done()))

/** Runs `command` on a folder with one group that lets everybody in; `args` gets the folder and the port. */
export const startSfu = async (
  name: string,
  command: string,
  args: (folder: string, port: number) => string[],
): Promise<TestSfu> => {
  const folder = await mkdtemp(join(tmpdir(), 'pyrite-media-'))
  const port = await freePort()
  await mkdir(join(folder, 'groups'))
  await mkdir(join(folder, 'data'))
  await writeFile(
    join(folder, 'groups', `${GROUP}.json`),
    JSON.stringify({
      'wildcard-user': { password: { type: 'wildcard' }, permissions: 'present' },
    }),
  )
  let child: ChildProcess | undefined
  const start = async () => {
    child = spawn(command, args(folder, port), { cwd: folder, stdio: 'ignore' })
    await eventually(async () => {
      await fetch(`http://${HOST}:${port}/group/${GROUP}/.status`)
    }, 10_000)
  }
  const kill = async () => {
    child?.kill('SIGKILL')
    if (child) await ended(child)
  }
  await start()
  return {
    name,
    url: `ws://${HOST}:${port}/ws`,
    kill,
    start,
    stop: async () => {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export const startGalene = (binary: string): Promise<TestSfu> =>
  startSfu('Galene', binary, (folder, port) => [
    '-insecure',
    ...['-http', `${HOST}:${port}`, '-turn', ''],
    ...['-data', join(folder, 'data'), '-groups', join(folder, 'groups')],
  ])

/** Serves the test page, and pipes its `/sfu` to the media server, which sees no Origin. */
const servePage = async (target: string): Promise<Server> => {
  const bundle = await build({
    entryPoints: ['test/e2e/media-page.ts'],
    bundle: true,
    format: 'iife',
    target: 'es2022',
    write: false,
  })
  const script = bundle.outputFiles[0]?.text ?? ''
  const proxy = httpProxy.createProxyServer({ target, ignorePath: true, ws: true })
  proxy.on('error', (_error, _request, response) => {
    if ('destroy' in response) response.destroy()
  })
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(
      isScript ? script : '<!doctype html><title>media</title><script src="/page.js"></script>',
    )
  })
  server.on('upgrade', (request, socket, head) => {
    delete request.headers.origin
    socket.on('error', () => socket.destroy())
    proxy.ws(request, socket, head)
  })
  await new Promise<void>((done) => server.listen(0, HOST, done))
  return server
}

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream'],
  ...['--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required'],
]

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: FLAGS,
  })

/** One person with one tab. `run` calls into the page. */
export type Person = {
  name: string
  page: Page
  run<K extends keyof MediaPage>(
    method: K,
    ...args: MediaPage[K] extends (...args: infer A) => unknown ? A : never
  ): Promise<MediaPage[K] extends (...args: never[]) => infer R ? Awaited<R> : never>
}

export type World = {
  join(name: string, media?: MediaStreamConstraints | null): Promise<Person>
  close(): Promise<void>
}

const CAMERA: MediaStreamConstraints = { audio: true, video: { width: 640, height: 360 } }

/** People in front of one media server. */
export const createWorld = async (browser: Browser, sfu: TestSfu): Promise<World> => {
  const server = await servePage(sfu.url)
  const { port } = server.address() as AddressInfo
  const pages: Page[] = []
  const join = async (name: string, media: MediaStreamConstraints | null = CAMERA) => {
    const context = await browser.newContext()
    const page = await context.newPage()
    pages.push(page)
    await page.goto(`http://${HOST}:${port}/`)
    const run = (method: string, ...args: unknown[]) =>
      page.evaluate(
        ([name, values]) => {
          const methods = window.media as unknown as Record<string, (...args: unknown[]) => unknown>
          return methods[name]?.(...values)
        },
        [method, args] as const,
      )
    const person = { name, page, run } as unknown as Person
    await person.run('join', `ws://${HOST}:${port}/sfu`, GROUP, name, media)
    return person
  }
  return {
    join,
    close: async () => {
      await Promise.all(pages.map((page) => page.context().close()))
      server.closeAllConnections()
      server.close()
    },
  }
}
