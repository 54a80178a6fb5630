import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import { watchMedia } from './page-media.ts'
import { type Name, type Pyrite, type PyriteOptions, startPyrite } from './pyrite.ts'

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'],
]

/** A camera and a microphone that make ten pictures a second, which two cores can carry for three people, and beeps, and a person who allows everything that is asked. */
export const FAKE_DEVICES = [
  '--use-fake-device-for-media-stream=fps=10',
  '--use-fake-ui-for-media-stream',
]

/** A real Chromium. Each person gets a context of their own in it. */
export const openBrowser = (flags: string[] = FAKE_DEVICES): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [...FLAGS, ...flags],
  })

export type VisitOptions = BrowserContextOptions & {
  /** The `Cookie` header of somebody who is signed in. Absent: nobody. */
  cookie?: string
  /** Where to go first. */
  path?: string
  /** Done before the first page is opened. */
  prepare?: (context: BrowserContext) => Promise<unknown>
}

/** One person in front of one tab. */
export type Visitor = {
  page: Page
  /** Whatever a person with the developer tools open would see in red, and every request to another host. */
  complaints(): string[]
  /** From now on these are what the test provokes, and no complaint. */
  tolerate(expected: RegExp): void
  close(): Promise<void>
}

const listenFor = (page: Page, host: string) => {
  const complaints: string[] = []
  const tolerated: RegExp[] = []
  const add = (text: string) => {
    if (!tolerated.some((pattern) => pattern.test(text))) complaints.push(text)
  }
  page.on('console', (message) => {
    if (message.type() === 'error') {
      add(`console: ${message.text()} (${message.location().url})`)
    }
  })
  page.on('pageerror', (error) => add(`page error: ${error.message}`))
  page.on('crash', () => add('the page crashed'))
  page.on('request', (request) => {
    const url = new URL(request.url())
    const isOwn = url.host === host || ['blob:', 'data:'].includes(url.protocol)
    if (!isOwn) add(`request to another host: ${request.url()}`)
  })
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== host) add(`socket to another host: ${socket.url()}`)
  })
  return { complaints: () => complaints, tolerate: (expected: RegExp) => tolerated.push(expected) }
}

const asCookies = (header: string, url: string) =>
  header.split('; ').map((pair) => {
    const at = pair.indexOf('=')
    return { name: pair.slice(0, at), value: pair.slice(at + 1), url }
  })

/** Opens a tab on the server at `url`, signed in where a cookie is given. */
export const visit = async (
  browser: Browser,
  url: string,
  { cookie, path = '/', prepare, ...options }: VisitOptions = {},
): Promise<Visitor> => {
  const context = await browser.newContext({
    baseURL: url,
    locale: 'en-GB',
    viewport: { width: 1440, height: 900 },
    ...options,
  })
  context.setDefaultTimeout(15_000)
  context.setDefaultNavigationTimeout(30_000)
  await prepare?.(context)
  await context.addInitScript(watchMedia)
  if (cookie) await context.addCookies(asCookies(cookie, url))
  const page = await context.newPage()
  const heard = listenFor(page, new URL(url).host)
  await page.goto(path)
  return {
    page,
    complaints: heard.complaints,
    tolerate: heard.tolerate,
    close: () => context.close(),
  }
}

/** A browser in front of a whole Pyrite. */
export type World = {
  browser: Browser
  pyrite: Pyrite
  /** Somebody opens Pyrite, signed in already. */
  comes(name: Name, options?: VisitOptions): Promise<Visitor>
  /** A tab of nobody. */
  stranger(options?: VisitOptions): Promise<Visitor>
  /** What anybody's browser complained about since the last time this was asked. */
  complaints(): string[]
  stop(): Promise<void>
}

export const openWorld = async (
  options: PyriteOptions = {},
  flags: string[] = FAKE_DEVICES,
): Promise<World> => {
  const [browser, pyrite] = await Promise.all([openBrowser(flags), startPyrite(options)])
  const visitors: Visitor[] = []
  const stranger = async (visitOptions: VisitOptions = {}) => {
    const visitor = await visit(browser, pyrite.url, visitOptions)
    visitors.push(visitor)
    return visitor
  }
  return {
    browser,
    pyrite,
    stranger,
    comes: async (name, visitOptions = {}) =>
      stranger({ cookie: (await pyrite.signIn(name)).cookie, ...visitOptions }),
    complaints: () => visitors.flatMap((visitor) => visitor.complaints().splice(0)),
    async stop() {
      await browser.close()
      await pyrite.stop()
    },
  }
}
