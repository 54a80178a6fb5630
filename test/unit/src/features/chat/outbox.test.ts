import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Message } from '../../../../../lib/protocol/chat.ts'
import { createOutbox, type Outbox } from '../../../../../src/features/chat/outbox.ts'
import { RequestError } from '../../../../../src/platform/request-error.ts'
import { fakeWire, settled } from '../../../../support/fake-wire.ts'
import { message } from '../../../../support/messages.ts'

let wire: ReturnType<typeof fakeWire>
let outbox: Outbox
let posted: Message[]

beforeEach(() => {
  vi.useFakeTimers()
  wire = fakeWire()
  posted = []
  let ids = 0
  outbox = createOutbox({
    wire: wire.wire,
    channelSlug: 'garden',
    newId: () => `client-id-${++ids}`,
    now: () => new Date(0),
    onPosted: (stored) => posted.push(stored),
  })
})
afterEach(() => {
  outbox.dispose()
  vi.useRealTimers()
})
const states = () => outbox.state.pending.map(({ text, is }) => `${text}: ${is}`)

it('shows a message at once, and lets it go when it is stored', async () => {
  outbox.send('hi')
  expect(states()).toEqual(['hi: sending'])
  const { body, answer } = wire.next('chat.post')
  expect(body).toEqual({ channelSlug: 'garden', clientId: 'client-id-1', text: 'hi' })
  answer(message(1, { clientId: 'client-id-1' }))
  await settled()
  expect(states()).toEqual([])
  expect(posted).toHaveLength(1)
  expect(vi.getTimerCount()).toBe(0)
})

it('says why a message was refused, and keeps it to retry or discard', async () => {
  outbox.send('hi')
  wire.next('chat.post').refuse(new RequestError('chat.listener', 'no'))
  await settled()
  expect(states()).toEqual(['hi: failed'])
  expect(outbox.state.pending[0]?.because).toMatch(/You may read here/)
  outbox.settle('client-id-1')
  expect(states()).toEqual([])
})

it('sends again under the same id after the connection came back [CHAT-5]', async () => {
  outbox.send('hi')
  wire.goOffline()
  await settled()
  expect(states()).toEqual(['hi: sending'])
  wire.comeBack()
  outbox.resumed()
  expect(wire.next('chat.post').body).toMatchObject({ clientId: 'client-id-1' })
})

it('says not sent when the connection stays away, and goes out on retry', async () => {
  wire.goOffline()
  outbox.send('hi')
  await vi.advanceTimersByTimeAsync(8_000)
  expect(states()).toEqual(['hi: failed'])
  wire.comeBack()
  outbox.resumed()
  expect(wire.asked).toEqual([])
  outbox.retry('client-id-1')
  expect(states()).toEqual(['hi: sending'])
  wire.next('chat.post').answer(message(1))
  await settled()
  expect(states()).toEqual([])
})

it('keeps the order in which messages were written', async () => {
  for (const text of ['one', 'two', 'three']) outbox.send(text)
  wire.next('chat.post').refuse(new RequestError('too-many-requests', 'slow down'))
  await settled()
  expect(states()).toEqual(['one: failed', 'two: sending', 'three: sending'])
})
