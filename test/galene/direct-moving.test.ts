import { afterEach, describe, expect, it } from 'vitest'
import type { Config } from '../../lib/platform/config/schema.ts'
import { eventually } from '../support/eventually.ts'
import { startLine } from '../support/line.ts'
import { attend } from '../support/moving.ts'
import { galenes } from '../support/sfu.ts'
import { type StockCalls, startStockCalls } from '../support/stock-call.ts'

const SLUG = 'general'
const FAST = { bytesPerTurn: Number.POSITIVE_INFINITY, everyMs: 1 }

describe.each(galenes())("calls that move with Galene's own page, on %s", (binary) => {
  let world: StockCalls
  afterEach(() => world.stop())

  const reload = (galene: Partial<Config['galene']>) => {
    const { app, config } = world.pyrite()
    return app.reload({ ...config, galene: { ...config.galene, ...galene } })
  }
  /** With a Galene that Pyrite reaches through a line. */
  const startOnLine = async () => {
    let found: Awaited<ReturnType<typeof startLine>> | undefined
    world = await startStockCalls(binary, async (url) => {
      found = await startLine(url)
      return found.url
    })
    if (!found) throw new Error('there is no line')
    return found
  }
  const inCall = () =>
    world
      .pyrite()
      .app.sfu.participants(SLUG)
      .map(({ caller }) => caller.username)
      .sort()
  const isInCall = (...names: string[]) => eventually(() => expect(inCall()).toEqual(names), 15_000)
  const sessionsOf = (userId: string) =>
    world
      .pyrite()
      .database.db.selectFrom('callSessions')
      .select('id')
      .where('userId', '=', userId)
      .execute()

  it("somebody on Pyrite's page comes again once for each move on the same Galene, is put out by none, and sees nobody but people", async () => {
    world = await startStockCalls(binary)
    const carol = await attend(world.people.carol)
    const bob = await world.enter('bob', SLUG)
    await isInCall('bob', 'carol')
    expect(await reload({ stock_client_url: 'https://calls.example.org' })).toBe('moved')
    await carol.isBack(1)
    await isInCall('bob', 'carol')
    expect(await reload({ stock_client: false })).toBe('moved')
    await carol.isBack(2)
    await bob.isClosed()
    await isInCall('carol')
    const heard = carol.legs.flatMap((leg) => leg.heard)
    const roster = heard.filter(({ type }) => type === 'user').map(({ username }) => username)
    expect([...new Set(roster)].sort()).toEqual(['bob', 'carol'])
    expect(heard.filter(({ kind }) => kind === 'kicked')).toEqual([])
    await eventually(async () =>
      expect(await sessionsOf(world.people.carol.user.id)).toHaveLength(3),
    )
    expect(carol.legs).toHaveLength(3)
  }, 60_000)

  it("somebody whose join over the bridge Galene answers slowly is not taken for one of Galene's own page, which is off again", async () => {
    const line = await startOnLine()
    await world.letGuestsIn(SLUG)
    expect(await reload({ stock_client: false })).toBe('moved')
    const guest = await world.guest('somebody', SLUG, 'guest-1')
    // The next look at Galene is five seconds off: one that begins in the crawl freezes too, and nobody visits a Galene that is silent.
    const { health } = world.pyrite().app.sfu
    const { checkedAt } = health()
    await eventually(() => expect(health().checkedAt).not.toBe(checkedAt))
    const crawl = { bytesPerTurn: 60, everyMs: 100 }
    line.slow(crawl)
    const joining = world.join(world.people.carol, SLUG, 30_000)
    // Awaited below, which throws; what fails sooner says why.
    joining.catch(() => undefined)
    await guest.hears({ type: 'user', kind: 'add', username: 'carol' })
    // She is in, and does not hear so.
    crawl.bytesPerTurn = 0
    line.slow(FAST)
    const visits = () => guest.all({ type: 'user', kind: 'add', username: 'Pyrite' })
    const before = visits().length
    const { user } = world.people.bob
    const make = (role: string) =>
      world.people.alice.send('PUT', `/api/channels/${SLUG}/members/${user.id}`, { role })
    await make('moderator')
    await eventually(() => expect(visits().length).toBeGreaterThan(before))
    const last = visits().at(-1)?.id
    crawl.bytesPerTurn = FAST.bytesPerTurn
    const carol = await joining
    expect(carol.joined.kind).toBe('join')
    // Pyrite goes when it has come once more, and looked at everybody.
    await make('member')
    await guest.hears({ type: 'user', kind: 'delete', id: last })
    expect(carol.isOpen()).toBe(true)
    expect(carol.all({ kind: 'kicked' })).toEqual([])
    carol.socket.close()
    guest.socket.close()
    await line.refuse()
  }, 60_000)

  it('somebody who has left the bridge, of which Galene hears late, is not counted a second time', async () => {
    const line = await startOnLine()
    const bob = await world.enter('bob', SLUG)
    const leg = { ...FAST }
    line.slow(leg)
    const carol = await world.join(world.people.carol, SLUG)
    line.slow(FAST)
    await bob.hears({ type: 'user', kind: 'add', id: carol.id })
    await isInCall('bob', 'carol')
    leg.bytesPerTurn = 0
    const { user } = world.people.carol
    const member = `/api/channels/${SLUG}/members/${user.id}`
    await world.people.alice.send('PUT', member, { role: 'moderator' })
    await carol.isClosed()
    await bob.hears({ type: 'user', kind: 'delete', id: carol.id })
    await isInCall('bob')
    expect(await sessionsOf(user.id)).toHaveLength(1)
    bob.socket.close()
    await line.refuse()
  }, 60_000)
})
