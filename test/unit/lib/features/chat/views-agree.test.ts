import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Message } from '../../../../../lib/protocol/chat.ts'
import { startTalk, type Talk, type TalkClient } from '../../../../support/talk.ts'

const PEOPLE = ['alice', 'bob', 'carol', 'mallory'] as const
const CHANNELS = ['open', 'shut'] as const
type Step = { act: string; who: number; whom: number; where: number; pick: number }

/** What a client holds of one channel, kept as the protocol tells it to. */
type View = { rev: number; messages: Map<string, Message> }

const merge = (view: View, messages: Message[]) => {
  for (const message of messages) {
    if ((view.messages.get(message.id)?.rev ?? 0) < message.rev)
      view.messages.set(message.id, message)
  }
}

/** A client that comes and goes, applies pushes in order, and asks `chat.since` when it is back. */
const createClient = (talk: Talk, userId: string) => {
  const views = new Map<string, View>()
  let connection: TalkClient | undefined
  let done = 0

  const load = async (client: TalkClient, channelSlug: string) => {
    let page = await client.ask('chat.history', { channelSlug, limit: 5 })
    const view: View = { rev: page.rev, messages: new Map() }
    merge(view, page.messages)
    while (page.hasMore) {
      const [{ seq }] = page.messages
      page = await client.ask('chat.history', { channelSlug, limit: 5, before: seq })
      merge(view, page.messages)
    }
    views.set(channelSlug, view)
  }
  const resume = async (client: TalkClient, channelSlug: string, view: View) => {
    const { messages, rev, reset } = await client.ask('chat.since', {
      channelSlug,
      since: view.rev,
    })
    if (reset) return load(client, channelSlug)
    merge(view, messages)
    view.rev = rev
  }
  const hear = async (client: TalkClient, { type, body }: TalkClient['heard'][number]) => {
    const message = body as Message
    const view = views.get(message.channelSlug)
    if (type === 'channels.gone') views.delete(message.channelSlug)
    if (type === 'channels.changed') {
      const { slug } = body as { slug: string }
      if (!views.has(slug)) await load(client, slug).catch(() => undefined)
    }
    if (type !== 'chat.message' || !view || message.rev <= view.rev) return
    expect(message.rev, `a gap in what ${userId} heard`).toBe(view.rev + 1)
    merge(view, [message])
    view.rev = message.rev
  }

  return {
    userId,
    views,
    connection: () => connection,
    everything: [] as TalkClient['heard'],
    cut() {
      connection?.close()
      this.everything.push(...(connection?.heard ?? []))
      connection = undefined
    },
    async back() {
      if (connection) return
      const client = await talk.connect(userId)
      connection = client
      done = 0
      const mine: { slug: string }[] = (await client.ask('channels.list')).channels
      for (const slug of [...views.keys()]) {
        if (!mine.some((channel) => channel.slug === slug)) views.delete(slug)
      }
      for (const { slug } of mine) {
        const view = views.get(slug)
        await (view ? resume(client, slug, view) : load(client, slug))
      }
    },
    async catchUp() {
      const client = connection
      while (client && done < client.heard.length) {
        const push = client.heard[done]
        done += 1
        if (push) await hear(client, push)
      }
    },
  }
}

/** Lets the database itself write down who was in a channel when a message changed. */
const audit = (talk: Talk) =>
  talk.database.write((sqlite) => {
    const note = 'insert into audit (what, channelId, value) values'
    for (const sql of [
      'create table audit (n integer primary key, what text, channelId integer, value text)',
      `create trigger came after insert on memberships begin ${note} ('came', new.channelId, new.userId); end`,
      `create trigger went after delete on memberships begin ${note} ('went', old.channelId, old.userId); end`,
      `create trigger said after update of lastRev on channels begin ${note} ('said', new.id, new.lastRev); end`,
    ]) {
      sqlite.prepare(sql).run()
    }
  })

/** For each change of each channel, who was in it at that moment. */
const audiences = async (talk: Talk) => {
  const inside = new Map<number, Set<string>>()
  const heardBy = new Map<string, Set<string>>()
  const rows = await talk.database.write(
    (sqlite) =>
      sqlite.prepare('select what, channelId, value from audit order by n').all() as {
        what: string
        channelId: number
        value: string
      }[],
  )
  for (const { what, channelId, value } of rows) {
    const members = inside.get(channelId) ?? new Set()
    inside.set(channelId, members)
    if (what === 'came') members.add(value)
    if (what === 'went') members.delete(value)
    if (what === 'said') heardBy.set(`${CHANNELS[channelId - 1]} ${value}`, new Set(members))
  }
  return heardBy
}

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom(
    'post',
    'post',
    'post',
    'edit',
    'delete',
    'join',
    'leave',
    'invite',
    'remove',
    'cut',
    'back',
    'back',
  ),
  who: fc.nat(3),
  whom: fc.nat(3),
  where: fc.nat(1),
  pick: fc.nat(20),
})

const play = async (batches: Step[][]) => {
  const talk = await startTalk({ postsBurst: 1_000_000 })
  await audit(talk)
  const posted: string[] = []
  const clients = PEOPLE.map((userId) => createClient(talk, userId))
  for (const client of clients) await client.back()
  const bob = (await talk.connect('bob')) as TalkClient
  await bob.ask('channels.create', { name: 'open' })
  await bob.ask('channels.create', { name: 'shut', private: true })
  for (const channelSlug of CHANNELS) {
    await bob.ask('channels.set-member', { channelSlug, userId: 'alice', role: 'moderator' })
    await bob.ask('channels.set-member', { channelSlug, userId: 'carol', role: 'moderator' })
  }
  let made = 0

  /** Does one step, by a connection that is there; refusals are part of life. */
  const act = async ({ act: what, who, whom, where, pick }: Step) => {
    const client = clients[who]
    const channelSlug = CHANNELS[where]
    const connection = client?.connection()
    if (what === 'cut') return client?.cut()
    if (what === 'back') return client?.back()
    const messageId = posted[pick % Math.max(posted.length, 1)]
    // Nobody ever asks mallory in, so she must never hear a byte of the private channel.
    const userId = PEOPLE[whom % 3]
    const requests: Record<string, [string, object]> = {
      post: ['chat.post', { clientId: `client-${++made}`, text: `${channelSlug} ${made}` }],
      edit: ['chat.edit', { messageId, text: `${channelSlug} ${made} edited` }],
      delete: ['chat.delete', { messageId }],
      join: ['channels.join', {}],
      leave: ['channels.leave', {}],
      invite: ['channels.set-member', { userId, role: pick % 2 ? 'moderator' : 'member' }],
      remove: ['channels.remove-member', { userId }],
    }
    const [type, body] = requests[what] ?? ['', {}]
    const answer = await (connection ?? bob)
      .ask(type, { channelSlug, ...body })
      .catch(() => undefined)
    if (what === 'post' && answer) posted.push(answer.id)
  }
  for (const batch of batches) {
    await Promise.all(batch.map(act))
    for (const client of clients) await client.catchUp()
  }
  for (const client of clients) {
    await client.back()
    await client.catchUp()
  }
  return { talk, clients }
}

/** Every message of the channels a person is in, as the database has them. */
const truthFor = async (talk: Talk, userId: string) => {
  const truth = new Map<string, Message[]>()
  for (const { slug } of await talk.channels.mine(userId)) {
    const { messages, reset } = await talk.chat.since(userId, { channelSlug: slug, since: 0 })
    expect(reset).toBe(false)
    truth.set(slug, messages)
  }
  return truth
}

it('every client holds what the server holds, and nobody heard a byte of a channel they were not in, whoever came and went [CHAT-17] [CHAT-7] [WS-19] [WS-20]', async () => {
  const batch = fc.array(step, { minLength: 3, maxLength: 10, size: 'max' })
  const batches = fc.array(batch, { minLength: 5, maxLength: 20, size: 'max' })
  await fc.assert(
    fc.asyncProperty(batches, async (steps) => {
      const { talk, clients } = await play(steps)
      const heardBy = await audiences(talk)
      for (const client of clients) {
        const views = [...client.views].map(([slug, { messages }]) => [
          slug,
          [...messages.values()].sort((a, b) => a.rev - b.rev),
        ])
        expect(new Map(views as [string, Message[]][])).toEqual(await truthFor(talk, client.userId))
        client.cut()
        for (const { type, body } of client.everything) {
          if (type !== 'chat.message') continue
          const { channelSlug, rev } = body as Message
          expect(heardBy.get(`${channelSlug} ${rev}`), `${client.userId} heard ${rev}`).toContain(
            client.userId,
          )
        }
        if (client.userId === 'mallory')
          expect(JSON.stringify(client.everything)).not.toContain('shut')
      }
      expect(talk.bugs).toEqual([])
      await talk.stop()
    }),
    { numRuns: 200 },
  )
}, 180_000)
