import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../lib/platform/db/open.ts'
import { createLog } from '../../lib/platform/log.ts'
import { eventually } from '../support/eventually.ts'
import { galenes, type Json } from '../support/sfu.ts'
import { enterDirectly, type StockCalls, startStockCalls } from '../support/stock-call.ts'

const SECOND = 1_000
const idOf = (world: StockCalls, name: 'bob' | 'carol') => world.people[name].user.id

describe.each(galenes())("people in Galene's own page, with %s", (binary) => {
  let world: StockCalls
  beforeEach(async () => {
    world = await startStockCalls(binary)
  })
  afterEach(() => world.stop())

  const changeMember = (slug: string, userId: string, role: string) =>
    world.people.alice.send('PUT', `/api/channels/${slug}/members/${userId}`, { role })
  const usersHeard = (heard: Json[]) => heard.filter(({ type }) => type === 'user')

  it('who is banned is out within a second, hears why, and no token of before lets them back in [SFU-17]', async () => {
    const slug = await world.channel()
    const old = await world.tokenFor('bob', slug)
    const bob = await world.enter('bob', slug)
    const carol = await world.enter('carol', slug)
    const since = performance.now()
    const ban = { kind: 'ban', userId: idOf(world, 'bob'), reason: 'spam' }
    await world.act(slug, ban)
    const { at } = await bob.isClosed(SECOND)
    expect(at - since).toBeLessThan(SECOND)
    const why = await bob.hears({ type: 'usermessage', kind: 'kicked' })
    expect(why.value).toBe('You are banned from this channel: spam.')
    await expect(world.tokenFor('bob', slug)).rejects.toThrow('403')
    const again = await enterDirectly(world.galene.url, slug, old)
    await again.isClosed(SECOND)
    expect(carol.isOpen()).toBe(true)
    carol.socket.close()
  })

  it('who is kicked is out within a second, though nobody is there in Pyrite, and may come back', async () => {
    const slug = await world.channel()
    const bob = await world.enter('bob', slug)
    await world.act(slug, { kind: 'kick', userId: idOf(world, 'bob'), reason: 'out' })
    await bob.isClosed(SECOND)
    const again = await world.enter('bob', slug)
    expect(again.joined).toMatchObject({ kind: 'join' })
    // What is looked at next concerns somebody else.
    const carol = await world.enter('carol', slug)
    await world.act(slug, { kind: 'kick', userId: idOf(world, 'carol'), reason: '' })
    await carol.isClosed(SECOND)
    expect(again.isOpen()).toBe(true)
    again.socket.close()
  })

  it('a timeout and a lower role put people out at once, who come back as what they are; a higher role is given [MOD-14]', async () => {
    const slug = await world.channel()
    const userId = idOf(world, 'bob')
    const bob = await world.enter('bob', slug)
    await changeMember(slug, userId, 'moderator')
    await bob.hears({ type: 'joined', kind: 'change' }, SECOND)
    await eventually(() => expect(bob.all({ type: 'joined' }).at(-1)?.permissions).toContain('op'))
    await changeMember(slug, userId, 'member')
    await bob.isClosed(SECOND)
    const second = await world.enter('bob', slug)
    expect(second.joined.permissions).toEqual(['present', 'message'])
    await world.act(slug, { kind: 'timeout', userId, seconds: 600, reason: 'calm down' })
    await second.isClosed(SECOND)
    const third = await world.enter('bob', slug)
    expect(third.joined.permissions).toEqual(['message'])
    third.socket.close()
  })

  it('who leaves the channel, or may not sign in any more, is out within a second', async () => {
    const slug = await world.channel()
    const bob = await world.enter('bob', slug)
    const path = `/api/channels/${slug}/members/${idOf(world, 'bob')}`
    await world.people.alice.send('DELETE', path)
    await bob.isClosed(SECOND)
    const carol = await world.enter('carol', slug)
    const other = await world.enter('carol', 'general')
    await world.pyrite().app.users.change(idOf(world, 'carol'), { disabled: true })
    await carol.isClosed(SECOND)
    await other.isClosed(SECOND)
    await world.pyrite().app.users.change(idOf(world, 'carol'), { disabled: false })
  })

  it('a lock leaves those inside alone, and puts out whoever comes with a token of before', async () => {
    const slug = await world.channel()
    const old = await world.tokenFor('carol', slug)
    const bob = await world.enter('bob', slug)
    await world.act(slug, { kind: 'lock', scope: 'call', exempt: [], reason: '' })
    const carol = await enterDirectly(world.galene.url, slug, old)
    await carol.isClosed(SECOND)
    expect(bob.isOpen()).toBe(true)
    bob.socket.close()
  })

  it('whoever was inside when a lock began stays, also when they raise a hand', async () => {
    const slug = await world.channel()
    const bob = await world.enter('bob', slug)
    const carol = await world.enter('carol', slug)
    await world.act(slug, { kind: 'lock', scope: 'call', exempt: [], reason: '' })
    await carol.hears({ type: 'user', kind: 'add', username: 'Pyrite' })
    bob.send({ type: 'useraction', kind: 'setdata', dest: bob.id, value: { raisehand: true } })
    await carol.hears({ type: 'user', kind: 'change', id: bob.id })
    await world.act(slug, { kind: 'kick', userId: idOf(world, 'carol'), reason: '' })
    await carol.isClosed(SECOND)
    expect(bob.isOpen()).toBe(true)
    bob.socket.close()
  })

  it('an operator who puts Pyrite out at sight keeps nobody in, is banned all the same, and makes it come no faster than once a second', async () => {
    const slug = await world.channel()
    await changeMember(slug, idOf(world, 'carol'), 'moderator')
    const bob = await world.enter('bob', slug)
    const carol = await world.enter('carol', slug)
    const isPyrite = ({ kind, username }: Json) => kind === 'add' && username === 'Pyrite'
    const visits = () => carol.all({ type: 'user' }).filter(isPyrite).length
    carol.socket.on('message', (data) => {
      const frame: Json = JSON.parse(String(data))
      if (frame.type !== 'user' || !isPyrite(frame)) return
      carol.send({ type: 'useraction', kind: 'kick', dest: frame.id, value: 'out' })
    })
    const before = visits()
    const since = performance.now()
    await world.act(slug, { kind: 'kick', userId: idOf(world, 'bob'), reason: '' })
    await bob.isClosed(SECOND)
    await eventually(() => expect(visits()).toBeGreaterThan(before + 3), 10_000)
    expect(performance.now() - since).toBeGreaterThan(SECOND)
    await world.act(slug, { kind: 'ban', userId: idOf(world, 'carol'), reason: '' })
    await carol.isClosed(2 * SECOND)
  })

  it("Pyrite comes in where the group is full and Galene's own page locked it, unseen on Pyrite's page, and unlocks it", async () => {
    const slug = await world.channel()
    const alice = await world.enter('alice', slug)
    const seeing = await world.join(world.people.alice, slug)
    const bob = await world.enter('bob', slug)
    // Where Pyrite is still there after the channel was made, this is one too many already.
    const last = await world.enter('bob', slug)
    alice.send({ type: 'groupaction', kind: 'lock' })
    await eventually(() => expect(world.pyrite().app.sfu.groupState(slug).locked).toBe(true))
    await world.act(slug, { kind: 'kick', userId: idOf(world, 'bob'), reason: '' })
    await bob.isClosed(SECOND)
    seeing.send({ type: 'groupaction', kind: 'unlock' })
    await eventually(() => expect(world.pyrite().app.sfu.groupState(slug).locked).toBe(false))
    const names = usersHeard(seeing.heard).map(({ username }) => username)
    expect(names).not.toContain('Pyrite')
    for (const each of [alice, seeing, last]) each.socket.close()
  })

  it('what was decided while Galene hung is done when it goes on', async () => {
    const slug = await world.channel()
    const bob = await world.enter('bob', slug)
    world.galene.signal('SIGSTOP')
    await world.act(slug, { kind: 'ban', userId: idOf(world, 'bob'), reason: '' })
    await eventually(() => expect(world.pyrite().app.sfu.health().reachable).toBe(false), 20_000)
    expect(bob.isOpen()).toBe(true)
    world.galene.signal('SIGCONT')
    await bob.isClosed(10_000)
  }, 60_000)

  it('who was kicked while Galene hung is out when it goes on, and stays in with what they came back with', async () => {
    const slug = await world.channel()
    const bob = await world.enter('bob', slug)
    const { app } = world.pyrite()
    await eventually(() => expect(app.sfu.participants(slug)).toHaveLength(1))
    world.galene.signal('SIGSTOP')
    await world.act(slug, { kind: 'kick', userId: idOf(world, 'bob'), reason: '' })
    const back = world.enter('bob', slug)
    const { logLines } = world.pyrite()
    await eventually(() => expect(logLines.join('')).toContain('a call could not be visited'))
    world.galene.signal('SIGCONT')
    await bob.isClosed(10_000)
    const again = await back
    expect(again.joined.kind).toBe('join')
    // What is looked at next concerns somebody else.
    const carol = await world.enter('carol', slug)
    await world.act(slug, { kind: 'kick', userId: idOf(world, 'carol'), reason: '' })
    await carol.isClosed(10_000)
    expect(again.isOpen()).toBe(true)
    again.socket.close()
  }, 60_000)

  it('what was decided when Pyrite ended is done when it is back', async () => {
    const slug = await world.channel()
    const bob = await world.enter('bob', slug)
    const carol = await world.enter('carol', slug)
    await world.restart(async () => {
      const { config } = world.pyrite()
      const log = createLog('silent')
      const database = await openDatabase({ path: config.database.path, log })
      await database.write((sqlite) =>
        sqlite.prepare('delete from memberships where userId = ?').run(idOf(world, 'bob')),
      )
      await database.close()
    })
    await bob.isClosed(5_000)
    expect(carol.isOpen()).toBe(true)
    carol.socket.close()
  })
})
