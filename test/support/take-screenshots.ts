/**
 * `npx tsx test/support/take-screenshots.ts [FOLDER]`: makes docs/images/call.png, a real call of three people whose cameras are painted.
 * With a folder, also every page in three sizes, light and dark, into it.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { colourOf } from '../../src/ui/Avatar.tsx'
import { openBrowser, type VisitOptions, type Visitor, visit } from './browser.ts'
import { type Client, signIn } from './client.ts'
import { type Portrait, paintCamera } from './painted-camera.ts'
import { PASSWORD, type Pyrite, startPyrite } from './pyrite.ts'

const PEOPLE = [
  ['mira', 'Mira Lindqvist'],
  ['tomas', 'Tomás Herrera'],
  ['aiko', 'Aiko Tanaka'],
  ['jonas', 'Jonas Weber'],
  ['priya', 'Priya Nair'],
] as const
type Username = (typeof PEOPLE)[number][0]

const PORTRAITS: Partial<Record<Username, Portrait>> = {
  mira: {
    wall: '#d9c7ae',
    window: '#f4ead2',
    skin: '#f0c9a8',
    hair: '#b5713a',
    shirt: '#2f5d62',
    hasLongHair: true,
  },
  tomas: {
    wall: '#a9b8b4',
    window: '#dfeaf0',
    skin: '#c98f66',
    hair: '#2d211b',
    shirt: '#8a3b32',
    hasLongHair: false,
  },
  aiko: {
    wall: '#c9bfd0',
    window: '#f1e6ec',
    skin: '#f2d3b3',
    hair: '#1f1b1d',
    shirt: '#d8a534',
    hasLongHair: true,
  },
}

const CHANNELS = [
  { name: 'Website launch', topic: 'Everything until the 4th of December' },
  { name: 'Design review', topic: 'Drafts, every Thursday' },
  { name: 'Support', topic: 'What people ask us' },
  { name: 'Leads', private: true },
]
const LAUNCH = 'website-launch'

const TALK: [Username, string][] = [
  ['mira', 'Morning! The new landing page is on staging. Numbers from the first test:'],
  ['mira', '> first load **62 kB**, interactive in 0.9 s on a slow phone'],
  ['tomas', 'That is half of what we had. Did the fonts go?'],
  ['mira', 'All of them, system fonts now. `npm run bench` prints the comparison.'],
  [
    'aiko',
    'Looks calmer too. Two things from the review: the hero is still too tall at 390 px, and the price table needs a caption.',
  ],
  ['aiko', 'I have both in a draft: https://staging.example.org/review/14'],
  ['tomas', '@mira the caption is five minutes, I take it'],
  ['jonas', 'Support asks whether the old links keep working.'],
  ['tomas', 'They do, every one is redirected. I can show it in the call in a minute.'],
  ['mira', 'Good. Then let us go through the **checklist** together, I have opened the call.'],
]

const TALK_ELSEWHERE: [Username, string, string][] = [
  ['aiko', 'design-review', 'The icons for the new menu are in the folder.'],
  ['priya', 'design-review', 'Could we try the darker gold?'],
  ['jonas', 'support', 'Three questions about invoices this morning, all answered.'],
]

const createPeople = async ({ app }: Pyrite) => {
  for (const [username, displayName] of PEOPLE) {
    const role = username === 'mira' ? 'admin' : 'member'
    const { user } = await app.users.create({ username, displayName, role, password: PASSWORD })
    if (role === 'admin') await app.channels.ensureGeneral(user.id)
    else await app.channels.joinDefault(user.id)
  }
}

/** Five people, their channels, and what they have said. Answers them signed in. */
const furnish = async (pyrite: Pyrite): Promise<Record<Username, Client>> => {
  await createPeople(pyrite)
  const enter = async ([username]: (typeof PEOPLE)[number]) =>
    [username, await signIn(pyrite.url, username, PASSWORD)] as const
  const clients = Object.fromEntries(await Promise.all(PEOPLE.map(enter))) as Record<
    Username,
    Client
  >
  const { mira, ...others } = clients
  for (const channel of CHANNELS) await mira.send('POST', '/api/channels', channel)
  for (const client of Object.values(others)) {
    for (const slug of [LAUNCH, 'design-review', 'support']) {
      await client.send('POST', `/api/channels/${slug}/join`)
    }
  }
  const post = (who: Username, slug: string, text: string) =>
    clients[who].send('POST', `/api/channels/${slug}/messages`, {
      clientId: crypto.randomUUID(),
      text,
    })
  for (const [who, text] of TALK) await post(who, LAUNCH, text)
  for (const [who, slug, text] of TALK_ELSEWHERE) await post(who, slug, text)
  return clients
}

type Stage = { browser: Browser; pyrite: Pyrite; clients: Record<Username, Client> }

const comes = ({ browser, pyrite, clients }: Stage, who: Username, options: VisitOptions = {}) =>
  visit(browser, pyrite.url, {
    cookie: clients[who].cookie,
    path: `/channels/${LAUNCH}`,
    prepare: async (context) => {
      // The runner of this script marks functions by a helper that pages do not have.
      await context.addInitScript('globalThis.__name ??= (it) => it')
      const portrait = PORTRAITS[who]
      if (portrait) await context.addInitScript(paintCamera, portrait)
    },
    ...options,
  })

const joinCall = async ({ page }: Visitor) => {
  await page.getByRole('button', { name: /^Join call/ }).click()
  await page.getByRole('button', { name: 'Turn camera off' }).waitFor()
  await page.getByRole('button', { name: 'Join now' }).click()
  await page.getByTestId('call-state').getByText('Connected').waitFor()
}

/** Every tile of the strip shows a moving picture. */
const untilPictured = (page: Page, count: number) =>
  page.waitForFunction((wanted) => {
    const videos = document.querySelectorAll<HTMLVideoElement>('[data-testid="tile"] video')
    const moving = [...videos].filter((video) => video.videoWidth > 0 && video.currentTime > 6)
    return moving.length >= wanted
  }, count)

const SIZES = { wide: [1440, 900], middle: [1024, 768], phone: [390, 844] } as const
const PAGES = {
  channel: `/channels/${LAUNCH}`,
  channels: '/channels',
  people: '/people',
  settings: '/settings',
  missing: '/channels/nowhere',
}
type Look = { folder: string; name: string; options: VisitOptions }

const shootPages = async (stage: Stage, { folder, name, options }: Look) => {
  const shoot = (page: Page, what: string) =>
    page.screenshot({ path: join(folder, `${what}-${name}.png`), animations: 'disabled' })
  const stranger = await visit(stage.browser, stage.pyrite.url, options)
  await stranger.page.getByLabel('Password').waitFor()
  await shoot(stranger.page, 'sign-in')
  await stranger.close()
  const mira = await comes(stage, 'mira', options)
  for (const [what, path] of Object.entries(PAGES)) {
    await mira.page.goto(path)
    await mira.page.locator('.side, .bottom-bar').first().waitFor({ state: 'attached' })
    await mira.page.waitForLoadState('networkidle')
    await shoot(mira.page, what)
  }
  await mira.page.goto(`/channels/${LAUNCH}`)
  await mira.page.getByRole('button', { name: /^Join call/ }).click()
  await mira.page.getByRole('button', { name: 'Turn camera off' }).waitFor()
  await shoot(mira.page, 'pre-join')
  await mira.page.getByRole('button', { name: 'Join now' }).click()
  await untilPictured(mira.page, 3)
  await shoot(mira.page, 'call')
  await mira.close()
}

const shootAll = async (stage: Stage, folder: string) => {
  await mkdir(folder, { recursive: true })
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [size, [width, height]] of Object.entries(SIZES)) {
      const phone = size === 'phone' ? { isMobile: true, hasTouch: true } : {}
      const options = { colorScheme, viewport: { width, height }, ...phone }
      await shootPages(stage, { folder, name: `${size}-${colorScheme}`, options })
    }
  }
}

/** A Pyrite whose three callers have marks of three colours; ids are random, and with them the colours. */
const start = async () => {
  for (;;) {
    const pyrite = await startPyrite({
      sfu: 'builtin',
      people: [],
      settings: { workspace: { name: 'Northlight' } },
    })
    const clients = await furnish(pyrite)
    const callers = [clients.mira, clients.tomas, clients.aiko]
    if (new Set(callers.map(({ user }) => colourOf(user.id))).size === callers.length) {
      return { pyrite, clients }
    }
    await pyrite.stop()
  }
}

/** The picture the README opens with: Aiko speaks, the others are muted, and everything has settled. */
const shootCall = async (stage: Stage, tomas: Visitor) => {
  const mira = await comes(stage, 'mira')
  await joinCall(mira)
  for (const { page } of [mira, tomas]) {
    await page.getByRole('button', { name: 'Mute', exact: true }).click()
  }
  await untilPictured(mira.page, 3)
  const state = mira.page.getByTestId('call-state')
  await state.getByText(/^Connected, UDP, \d{1,2} ms$/).waitFor({ timeout: 120_000 })
  await mira.page.locator('[data-testid="tile"][data-speaking="true"]').first().waitFor()
  await mkdir('docs/images', { recursive: true })
  await mira.page.screenshot({ path: 'docs/images/call.png', animations: 'disabled' })
}

const run = async (folder: string | undefined) => {
  const { pyrite, clients } = await start()
  const browser = await openBrowser()
  try {
    const stage = { browser, pyrite, clients }
    const [tomas, aiko] = [await comes(stage, 'tomas'), await comes(stage, 'aiko')]
    for (const caller of [tomas, aiko]) await joinCall(caller)
    if (folder) await shootAll(stage, folder)
    await shootCall(stage, tomas)
  } finally {
    await browser.close()
    await pyrite.stop()
  }
}

await run(process.argv[2])
