import { createServer } from 'node:net'
import type { Config } from '../../lib/platform/config/schema.ts'
import type { Client } from './client.ts'
import { eventually } from './eventually.ts'
import { startGalene } from './galene.ts'
import { type Name, PASSWORD, type Pyrite, startPyrite } from './pyrite.ts'
import { type Connection, connectTo, type Json } from './sfu.ts'

const PAGES = 'https://galene.example.org'

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })

let clients = 0
const comeIn = async (url: string, id: string, join: Json) => {
  const connection = connectTo(`${url}/ws`)
  await connection.opens()
  connection.send({ type: 'handshake', version: ['2'], id })
  connection.send({ type: 'join', kind: 'join', ...join })
  const joined = await connection.hears({ type: 'joined' })
  return { ...connection, id, joined }
}
/** Joins at Galene itself, as its own page does, and stays. */
export const enterDirectly = (url: string, group: string, token: string) => {
  clients += 1
  return comeIn(url, `direct-${clients}`, { group, token })
}
export type Direct = Awaited<ReturnType<typeof enterDirectly>>

/**
 * A Pyrite with `galene.stock_client` on, in front of a Galene of somebody's own, and people signed in. Calls take four people.
 * `through` answers where Pyrite finds Galene.
 */
export const startStockCalls = async (binary: string, through = async (url: string) => url) => {
  const galene = await startGalene({ binary })
  const port = await freePort()
  const settings = {
    server: { port, public_url: `http://127.0.0.1:${port}` },
    sfu: { url: await through(galene.url), groups_dir: galene.groups, max_clients: 4 },
    galene: { stock_client: true, stock_client_url: PAGES },
  }
  let pyrite: Pyrite
  const people = {} as Record<Name, Client>
  const start = async (folder?: string, more: Partial<Config['galene']> = {}) => {
    const all = { ...settings, galene: { ...settings.galene, ...more } }
    pyrite = await startPyrite({ settings: all, ...(folder !== undefined && { folder }) })
    for (const name of ['alice', 'bob', 'carol', 'mallory'] as const) {
      people[name] = await pyrite.signIn(name)
    }
  }
  await start()
  let channels = 0
  /** What Galene's page is told by Pyrite for a name and a password. */
  const tokenFor = async (username: Name, group: string): Promise<string> => {
    const response = await fetch(`${pyrite.url}/galene/auth`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: PAGES },
      body: JSON.stringify({ location: `${PAGES}/group/${group}/`, username, password: PASSWORD }),
    })
    const text = await response.text()
    if (response.status !== 200) throw new Error(`${response.status} ${text}`)
    return text
  }
  const inStep = (slug: string) =>
    eventually(() => {
      const { state } = pyrite.app.sfu.syncState(slug)
      if (state !== 'in-step') throw new Error(state)
    })
  return {
    people,
    inStep,
    galene,
    pyrite: () => pyrite,
    tokenFor,
    /** Alice moderates it, bob and carol are in it. */
    async channel(): Promise<string> {
      channels += 1
      const slug = `room-${channels}`
      await people.alice.send('POST', '/api/channels', { name: slug, slug })
      for (const name of ['bob', 'carol'] as const) {
        const { id } = people[name].user
        await people.alice.send('PUT', `/api/channels/${slug}/members/${id}`, { role: 'member' })
      }
      await inStep(slug)
      return slug
    },
    /** In Galene's own page. */
    enter: async (name: Name, slug: string): Promise<Direct> =>
      enterDirectly(galene.url, slug, await tokenFor(name, slug)),
    /** In Pyrite's page. */
    async join({ url, cookie }: Client, group: string, withinMs = 10_000) {
      clients += 1
      const connection: Connection = connectTo(`${url}/sfu`, { cookie, origin: url })
      await connection.opens()
      connection.send({ type: 'handshake', version: ['2'], id: `bridged-${clients}` })
      connection.send({ type: 'join', kind: 'join', group })
      const joined = await connection.hears({ type: 'joined' }, withinMs)
      return { ...connection, id: `bridged-${clients}`, joined }
    },
    async act(slug: string, wish: Json): Promise<void> {
      const answer = await people.alice.send('POST', `/api/channels/${slug}/moderation`, wish)
      if (answer.status !== 201) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`)
    },
    /** With a `wildcard-user`, as somebody writes it who wants guests past Pyrite. */
    async letGuestsIn(slug: string) {
      const guests = { password: { type: 'wildcard' }, permissions: 'present' }
      const group = { ...(await galene.read(slug)), 'wildcard-user': guests }
      await galene.write(slug, JSON.stringify(group))
    },
    guest: (username: string, slug: string, id: string) =>
      comeIn(galene.url, id, { group: slug, username, password: '' }),
    async restart(
      whileDown: () => Promise<void> = async () => undefined,
      more: Partial<Config['galene']> = {},
    ) {
      const { folder } = pyrite
      await pyrite.stop({ keep: true })
      await whileDown()
      await start(folder, more)
    },
    async stop() {
      await pyrite.stop()
      await galene.end()
    },
  }
}
export type StockCalls = Awaited<ReturnType<typeof startStockCalls>>
