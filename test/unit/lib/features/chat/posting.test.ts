import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Message } from '../../../../../lib/protocol/chat.ts'
import { MAX_MESSAGE_LENGTH } from '../../../../../lib/protocol/limits.ts'
import { startTalk, type Talk, type TalkClient } from '../../../../support/talk.ts'

let talk: Talk, alice: TalkClient, bob: TalkClient, carol: TalkClient, mallory: TalkClient
beforeEach(async () => {
  talk = await startTalk({ postsPerSecond: 10, postsBurst: 200 })
  alice = await talk.connect('alice')
  bob = await talk.connect('bob')
  carol = await talk.connect('carol')
  mallory = await talk.connect('mallory')
  await bob.ask('channels.create', { name: 'Garden', private: true })
  await bob.ask('channels.set-member', { channelSlug: 'garden', userId: 'carol' })
  for (const client of [alice, bob, carol, mallory]) client.forget()
})
afterEach(async () => {
  expect(talk.bugs).toEqual([])
  await talk.stop()
})

const garden = { channelSlug: 'garden' }
let made = 0
const message = (text: string) => ({ ...garden, clientId: `client-${++made}`, text })
const stored = () => talk.db.selectFrom('messages').selectAll().orderBy('seq').execute()

describe('chat.post', () => {
  it('stores the message, answers with it, and tells everybody in the channel, its author too [CHAT-1]', async () => {
    const wanted = message('hello')
    const posted: Message = await bob.ask('chat.post', wanted)
    expect(posted).toEqual({
      id: expect.any(String),
      channelSlug: 'garden',
      seq: 1,
      rev: 1,
      authorId: 'bob',
      clientId: wanted.clientId,
      kind: 'text',
      text: 'hello',
      postedAt: talk.now().toISOString(),
      editedAt: null,
      deletedAt: null,
    })
    const { channelSlug, ...row } = posted
    expect(await stored()).toEqual([{ ...row, channelId: 1 }])
    const push = [{ type: 'chat.message', body: posted }]
    expect([bob.heard, carol.heard, alice.heard, mallory.heard]).toEqual([push, push, [], []])
    expect((await carol.ask('chat.history', garden)).messages).toEqual([posted])
  })

  it('acknowledges and tells nothing that could not be stored [CHAT-1]', async () => {
    await talk.database.write((sqlite) =>
      sqlite
        .prepare(
          "create trigger full before insert on messages begin select raise(abort, 'no room'); end",
        )
        .run(),
    )
    expect(await bob.refusal('chat.post', message('lost'))).toEqual({
      code: 'internal',
      message: 'something went wrong on our side',
    })
    expect(talk.bugs.splice(0)).toHaveLength(1)
    expect([...bob.heard, ...carol.heard, ...(await stored())]).toEqual([])
    expect(await talk.chat.history('bob', { ...garden, limit: 5 })).toMatchObject({ rev: 0 })
  })

  it('refuses somebody outside the channel, admin or not, and stores nothing [CHAT-2]', async () => {
    for (const who of [mallory, alice]) {
      expect(await who.refusal('chat.post', message('let me in'))).toMatchObject({
        code: 'channels.not-found',
      })
    }
    expect([...bob.heard, ...(await stored())]).toEqual([])
  })

  it.each([
    [1, undefined],
    [MAX_MESSAGE_LENGTH, undefined],
    [MAX_MESSAGE_LENGTH + 1, 'chat.too-long'],
  ])('takes %i characters: %s [CHAT-3]', async (length, code) => {
    expect((await bob.refusal('chat.post', message('x'.repeat(length))))?.code).toBe(code)
    expect(await stored()).toHaveLength(code ? 0 : 1)
  })

  it('counts what a text field counts: UTF-16 code units [CHAT-3]', async () => {
    expect(
      await bob.refusal('chat.post', message('🌱'.repeat(MAX_MESSAGE_LENGTH / 2))),
    ).toBeUndefined()
    expect(
      await bob.refusal('chat.post', message(`${'🌱'.repeat(MAX_MESSAGE_LENGTH / 2)}x`)),
    ).toMatchObject({
      code: 'chat.too-long',
    })
  })

  it.each(['', ' ', '\n\t', '\u00a0\u3000', '\u200b\u200d', '\u202e', '/me ', '/me   \n'])(
    'refuses %j, in which there is nothing to see [CHAT-3]',
    async (text) => {
      expect(await bob.refusal('chat.post', message(text))).toMatchObject({
        code: 'malformed',
        message: expect.stringMatching(/^text: /),
      })
      expect(await stored()).toEqual([])
    },
  )

  it.each([
    ['  kept as it is \n', '  kept as it is \n'],
    ['half \ud83c of a pair', 'half \ufffd of a pair'],
    ['nul \u0000 within', 'nul \u0000 within'],
    ["'; drop table messages; --", "'; drop table messages; --"],
    ['\ufeff👩‍👩‍👧 ك \u202e', '\ufeff👩‍👩‍👧 ك \u202e'],
  ])('stores, tells and answers %j alike [CHAT-3]', async (text, kept) => {
    expect(await bob.ask('chat.post', message(text))).toMatchObject({ text: kept })
    expect(carol.heardOf('chat.message')).toMatchObject([{ text: kept }])
    expect((await carol.ask('chat.history', garden)).messages).toMatchObject([{ text: kept }])
  })

  it('lets a listener read, but neither post nor edit nor type [CHAT-4]', async () => {
    const { id } = await carol.ask('chat.post', message('as a member'))
    await bob.ask('channels.set-member', { ...garden, userId: 'carol', role: 'listener' })
    for (const client of [bob, carol]) client.forget()
    const code = 'chat.listener'
    expect(await carol.refusal('chat.post', message('x'))).toMatchObject({ code })
    expect(await carol.refusal('chat.edit', { ...garden, messageId: id, text: 'x' })).toMatchObject(
      { code },
    )
    expect(await carol.refusal('chat.typing', garden)).toMatchObject({ code })
    expect(bob.heard).toEqual([])
    expect((await carol.ask('chat.history', garden)).messages).toMatchObject([
      { text: 'as a member' },
    ])
    await bob.ask('chat.post', message('listen'))
    expect(carol.heardOf('chat.message')).toHaveLength(1)
  })

  it('a retry with the same clientId answers the first message as it is now, and tells nobody [CHAT-5]', async () => {
    const wanted = message('once')
    const first = await bob.ask('chat.post', wanted)
    carol.forget()
    expect(await bob.ask('chat.post', { ...wanted, text: 'twice' })).toEqual(first)
    const edited = await bob.ask('chat.edit', { ...garden, messageId: first.id, text: 'edited' })
    expect(await bob.ask('chat.post', wanted)).toEqual(edited)
    expect(carol.heardOf('chat.message')).toEqual([edited])
    expect(await stored()).toHaveLength(1)
    expect(await bob.ask('chat.post', message('next'))).toMatchObject({ seq: 2, rev: 3 })
  })

  it('a retry that overtakes the first answers the same message [CHAT-5]', async () => {
    const wanted = message('once')
    const answers = await Promise.all([1, 2, 3].map(() => bob.ask('chat.post', wanted)))
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
    expect(carol.heard).toHaveLength(1)
  })

  it('the same clientId of somebody else, or in another channel, is another message [CHAT-5]', async () => {
    const wanted = message('mine')
    await bob.ask('channels.create', { name: 'Other' })
    const ids = [
      await bob.ask('chat.post', wanted),
      await carol.ask('chat.post', wanted),
      await bob.ask('chat.post', { ...wanted, channelSlug: 'other' }),
    ].map(({ id }) => id)
    expect(new Set(ids).size).toBe(3)
  })

  it('numbers without a gap and tells in order, whoever posts at the same time [CHAT-6] [CHAT-7]', async () => {
    const refused = mallory.refusal('chat.post', message('no'))
    await Promise.all(
      Array.from({ length: 300 }, (_, n) =>
        (n % 2 ? bob : carol).ask('chat.post', message(`m${n}`)),
      ),
    )
    await refused
    const numbers = Array.from({ length: 300 }, (_, n) => n + 1)
    const rows = await stored()
    expect(rows.map(({ seq }) => seq)).toEqual(numbers)
    expect(rows.map(({ rev }) => rev)).toEqual(numbers)
    for (const who of [bob, carol]) {
      expect(who.heardOf('chat.message').map(({ rev }) => rev)).toEqual(numbers)
    }
  })

  it('keeps the numbers of each channel apart [CHAT-6]', async () => {
    await bob.ask('channels.create', { name: 'Other' })
    await bob.ask('chat.post', message('x'))
    expect(await bob.ask('chat.post', { ...message('y'), channelSlug: 'other' })).toMatchObject({
      seq: 1,
      rev: 1,
    })
  })

  it.each([
    ['/me waves', 'me', 'waves'],
    ['/me  waves', 'me', ' waves'],
    ['/meow', 'text', '/meow'],
    [' /me waves', 'text', ' /me waves'],
    ['/ME waves', 'text', '/ME waves'],
  ])('reads %j as kind %s with the text %j [CHAT-8]', async (typed, kind, text) => {
    expect(await bob.ask('chat.post', message(typed))).toMatchObject({ kind, text })
  })

  it('names the field that is wrong', async () => {
    for (const body of [{ clientId: 'short' }, { clientId: 'x'.repeat(65) }, { clientId: 7 }]) {
      expect(await bob.refusal('chat.post', { ...message('x'), ...body })).toMatchObject({
        code: 'malformed',
        message: expect.stringMatching(/^clientId: /),
      })
    }
    expect(await bob.refusal('chat.post', { ...garden, clientId: 'client-x' })).toMatchObject({
      message: expect.stringMatching(/^text: /),
    })
  })
})

describe('the rate', () => {
  it('is a burst and then so many a second, for posts and edits, over both doors [CHAT-16]', async () => {
    const { id } = await bob.ask('chat.post', message('first'))
    for (let n = 1; n < 200; n += 1) await bob.ask('chat.post', message('x'))
    const code = 'too-many-requests'
    expect(await bob.refusal('chat.post', message('x'))).toMatchObject({ code })
    expect(await bob.refusal('chat.edit', { ...garden, messageId: id, text: 'y' })).toMatchObject({
      code,
    })
    expect(await talk.rest('bob', 'POST', '/garden/messages', message('x'))).toMatchObject({
      status: 429,
      body: { error: { code } },
    })
    expect(await stored()).toHaveLength(200)
    expect(await carol.refusal('chat.post', message('not me'))).toBeUndefined()
    talk.advance(100)
    expect(await bob.refusal('chat.post', message('x'))).toBeUndefined()
    expect(await bob.refusal('chat.post', message('x'))).toMatchObject({ code })
  })
})

describe('chat.typing', () => {
  it('is told to the members but for the connection it came from, and stored nowhere [CHAT-15]', async () => {
    const otherTab = await talk.connect('bob')
    const write = vi.spyOn(talk.database, 'write')
    expect(await bob.ask('chat.typing', garden)).toEqual({})
    const notice = [{ type: 'chat.typing', body: { ...garden, userId: 'bob' } }]
    expect([bob.heard, otherTab.heard, carol.heard, mallory.heard]).toEqual([
      [],
      notice,
      notice,
      [],
    ])
    expect(write).not.toHaveBeenCalled()
  })

  it('is told at most once a second for each person and channel [CHAT-15]', async () => {
    await bob.ask('channels.create', { name: 'Other' })
    await bob.ask('channels.set-member', { channelSlug: 'other', userId: 'carol' })
    carol.forget()
    for (let n = 0; n < 5; n += 1) await bob.ask('chat.typing', garden)
    expect(carol.heard).toHaveLength(1)
    await bob.ask('chat.typing', { channelSlug: 'other' })
    expect(carol.heard).toHaveLength(2)
    talk.advance(1_000)
    await bob.ask('chat.typing', garden)
    expect(carol.heard).toHaveLength(3)
  })
})
