import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../../../../lib/protocol/chat.ts'
import { createTimeline, type Timeline } from '../../../../../src/features/chat/timeline.ts'
import { RequestError } from '../../../../../src/platform/request-error.ts'
import { fakeWire, settled } from '../../../../support/fake-wire.ts'
import { message, messages } from '../../../../support/messages.ts'

let wire: ReturnType<typeof fakeWire>
let timeline: Timeline

beforeEach(() => {
  wire = fakeWire()
  timeline = createTimeline({ wire: wire.wire, channelSlug: 'garden' })
})
const page = async (from: number, to: number, more: { hasMore?: boolean; rev?: number } = {}) => {
  const answer = { messages: messages(from, to), hasMore: from > 1, rev: to, ...more }
  wire.next('chat.history').answer(answer)
  await settled()
}
const seqs = () => timeline.state.messages.map(({ seq }) => seq)
const texts = () => timeline.state.messages.map(({ text }) => text)

describe('news', () => {
  it('in step is shown, and what is known already is not shown twice', async () => {
    await page(1, 3)
    timeline.receive(message(4))
    timeline.receive(message(4))
    timeline.receive(message(2, { text: 'old', rev: 2 }))
    expect(texts()).toEqual(['text 1', 'text 2', 'text 3', 'text 4'])
    expect(wire.asked).toEqual([])
  })
  it('changes a message in its place', async () => {
    await page(1, 3)
    timeline.receive(message(2, { rev: 4, text: 'edited' }))
    expect(texts()).toEqual(['text 1', 'edited', 'text 3'])
  })
  it('after a gap makes the channel ask for everything since the last known revision [CHAT-7]', async () => {
    await page(1, 3)
    timeline.receive(message(6))
    expect(wire.next('chat.since')).toMatchObject({ body: { channelSlug: 'garden', since: 3 } })
  })
  it('is complete after the gap was closed, and asks once however much arrives meanwhile', async () => {
    await page(1, 3)
    for (const seq of [6, 7, 8]) timeline.receive(message(seq))
    wire.next('chat.since').answer({ messages: messages(4, 7), rev: 7, reset: false })
    await settled()
    expect(seqs()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(wire.asked).toEqual([])
    timeline.receive(message(9))
    expect(seqs()).toHaveLength(9)
  })
  it('that came while the first page was on its way is kept', async () => {
    timeline.receive(message(4))
    timeline.receive(message(3))
    await page(1, 3)
    expect(seqs()).toEqual([1, 2, 3, 4])
  })
  it('about messages that are not loaded yet waits for their page', async () => {
    await page(51, 100)
    timeline.receive(message(7, { rev: 101, text: 'edited' }))
    expect(seqs()[0]).toBe(51)
    timeline.receive(message(101, { rev: 102 }))
    expect(wire.asked).toEqual([])
  })
})

describe('after a reconnect', () => {
  it('asks nothing when nothing changed', async () => {
    await page(1, 3)
    await timeline.resumed(3)
    expect(wire.asked).toEqual([])
  })
  it('asks since the last revision and misses nothing [CHAT-17]', async () => {
    await page(1, 3)
    const resumed = timeline.resumed(6)
    const changes = [message(5), message(2, { rev: 6, text: '', deletedAt: 'x' })]
    wire.next('chat.since').answer({ messages: [message(4), ...changes], rev: 6, reset: false })
    await resumed
    expect(seqs()).toEqual([1, 2, 3, 4, 5])
    expect(timeline.state.messages[1]?.deletedAt).toBe('x')
  })
  it('starts again from the newest page when too much was missed [CHAT-12]', async () => {
    await page(1, 3)
    void timeline.resumed(900)
    wire.next('chat.since').answer({ messages: [], rev: 900, reset: true })
    await settled()
    timeline.receive(message(901))
    await page(851, 900)
    expect(seqs()).toEqual(messages(851, 901).map(({ seq }) => seq))
    expect(timeline.state.hasMore).toBe(true)
  })
  it('loads what could not be loaded before', async () => {
    wire.goOffline()
    await settled()
    expect(timeline.state.is).toBe('loading')
    wire.comeBack()
    void timeline.resumed(3)
    await page(1, 3)
    expect(timeline.state.is).toBe('ready')
  })
})

describe('older pages', () => {
  it('come in front, without doubles', async () => {
    await page(51, 100)
    void timeline.loadOlder?.()
    expect(timeline.loadOlder).toBeUndefined()
    await page(1, 51, { hasMore: false })
    expect(seqs()).toEqual(messages(1, 100).map(({ seq }) => seq))
    expect(timeline.loadOlder).toBeUndefined()
  })
  it('come one after the other until a place is reached', async () => {
    await page(201, 250)
    const reached = timeline.reach(120)
    for (const from of [151, 101]) await page(from, from + 49)
    await reached
    expect(seqs()[0]).toBe(101)
    expect(wire.asked).toEqual([])
  })
  it('can be asked for again after a failure', async () => {
    await page(51, 100)
    void timeline.loadOlder?.()
    wire.goOffline()
    await settled()
    expect(timeline.state.older).toBe('failed')
    expect(timeline.loadOlder).toBeDefined()
  })
})

it('says why the first page failed, and loads it on retry', async () => {
  wire.next('chat.history').refuse(new RequestError('internal', 'x'))
  await settled()
  expect(timeline.state).toMatchObject({ is: 'failed', because: expect.stringMatching(/server/) })
  void timeline.retry?.()
  await page(1, 2)
  expect(seqs()).toEqual([1, 2])
})

it('holds what the server holds, however news and catch-ups interleave [CHAT-17]', async () => {
  const change = fc.record({ seq: fc.nat({ max: 12 }), lost: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 40 }), async (changes) => {
      wire = fakeWire()
      timeline = createTimeline({ wire: wire.wire, channelSlug: 'garden' })
      const server = new Map<number, Message>()
      let rev = 0
      const answerSince = async () => {
        while (wire.asked.length > 0) {
          const { body, answer } = wire.next('chat.since')
          const { since } = body as { since: number }
          const news = [...server.values()].filter((one) => one.rev > since)
          answer({ messages: news.sort((a, b) => a.rev - b.rev), rev, reset: false })
          await settled()
        }
      }
      wire.next('chat.history').answer({ messages: [], hasMore: false, rev: 0 })
      await settled()
      for (const { seq, lost } of changes) {
        rev += 1
        const place = seq < server.size ? seq + 1 : server.size + 1
        server.set(place, message(place, { rev, text: `rev ${rev}` }))
        const newest = server.get(place)
        if (!lost && newest) timeline.receive(newest)
        if (seq % 3 === 0) await answerSince()
      }
      void timeline.resumed(rev)
      await answerSince()
      expect(timeline.state.messages).toEqual([...server.values()])
    }),
    { numRuns: 200 },
  )
})
