import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CallCard, CallsPage } from '../../lib/protocol/calls.ts'
import type { MyChannel } from '../../lib/protocol/channels.ts'
import type { Workspace } from '../../lib/protocol/workspace.ts'
import type { Client, Socket } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type ModeratedCalls, startModeratedCalls } from '../support/moderated-call.ts'

const LONG = 60_000
let world: ModeratedCalls
let alice: Client
let bob: Client
let carol: Client
let mallory: Client
beforeAll(async () => {
  world = await startModeratedCalls({ name: 'the built-in SFU', galene: undefined })
  ;({ alice, bob, carol, mallory } = world.people)
}, LONG)
afterAll(() => world.stop())

const ids = (...clients: Client[]) => clients.map(({ user }) => user.id)
const page = async (who: Client, slug: string, query = ''): Promise<CallsPage> =>
  (await who.send('GET', `/api/channels/${slug}/calls${query}`)).body
const peopleOf = (call: CallCard | undefined) => call?.stays.map(({ userId }) => userId)
const hearsCall = (ear: Socket, fits: (call: CallCard) => boolean) =>
  ear.hear('calls.changed', fits)
const join = async (who: Client, slug: string) => {
  const person = await world.join(who, slug)
  expect(person.joined).toMatchObject({ kind: 'join' })
  return person
}
/** Leaves, and waits until the server knows. */
const leave = async (person: Awaited<ReturnType<typeof join>>, ear: Socket, userId: string) => {
  person.socket.close()
  await eventually(() =>
    expect(
      ear
        .of('calls.participants')
        .at(-1)
        ?.participants.map((one) => one.userId),
    ).not.toContain(userId),
  )
}
/** Makes what has happened in a channel's calls older by so many seconds, as if time had gone by. */
const age = async (slug: string, seconds: number) => {
  const { db } = world.pyrite().database
  const channel = await db
    .selectFrom('channels')
    .select('id')
    .where('slug', '=', slug)
    .executeTakeFirstOrThrow()
  const older = <T extends string | null>(at: T) =>
    at === null ? at : (new Date(Date.parse(at) - seconds * 1_000).toISOString() as T)
  for (const call of await db
    .selectFrom('calls')
    .selectAll()
    .where('channelId', '=', channel.id)
    .execute()) {
    const { number, startedAt, endedAt, seenAt } = call
    const times = { startedAt: older(startedAt), endedAt: older(endedAt), seenAt: older(seenAt) }
    await db.updateTable('calls').set(times).where('number', '=', number).execute()
    for (const stay of await db
      .selectFrom('callStays')
      .selectAll()
      .where('callNumber', '=', number)
      .execute()) {
      await db
        .updateTable('callStays')
        .set({ joinedAt: older(stay.joinedAt), leftAt: older(stay.leftAt) })
        .where('number', '=', stay.number)
        .execute()
    }
  }
}

describe('who is in a call', () => {
  it('is told of every channel I am in, and of no other; and told again at each connect [CALL-1]', async () => {
    const open = await world.channel()
    const hidden = await world.channel({ private: true })
    await mallory.send('POST', `/api/channels/${open}/join`)
    const [bobs, mallorys] = await Promise.all([bob.socket(), mallory.socket()])
    const calls = await Promise.all([join(alice, open), join(carol, hidden)])
    const tells = (slug: string, ...who: Client[]) =>
      bobs.hear(
        'calls.participants',
        ({ channelSlug, participants }) =>
          channelSlug === slug && participants.length === who.length,
      )
    await tells(open, alice)
    await tells(hidden, carol)
    await mallorys.hear('calls.participants')

    const again = await bob.socket()
    const loaded = await again.ask<Workspace>('workspace.load')
    const callIn = (slug: string) =>
      loaded.channels.find((one: MyChannel) => one.slug === slug)?.call.map(({ userId }) => userId)
    expect([callIn(open), callIn(hidden)]).toEqual([ids(alice), ids(carol)])

    for (const one of calls) one.socket.close()
    await tells(open)
    await tells(hidden)
    await eventually(() =>
      expect(mallorys.of('calls.participants').at(-1)).toEqual({
        channelSlug: open,
        participants: [],
      }),
    )
    const heard = [...mallorys.of('calls.participants'), ...mallorys.of('calls.changed')]
    expect(new Set(heard.map(({ channelSlug }) => channelSlug))).toEqual(new Set([open]))
    for (const socket of [bobs, mallorys, again]) socket.close()
  })

  it('a channel that I come into says who is in its call [CALL-1]', async () => {
    const slug = await world.channel()
    const person = await join(alice, slug)
    const { body } = await mallory.send('POST', `/api/channels/${slug}/join`)
    expect((body as MyChannel).call.map(({ userId }) => userId)).toEqual(ids(alice))
    person.socket.close()
  })
})

describe('the card of a call', () => {
  it('fills in while the call runs, for everybody in the channel, and can be read late [CALL-2] [CALL-3]', async () => {
    const slug = await world.channel()
    const ear = await bob.socket()
    const first = await join(alice, slug)
    const begun = await hearsCall(ear, ({ endedAt }) => endedAt === null)
    expect(begun).toEqual({
      id: expect.any(String),
      channelSlug: slug,
      rev: 1,
      startedAt: expect.any(String),
      endedAt: null,
      brief: false,
      stays: [{ userId: alice.user.id, joinedAt: begun.startedAt, leftAt: null }],
    })
    const second = await join(carol, slug)
    await hearsCall(ear, ({ stays }) => stays.length === 2)
    const elsewhere = await join(carol, slug)
    await leave(first, ear, alice.user.id)
    const { calls, hasMore, rev } = await page(bob, slug)
    expect([hasMore, rev, calls.length]).toEqual([false, 3, 1])
    expect(calls[0]).toMatchObject({ id: begun.id, rev: 3, endedAt: null })
    expect(calls[0]?.stays).toMatchObject([
      { userId: alice.user.id, leftAt: expect.any(String) },
      { userId: carol.user.id, leftAt: null },
    ])

    second.socket.close()
    await leave(elsewhere, ear, carol.user.id)
    const ended = await hearsCall(ear, ({ endedAt }) => endedAt !== null)
    expect(ended).toMatchObject({ id: begun.id, rev: 4, brief: false })
    expect(ended.endedAt).toBe(ended.stays[1]?.leftAt)
    expect(ear.of('calls.changed').map((call) => call.rev)).toEqual([1, 2, 3, 4])
    expect((await page(bob, slug)).calls).toEqual([ended])
    ear.close()
  })

  it('goes on where everybody lost the connection for a while, and is another one later [CALL-4]', async () => {
    const slug = await world.channel()
    const ear = await bob.socket()
    const two = [await join(alice, slug), await join(carol, slug)]
    for (const one of two) one.socket.close()
    const ended = await hearsCall(ear, ({ endedAt }) => endedAt !== null)
    await age(slug, 100)
    const back = await join(alice, slug)
    const goesOn = await hearsCall(ear, ({ rev }) => rev > ended.rev)
    expect(goesOn).toMatchObject({ id: ended.id, endedAt: null, stays: [{ leftAt: null }, {}] })
    await leave(back, ear, alice.user.id)
    await age(slug, 121)
    const later = await join(alice, slug)
    await hearsCall(ear, ({ id }) => id !== ended.id)
    expect((await page(bob, slug)).calls.map(({ id, endedAt }) => [id, endedAt === null])).toEqual([
      [ended.id, false],
      [expect.any(String), true],
    ])
    later.socket.close()
    ear.close()
  })

  it('of somebody who only looked in is taken back, and is in no page [CALL-5]', async () => {
    const slug = await world.channel()
    const ear = await bob.socket()
    const person = await join(alice, slug)
    await hearsCall(ear, ({ brief }) => !brief)
    expect((await page(bob, slug)).calls).toHaveLength(1)
    person.socket.close()
    await hearsCall(ear, ({ brief, endedAt }) => brief && endedAt !== null)
    expect(await page(bob, slug)).toEqual({ calls: [], hasMore: false, rev: 2 })
    ear.close()
  })

  it('comes in pages, oldest first, over both doors by the same rules [CALL-6]', async () => {
    const slug = await world.channel()
    const ear = await bob.socket()
    for (let n = 0; n < 5; n += 1) {
      const two = [await join(alice, slug), await join(carol, slug)]
      const heard = ear.of('calls.changed').length
      for (const one of two) one.socket.close()
      await eventually(() => {
        expect(ear.of('calls.changed').length).toBeGreaterThan(heard)
        expect(ear.of('calls.changed').at(-1)?.endedAt).not.toBeNull()
      })
      await age(slug, 600)
    }
    const all = (await page(bob, slug)).calls
    const starts = all.map(({ startedAt }) => startedAt)
    expect([all.length, starts]).toEqual([5, [...starts].sort()])
    const newest = await page(bob, slug, '?limit=2')
    expect(newest).toMatchObject({ calls: all.slice(3), hasMore: true })
    const older = await ear.ask<CallsPage>('calls.history', {
      channelSlug: slug,
      before: newest.calls[0]?.id,
      limit: 3,
    })
    expect(older).toMatchObject({ calls: all.slice(0, 3), hasMore: false, rev: newest.rev })
    const refused = await bob.send('GET', `/api/channels/${slug}/calls?limit=1000`)
    expect([refused.status, refused.body]).toMatchObject([400, { error: { code: 'malformed' } }])
    ear.close()
  })

  it('is for those in the channel: others neither read nor hear of it, and no longer once they are out [CALL-6]', async () => {
    const slug = await world.channel({ private: true })
    const [bobs, mallorys] = await Promise.all([bob.socket(), mallory.socket()])
    const person = await join(alice, slug)
    const { id } = await hearsCall(bobs, () => true)
    for (const path of [`${slug}/calls`, `${slug}/calls?before=${id}`, 'nowhere/calls']) {
      expect(await mallory.send('GET', `/api/channels/${path}`)).toMatchObject({
        status: 404,
        body: { error: { code: 'channels.not-found' } },
      })
    }
    const { error } = await mallorys.reply('calls.history', { channelSlug: slug })
    expect(error?.code).toBe('channels.not-found')
    await alice.send('DELETE', `/api/channels/${slug}/members/${bob.user.id}`)
    await bobs.hear('channels.gone')
    const heard = bobs.of('calls.changed').length
    const two = await join(carol, slug)
    await eventually(async () =>
      expect(peopleOf((await page(carol, slug)).calls[0])).toEqual(ids(alice, carol)),
    )
    expect((await bob.send('GET', `/api/channels/${slug}/calls`)).status).toBe(404)
    expect([bobs.of('calls.changed').length, mallorys.of('calls.changed')]).toEqual([heard, []])
    // A call of another channel leads nowhere here.
    const other = await world.channel()
    expect((await page(carol, other, `?before=${id}`)).calls).toEqual([])
    for (const { socket } of [person, two]) socket.close()
    bobs.close()
    mallorys.close()
  })

  it('holds people and times, no address and nothing that was said, and moves no message [CALL-7]', async () => {
    const slug = await world.channel()
    const ear = await bob.socket()
    const before = (await bob.send('GET', `/api/channels/${slug}`)).body as MyChannel
    const two = [await join(alice, slug), await join(carol, slug)]
    two[0]?.send({ type: 'chat', source: two[0].id, username: 'alice', dest: '', value: 'psst!' })
    for (const one of two) one.socket.close()
    await hearsCall(ear, ({ endedAt }) => endedAt !== null)
    const [call] = (await page(bob, slug)).calls
    expect(Object.keys(call ?? {}).sort()).toEqual(
      ['brief', 'channelSlug', 'endedAt', 'id', 'rev', 'startedAt', 'stays'].sort(),
    )
    expect(JSON.stringify(call)).not.toMatch(/127\.0\.0\.1|psst!|"sdp"/)
    const after = (await bob.send('GET', `/api/channels/${slug}`)).body as MyChannel
    const facts = ({ lastSeq, lastRev, unread }: MyChannel) => ({ lastSeq, lastRev, unread })
    expect(facts(after)).toEqual(facts(before))
    ear.close()
  })
})

describe('a restart of the server', () => {
  it(
    'ends the calls that run, keeps all, and they go on when people come back at once [CALL-8]',
    async () => {
      const slug = await world.channel()
      const ear = await bob.socket()
      await join(alice, slug)
      await join(carol, slug)
      const running = await hearsCall(ear, ({ stays }) => stays.length === 2)
      await world.restart()
      ;({ alice, bob, carol, mallory } = world.people)
      const [ended] = (await page(bob, slug)).calls
      expect(ended).toMatchObject({ id: running.id, endedAt: expect.any(String) })
      const back = await join(alice, slug)
      await eventually(async () =>
        expect((await page(bob, slug)).calls).toMatchObject([
          { id: running.id, endedAt: null, stays: [{ leftAt: null }, { leftAt: ended?.endedAt }] },
        ]),
      )
      back.socket.close()
    },
    LONG,
  )
})
