import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../../../../lib/protocol/chat.ts'
import { MAX_CHANGES, PAGE_SIZE } from '../../../../../lib/protocol/limits.ts'
import { startTalk, type Talk, type TalkClient } from '../../../../support/talk.ts'

let talk: Talk, bob: TalkClient, carol: TalkClient
beforeEach(async () => {
  talk = await startTalk()
  bob = await talk.connect('bob')
  carol = await talk.connect('carol')
  await bob.ask('channels.create', { name: 'Garden' })
  await carol.ask('channels.join', garden)
  for (const client of [bob, carol]) client.forget()
})
afterEach(async () => {
  expect(talk.bugs).toEqual([])
  await talk.stop()
})

const garden = { channelSlug: 'garden' }
let made = 0
const post = (count: number, length = 1): Promise<Message[]> =>
  Promise.all(
    Array.from({ length: count }, () =>
      bob.ask('chat.post', { ...garden, clientId: `client-${++made}`, text: 'x'.repeat(length) }),
    ),
  )
const seqs = (messages: Message[]) => messages.map(({ seq }) => seq)
const upTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, n) => first + n)

describe('chat.history', () => {
  it('goes back page by page from the newest, oldest first in each [CHAT-11]', async () => {
    await post(2 * PAGE_SIZE + 7)
    const newest = await carol.ask('chat.history', garden)
    expect([seqs(newest.messages), newest.hasMore, newest.rev]).toEqual([upTo(107, 58), true, 107])
    const middle = await carol.ask('chat.history', { ...garden, before: 58 })
    expect([seqs(middle.messages), middle.hasMore]).toEqual([upTo(57, 8), true])
    const oldest = await carol.ask('chat.history', { ...garden, before: 8 })
    expect([seqs(oldest.messages), oldest.hasMore]).toEqual([upTo(7), false])
    expect(await carol.ask('chat.history', { ...garden, before: 1 })).toMatchObject({
      messages: [],
      hasMore: false,
    })
  })

  it('says there is no more exactly at the end of a page [CHAT-11]', async () => {
    await post(PAGE_SIZE)
    expect(await carol.ask('chat.history', garden)).toMatchObject({ hasMore: false })
  })

  it('is empty where nothing was said [CHAT-11]', async () => {
    expect(await carol.ask('chat.history', garden)).toEqual({
      messages: [],
      hasMore: false,
      rev: 0,
    })
  })

  it('keeps deleted ones in their place [CHAT-11]', async () => {
    const [, second] = await post(3)
    await bob.ask('chat.delete', { ...garden, messageId: second?.id })
    const { messages, rev } = await carol.ask('chat.history', garden)
    expect(messages.map(({ text }: Message) => text)).toEqual(['x', '', 'x'])
    expect(rev).toBe(4)
  })

  it.each([{ before: 0 }, { before: 1.5 }, { before: 'x' }, { limit: 0 }, { limit: 101 }])(
    'refuses %j',
    async (body) => {
      expect(await carol.refusal('chat.history', { ...garden, ...body })).toMatchObject({
        code: 'malformed',
      })
    },
  )
})

describe('chat.since', () => {
  it('answers what changed after, in its newest state, by revision [CHAT-12]', async () => {
    const [first, second] = await post(3)
    await bob.ask('chat.edit', { ...garden, messageId: first?.id, text: 'edited' })
    await bob.ask('chat.delete', { ...garden, messageId: second?.id })
    await bob.ask('chat.edit', { ...garden, messageId: first?.id, text: 'again' })
    const { messages, rev, reset } = await carol.ask('chat.since', { ...garden, since: 2 })
    expect([rev, reset]).toEqual([6, false])
    expect(messages.map((m: Message) => [m.rev, m.seq, m.text])).toEqual([
      [3, 3, 'x'],
      [5, 2, ''],
      [6, 1, 'again'],
    ])
    expect(await carol.ask('chat.since', { ...garden, since: 6 })).toEqual({
      messages: [],
      rev: 6,
      reset: false,
    })
  })

  it('answers 500 changes, and says reset at one more [CHAT-12]', async () => {
    await post(MAX_CHANGES + 1)
    const all = await carol.ask('chat.since', { ...garden, since: 1 })
    expect([all.messages.length, all.reset]).toEqual([MAX_CHANGES, false])
    expect(await carol.ask('chat.since', { ...garden, since: 0 })).toEqual({
      messages: [],
      rev: MAX_CHANGES + 1,
      reset: true,
    })
  })

  it('says reset where the changes hold more than a million characters [CHAT-12]', async () => {
    await post(101, 10_000)
    expect(await carol.ask('chat.since', { ...garden, since: 1 })).toMatchObject({ reset: false })
    expect(await carol.ask('chat.since', { ...garden, since: 0 })).toMatchObject({
      reset: true,
      messages: [],
    })
  })

  it('says reset to a client that is ahead, as after a restored backup [CHAT-12]', async () => {
    await post(2)
    expect(await carol.ask('chat.since', { ...garden, since: 3 })).toEqual({
      messages: [],
      rev: 2,
      reset: true,
    })
  })
})

describe('chat.read', () => {
  const read = (seq: number) => carol.ask('chat.read', { ...garden, seq })

  it('moves forward only, at most to the newest message [CHAT-13]', async () => {
    await post(5)
    expect(await read(3)).toEqual({ ...garden, readSeq: 3, unread: 2 })
    expect(await read(2)).toEqual({ ...garden, readSeq: 3, unread: 2 })
    expect(await read(99)).toEqual({ ...garden, readSeq: 5, unread: 0 })
    await post(1)
    expect(await carol.ask('channels.get', garden)).toMatchObject({ readSeq: 5, unread: 1 })
  })

  it('is told to my other connections and to nobody else, once [CHAT-13]', async () => {
    const otherTab = await talk.connect('carol')
    await post(2)
    for (const client of [bob, carol, otherTab]) client.forget()
    const position = await read(2)
    await read(2)
    await read(1)
    expect(otherTab.heard).toEqual([{ type: 'chat.read', body: position }])
    expect([...bob.heard, ...carol.heard]).toEqual([])
  })

  it('goes with posting, without a push of its own [CHAT-14]', async () => {
    await post(3)
    carol.forget()
    await carol.ask('chat.post', { ...garden, clientId: 'client-mine', text: 'x' })
    expect(await carol.ask('channels.get', garden)).toMatchObject({ readSeq: 4, unread: 0 })
    expect(await bob.ask('channels.get', garden)).toMatchObject({ readSeq: 3, unread: 1 })
    expect(carol.heard.map(({ type }) => type)).toEqual(['chat.message'])
  })

  it.each([-1, 1.5, '3', null])('refuses %j', async (seq) => {
    expect(await carol.refusal('chat.read', { ...garden, seq })).toMatchObject({
      code: 'malformed',
    })
  })
})

describe('over REST', () => {
  it('messages are posted, edited, deleted and read by the same rules [WS-22]', async () => {
    const { rest } = talk
    const posted = await rest('bob', 'POST', '/garden/messages', {
      clientId: 'client-rest',
      text: 'hello',
    })
    const { id } = posted.body as Message
    expect(posted).toMatchObject({ status: 201, body: { seq: 1, text: 'hello' } })
    expect(carol.heardOf('chat.message')).toEqual([posted.body])
    expect(await rest('carol', 'GET', '/garden/messages?limit=1')).toEqual({
      status: 200,
      body: { messages: [posted.body], hasMore: false, rev: 1 },
    })
    expect(await rest('carol', 'GET', '/garden/messages?before=1')).toMatchObject({
      body: { messages: [] },
    })
    expect(await rest('bob', 'PATCH', `/garden/messages/${id}`, { text: 'hi' })).toMatchObject({
      status: 200,
      body: { text: 'hi', rev: 2 },
    })
    expect(await rest('carol', 'PATCH', `/garden/messages/${id}`, { text: 'no' })).toMatchObject({
      status: 403,
      body: { error: { code: 'chat.not-yours' } },
    })
    expect(await rest('carol', 'GET', '/garden/changes?since=1')).toMatchObject({
      body: { messages: [{ text: 'hi' }], rev: 2, reset: false },
    })
    expect(await rest('carol', 'PUT', '/garden/read', { seq: 1 })).toEqual({
      status: 200,
      body: { ...garden, readSeq: 1, unread: 0 },
    })
    expect(await rest('bob', 'DELETE', `/garden/messages/${id}`)).toMatchObject({
      status: 200,
      body: { text: '', rev: 3 },
    })
    expect(await rest('bob', 'POST', '/garden/messages')).toMatchObject({ status: 400 })
    expect(await rest('mallory', 'GET', '/garden/messages')).toMatchObject({ status: 404 })
  })
})
