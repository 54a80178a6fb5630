import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type ChatStore, createChatStore } from '../../../../../src/features/chat/store.ts'
import { fakeWire, settled } from '../../../../support/fake-wire.ts'
import { message } from '../../../../support/messages.ts'

let wire: ReturnType<typeof fakeWire>
let chat: ChatStore
const kept = new Map<string, string>()

beforeEach(() => {
  vi.useFakeTimers()
  wire = fakeWire()
  kept.clear()
  chat = createChatStore({
    wire: wire.wire,
    storage: {
      read: (key) => kept.get(key),
      write: (key, text) => void (text ? kept.set(key, text) : kept.delete(key)),
      forgetAll: () => undefined,
    },
    me: () => 'alice',
    onPosted: () => undefined,
    newId: () => 'client-id-1',
    now: () => new Date(Date.now()),
  })
})
afterEach(() => {
  chat.dispose()
  vi.useRealTimers()
})
const opened = async () => {
  const conversation = chat.conversation('garden')
  wire.next('chat.history').answer({ messages: [], hasMore: false, rev: 0 })
  await settled()
  return conversation
}
const mine = message(1, { authorId: 'alice', clientId: 'client-id-1', text: 'hi' })

it.each([
  ['the push comes first', true],
  ['the answer comes first', false],
])('shows my message once when %s', async (_, pushFirst) => {
  const { timeline, outbox } = await opened()
  outbox.send('hi')
  const { answer } = wire.next('chat.post')
  if (pushFirst) wire.push('chat.message', mine)
  answer(mine)
  await settled()
  if (!pushFirst) wire.push('chat.message', mine)
  expect(timeline.state.messages).toEqual([mine])
  expect(outbox.state.pending).toEqual([])
})

it('resumes the channels I am still in, and forgets the others', async () => {
  const { outbox } = await opened()
  chat.conversation('attic')
  wire.next('chat.history')
  outbox.send('hi')
  wire.goOffline()
  await settled()
  wire.comeBack()
  chat.resumed([{ slug: 'garden', lastRev: 4 }])
  expect(wire.asked.map(({ type }) => type)).toEqual(['chat.since', 'chat.post'])
  const again = chat.conversation('attic')
  expect(again.timeline.state.is).toBe('loading')
})

it('keeps a draft for each person and channel', () => {
  chat.keepDraft('garden', 'half a thought')
  expect(chat.draft('garden')).toBe('half a thought')
  expect(chat.draft('attic')).toBe('')
  chat.keepDraft('garden', '')
  expect(kept.size).toBe(0)
})

it('believes a typing notice for six seconds, or until the message comes [CHAT-15]', async () => {
  const typing = () => chat.typing.of('garden')
  wire.push('chat.typing', { channelSlug: 'garden', userId: 'bob' })
  wire.push('chat.typing', { channelSlug: 'garden', userId: 'alice' })
  wire.push('chat.typing', { channelSlug: 'garden', userId: 'carol' })
  expect(typing()).toEqual(['bob', 'carol'])
  wire.push('chat.message', message(1))
  expect(typing()).toEqual(['carol'])
  await vi.advanceTimersByTimeAsync(6_000)
  expect(typing()).toEqual([])
})

it('tells others that I type at most every three seconds', async () => {
  for (let key = 0; key < 20; key += 1) chat.typing.typed('garden')
  expect(wire.asked).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(2_900)
  chat.typing.typed('garden')
  expect(wire.asked).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(100)
  chat.typing.typed('garden')
  expect(wire.asked).toHaveLength(2)
})

it('tells of one key after a message as soon as the server passes it on, not three seconds later', async () => {
  chat.typing.typed('garden')
  await vi.advanceTimersByTimeAsync(300)
  chat.typing.posted('garden')
  await vi.advanceTimersByTimeAsync(400)
  chat.typing.typed('garden')
  chat.typing.typed('garden')
  expect(wire.asked).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(500)
  expect(wire.asked).toHaveLength(2)
  chat.typing.typed('garden')
  expect(wire.asked).toHaveLength(2)
})

it('tells at once of typing long after my last notice, when a message went between', async () => {
  chat.typing.typed('garden')
  await vi.advanceTimersByTimeAsync(2_000)
  chat.typing.posted('garden')
  chat.typing.typed('garden')
  expect(wire.asked).toHaveLength(2)
})

it('says no more of what I typed once it is sent', async () => {
  chat.typing.typed('garden')
  chat.typing.posted('garden')
  chat.typing.typed('garden')
  chat.typing.posted('garden')
  await vi.advanceTimersByTimeAsync(5_000)
  expect(wire.asked).toHaveLength(1)
})

it('hears nothing any more after it was disposed of', () => {
  chat.dispose()
  expect(wire.listeners()).toBe(0)
})
