import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CallsPage } from '../../lib/protocol/calls.ts'
import type { SfuStatus } from '../../lib/protocol/workspace.ts'
import { eventually } from '../support/eventually.ts'
import { galenes } from '../support/sfu.ts'
import { type Direct, type StockCalls, startStockCalls } from '../support/stock-call.ts'

type Name = 'alice' | 'bob' | 'carol'

describe.each(galenes())("who is in the call, by Galene's own page too, with %s", (binary) => {
  let world: StockCalls
  const open: { socket: { close(): void } }[] = []
  const stays = <T extends { socket: { close(): void } }>(connection: T): T => {
    open.push(connection)
    return connection
  }
  beforeEach(async () => {
    world = await startStockCalls(binary)
  })
  afterEach(async () => {
    for (const { socket } of open.splice(0)) socket.close()
    await world.stop()
  })

  const enter = async (name: Name, slug: string): Promise<Direct> =>
    stays(await world.enter(name, slug))
  const status = async (slug: string) =>
    (await world.people.alice.send('GET', `/api/channels/${slug}/sfu_status`)).body as SfuStatus
  const namesOf = (userIds: readonly string[]) =>
    userIds.map((id) => Object.entries(world.people).find(([, { user }]) => user.id === id)?.[0])
  const inCall = async (slug: string) =>
    namesOf((await status(slug)).participants.map(({ userId }) => userId)).sort()
  const isInCall = (slug: string, ...names: Name[]) =>
    eventually(async () => expect(await inCall(slug)).toEqual(names), 10_000)
  const cards = async (slug: string) =>
    ((await world.people.alice.send('GET', `/api/channels/${slug}/calls`)).body as CallsPage).calls
  const sessionsOf = (userId: string) =>
    world
      .pyrite()
      .database.db.selectFrom('callSessions')
      .select(['id', 'leftAt', 'reason'])
      .where('userId', '=', userId)
      .execute()

  it('they are in it from their coming to their going, in its card and its sessions, and everybody in the channel hears it [CALL-10]', async () => {
    const slug = await world.channel()
    const carol = await world.people.carol.socket()
    const heard = (...names: Name[]) =>
      eventually(() => {
        const pushes = carol.of('calls.participants')
        const last = pushes.findLast(({ channelSlug }) => channelSlug === slug)
        expect(last).toBeDefined()
        expect(namesOf(last?.participants.map(({ userId }) => userId) ?? [])).toEqual(names)
      }, 10_000)
    const bob = await enter('bob', slug)
    await isInCall(slug, 'bob')
    await heard('bob')
    const [card] = await cards(slug)
    expect(card).toMatchObject({
      endedAt: null,
      stays: [{ userId: world.people.bob.user.id, leftAt: null }],
    })
    bob.socket.close()
    await isInCall(slug)
    await heard()
    await eventually(async () =>
      expect(await sessionsOf(world.people.bob.user.id)).toEqual([
        { id: expect.any(String), leftAt: expect.any(String), reason: 'left' },
      ]),
    )
    carol.close()
  })

  it("somebody on both pages is one person of the call, and those on Pyrite's page are told once", async () => {
    const slug = await world.channel()
    await enter('bob', slug)
    await isInCall(slug, 'bob')
    const bridged = stays(await world.join(world.people.bob, slug))
    const carol = stays(await world.join(world.people.carol, slug))
    await isInCall(slug, 'bob', 'bob', 'carol')
    await eventually(async () => {
      const [card] = await cards(slug)
      expect(namesOf(card?.stays.map(({ userId }) => userId) ?? [])).toEqual(['bob', 'carol'])
    })
    bridged.socket.close()
    carol.socket.close()
    await isInCall(slug, 'bob')
    expect(await sessionsOf(world.people.carol.user.id)).toHaveLength(1)
  })

  it('a restart of Pyrite, and one of Galene, are followed', async () => {
    const slug = await world.channel()
    await enter('bob', slug)
    await isInCall(slug, 'bob')
    await world.restart()
    await isInCall(slug, 'bob')
    world.galene.signal('SIGKILL')
    await isInCall(slug)
  }, 60_000)

  it('who is put out is in it no more, and whoever puts Pyrite out hides nobody', async () => {
    const slug = await world.channel()
    const { user } = world.people.carol
    await world.people.alice.send('PUT', `/api/channels/${slug}/members/${user.id}`, {
      role: 'moderator',
    })
    const carol = await enter('carol', slug)
    await enter('bob', slug)
    await isInCall(slug, 'bob', 'carol')
    const pyrite = carol.all({ type: 'user', kind: 'add', username: 'Pyrite' }).at(-1)
    carol.send({ type: 'useraction', kind: 'kick', dest: pyrite?.id, value: 'out' })
    await carol.hears({ type: 'user', kind: 'delete', id: pyrite?.id })
    await world.act(slug, { kind: 'kick', userId: world.people.bob.user.id, reason: '' })
    await isInCall(slug, 'carol')
    await enter('bob', slug)
    await isInCall(slug, 'bob', 'carol')
  })

  it("a guest of Galene's own who calls themselves Pyrite is seen by everybody, under the id of Pyrite's last visit too", async () => {
    const slug = await world.channel()
    const seeing = stays(await world.join(world.people.alice, slug))
    const bob = await enter('bob', slug)
    const { id } = await bob.hears({ type: 'user', kind: 'add', username: 'Pyrite' }, 10_000)
    await isInCall(slug, 'alice', 'bob')
    await world.letGuestsIn(slug)
    const usersHeard = () =>
      seeing.all({ type: 'user' }).filter(({ username }) => username === 'Pyrite')
    expect(usersHeard()).toEqual([])
    const guest = stays(await world.guest('Pyrite', slug, 'guest-1'))
    await seeing.hears({ type: 'user', kind: 'add', id: guest.id, username: 'Pyrite' }, 10_000)
    guest.socket.close()
    await seeing.hears({ type: 'user', kind: 'delete', id: guest.id })
    // Its operator puts Pyrite out, and takes its id.
    await world.people.alice.send(
      'PUT',
      `/api/channels/${slug}/members/${world.people.bob.user.id}`,
      { role: 'moderator' },
    )
    await eventually(() => expect(bob.all({ type: 'joined' }).at(-1)?.permissions).toContain('op'))
    const visits = () => bob.all({ type: 'user', kind: 'add', username: 'Pyrite' })
    const last = visits().at(-1)?.id ?? id
    bob.send({ type: 'useraction', kind: 'kick', dest: last, value: 'out' })
    await bob.hears({ type: 'user', kind: 'delete', id: last })
    stays(await world.guest('Pyrite', slug, String(last)))
    await seeing.hears({ type: 'user', kind: 'add', id: last, username: 'Pyrite' }, 10_000)
    expect(await inCall(slug)).toEqual(['alice', 'bob'])
  })

  it("switched off again, with or without a restart, Galene's own page is left by everybody of Pyrite, and by nobody else", async () => {
    const slug = await world.channel()
    await world.letGuestsIn(slug)
    const first = await enter('bob', slug)
    const guest = stays(await world.guest('somebody', slug, 'guest-1'))
    await isInCall(slug, 'bob')
    const { app, config } = world.pyrite()
    await app.reload({ ...config, galene: { ...config.galene, stock_client: false } })
    const why = await first.hears({ type: 'usermessage', kind: 'kicked' }, 10_000)
    expect(why.value).toBe('Calls are no longer open in this page: join in Pyrite.')
    await first.isClosed(10_000)
    await isInCall(slug)
    await app.reload(config)
    await world.inStep(slug)
    const second = await enter('bob', slug)
    await isInCall(slug, 'bob')
    await world.restart(undefined, { stock_client: false })
    await second.isClosed(10_000)
    const bridged = stays(await world.join(world.people.bob, slug))
    expect(bridged.joined).toMatchObject({ kind: 'join' })
    await isInCall(slug, 'bob')
    expect(guest.isOpen()).toBe(true)
  }, 60_000)
})
