import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../../../../lib/protocol/chat.ts'
import { startTalk, type Talk, type TalkClient } from '../../../../support/talk.ts'

let talk: Talk, alice: TalkClient, bob: TalkClient, carol: TalkClient, mallory: TalkClient
let first: Message
beforeEach(async () => {
  talk = await startTalk()
  alice = await talk.connect('alice')
  bob = await talk.connect('bob')
  carol = await talk.connect('carol')
  mallory = await talk.connect('mallory')
  await bob.ask('channels.create', { name: 'Garden', private: true })
  await bob.ask('channels.set-member', { channelSlug: 'garden', userId: 'carol' })
  first = await carol.ask('chat.post', { ...garden, clientId: 'client-1', text: 'frist' })
  await bob.ask('chat.post', { ...garden, clientId: 'client-2', text: 'second' })
  talk.advance(60_000)
  for (const client of [alice, bob, carol, mallory]) client.forget()
})
afterEach(async () => {
  expect(talk.bugs).toEqual([])
  await talk.stop()
})

const garden = { channelSlug: 'garden' }
const edit = (text: string, messageId = first.id) => ({ ...garden, messageId, text })
const history = async () => (await bob.ask('chat.history', garden)).messages as Message[]

describe('chat.edit', () => {
  it('keeps the place, raises the revision, and is told to everybody in the channel [CHAT-9]', async () => {
    const edited = await carol.ask('chat.edit', edit('first'))
    expect(edited).toEqual({ ...first, text: 'first', rev: 3, editedAt: talk.now().toISOString() })
    const push = [{ type: 'chat.message', body: edited }]
    expect([bob.heard, carol.heard, mallory.heard]).toEqual([push, push, []])
    expect((await history())[0]).toEqual(edited)
  })

  it('is for the author alone, moderators and admins included [CHAT-9]', async () => {
    await bob.ask('channels.set-member', { ...garden, userId: 'alice' })
    for (const who of [bob, alice]) {
      expect(await who.refusal('chat.edit', edit('mine now'))).toMatchObject({
        code: 'chat.not-yours',
      })
    }
    expect((await history())[0]).toEqual(first)
    expect(carol.heardOf('chat.message')).toEqual([])
  })

  it('of a deleted or unknown message, or one of another channel: not-found [CHAT-9]', async () => {
    await carol.ask('channels.create', { name: 'Other' })
    await carol.ask('chat.delete', { ...garden, messageId: first.id })
    const code = 'not-found'
    expect(await carol.refusal('chat.edit', edit('back'))).toMatchObject({ code })
    expect(await carol.refusal('chat.edit', edit('x', 'nothing'))).toMatchObject({ code })
    expect(await carol.refusal('chat.edit', { ...edit('x'), channelSlug: 'other' })).toMatchObject({
      code,
    })
    expect((await history())[0]).toMatchObject({ text: '' })
  })

  it('is read like a post: /me makes it an act, and without it is plain text again [CHAT-8]', async () => {
    expect(await carol.ask('chat.edit', edit('/me waves'))).toMatchObject({
      kind: 'me',
      text: 'waves',
    })
    expect(await carol.ask('chat.edit', edit('bows'))).toMatchObject({ kind: 'text', text: 'bows' })
  })

  it('has the limits of a post [CHAT-3]', async () => {
    expect(await carol.refusal('chat.edit', edit('x'.repeat(10_001)))).toMatchObject({
      code: 'chat.too-long',
    })
    expect(await carol.refusal('chat.edit', edit(' '))).toMatchObject({ code: 'malformed' })
    expect(await carol.refusal('chat.edit', edit(''))).toMatchObject({ code: 'malformed' })
  })

  it('tells nothing to somebody who has left, though the message was theirs [CHAT-2]', async () => {
    await carol.ask('channels.leave', garden)
    expect(await carol.refusal('chat.edit', edit('x'))).toMatchObject({
      code: 'channels.not-found',
    })
    expect(await carol.refusal('chat.delete', edit('x'))).toMatchObject({
      code: 'channels.not-found',
    })
  })
})

describe('chat.delete', () => {
  it('empties the message, keeps its place, and is told to everybody in the channel [CHAT-10]', async () => {
    const gone = await carol.ask('chat.delete', { ...garden, messageId: first.id })
    expect(gone).toEqual({ ...first, text: '', rev: 3, deletedAt: talk.now().toISOString() })
    expect([bob.heard, carol.heard]).toEqual([
      [{ type: 'chat.message', body: gone }],
      [{ type: 'chat.message', body: gone }],
    ])
    expect((await history()).map(({ seq, text }) => [seq, text])).toEqual([
      [1, ''],
      [2, 'second'],
    ])
    const rows = await talk.db.selectFrom('messages').select('text').execute()
    expect(rows).not.toContainEqual({ text: 'frist' })
  })

  it('may be done by moderators, and by admins who are in the channel; by nobody else [CHAT-10]', async () => {
    const [, second] = await history()
    expect(await carol.refusal('chat.delete', { ...garden, messageId: second?.id })).toMatchObject({
      code: 'chat.not-yours',
    })
    expect(await alice.refusal('chat.delete', { ...garden, messageId: second?.id })).toMatchObject({
      code: 'channels.not-found',
    })
    await bob.ask('channels.set-member', { ...garden, userId: 'alice', role: 'listener' })
    await alice.ask('chat.delete', { ...garden, messageId: second?.id })
    await bob.ask('chat.delete', { ...garden, messageId: first.id })
    expect((await history()).map(({ text }) => text)).toEqual(['', ''])
  })

  it('again changes nothing, and tells nobody [CHAT-10]', async () => {
    const gone = await carol.ask('chat.delete', { ...garden, messageId: first.id })
    bob.forget()
    talk.advance(1_000)
    expect(await carol.ask('chat.delete', { ...garden, messageId: first.id })).toEqual(gone)
    expect(bob.heard).toEqual([])
    expect(await carol.refusal('chat.delete', { ...garden, messageId: 'nothing' })).toMatchObject({
      code: 'not-found',
    })
  })

  it('edits and deletions at the same time get revisions without a gap, told in order [CHAT-6] [CHAT-7]', async () => {
    await Promise.all([
      ...Array.from({ length: 20 }, (_, n) => carol.ask('chat.edit', edit(`edit ${n}`))),
      carol.ask('chat.delete', { ...garden, messageId: first.id }),
      ...Array.from({ length: 20 }, (_, n) =>
        bob.ask('chat.post', { ...garden, clientId: `client-x${n}`, text: 'x' }),
      ),
    ])
    const revs = bob.heardOf('chat.message').map(({ rev }) => rev)
    expect(revs).toEqual(Array.from({ length: 41 }, (_, n) => n + 3))
  })
})
