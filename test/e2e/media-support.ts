import { readdirSync, readFileSync } from 'node:fs'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { eventually } from '../support/eventually.ts'
import { type Name, type Pyrite, type SfuChoice, startPyrite } from '../support/pyrite.ts'
import type { MediaPage } from './media-page.ts'

export const CAMERA: MediaStreamConstraints = { audio: true, video: { width: 640, height: 360 } }

/** One person with one tab. `run` calls into the page. */
export type Person = {
  /** As the others see it. */
  name: string
  page: Page
  run<K extends keyof MediaPage>(
    method: K,
    ...args: MediaPage[K] extends (...args: infer A) => unknown ? A : never
  ): Promise<MediaPage[K] extends (...args: never[]) => infer R ? Awaited<R> : never>
}

/** A Pyrite with its media server, and people in front of it. */
export type World = {
  pyrite: Pyrite
  /** Joins the call of #general. Without media: to listen. */
  join(name: Name, media?: MediaStreamConstraints | null): Promise<Person>
  /** Ends the media server's process the hard way; Pyrite starts another. */
  killSfu(): void
  /** Closes all tabs. */
  empty(): Promise<void>
  stop(): Promise<void>
}

const bundlePage = async (): Promise<string> => {
  const bundle = await build({
    entryPoints: ['test/e2e/media-page.ts'],
    bundle: true,
    format: 'iife',
    target: 'es2022',
    write: false,
  })
  return bundle.outputFiles[0]?.text ?? ''
}

/** Processes this one started, with their command lines. Linux only, as the media tests are. */
const children = (): { pid: number; command: string }[] =>
  readdirSync(`/proc/${process.pid}/task`)
    .flatMap((task) =>
      readFileSync(`/proc/${process.pid}/task/${task}/children`, 'utf8').split(' '),
    )
    .filter((pid) => pid !== '')
    .map((pid) => ({ pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }))

const isSfu = ({ command }: { command: string }): boolean =>
  command.includes('-groups') || command.includes('\0sfu\0')

export const createWorld = async (browser: Browser, sfu: SfuChoice): Promise<World> => {
  const script = await bundlePage()
  const pyrite = await startPyrite({ sfu })
  // A page of Pyrite's own origin that runs no script: the test brings its own.
  const address = `${pyrite.url}/healthz`
  const pages: Page[] = []
  const join = async (name: Name, media: MediaStreamConstraints | null = CAMERA) => {
    const client = await pyrite.signIn(name)
    const context = await browser.newContext()
    const [cookieName = '', value = ''] = client.cookie.split('=')
    await context.addCookies([{ name: cookieName, value, url: pyrite.url }])
    const page = await context.newPage()
    pages.push(page)
    await page.goto(address)
    await page.evaluate(script)
    const run = (method: string, ...args: unknown[]) =>
      page.evaluate(
        ([name, values]) => {
          const methods = window.media as unknown as Record<string, (...a: unknown[]) => unknown>
          return methods[name]?.(...values)
        },
        [method, args] as const,
      )
    const person = { name: client.user.displayName, page, run } as unknown as Person
    await person.run('join', 'general', person.name, media)
    return person
  }
  return {
    pyrite,
    join,
    killSfu() {
      for (const { pid } of children().filter(isSfu)) process.kill(pid, 'SIGKILL')
    },
    async empty() {
      await Promise.all(pages.splice(0).map((page) => page.context().close()))
    },
    stop: () => pyrite.stop(),
  }
}

/** Waits until `check` no longer throws, for as long as media may take. */
export const soon = <T>(check: () => T | Promise<T>): Promise<T> => eventually(check, 12_000, 100)
