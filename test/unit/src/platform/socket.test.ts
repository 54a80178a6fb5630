import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Line } from '../../../../src/platform/connection.ts'
import { createSocket, type Socket } from '../../../../src/platform/socket.ts'

type FakeLine = Line & { sent: { id: number; type: string; body: unknown }[]; closed: number[] }

let lines: FakeLine[]
let socket: Socket
let bugs: unknown[]

const open = (): FakeLine => {
  const line: FakeLine = {
    sent: [],
    closed: [],
    onmessage: null,
    onclose: null,
    send: (text) => void line.sent.push(JSON.parse(String(text))),
    close: (code) => void line.closed.push(code ?? 1000),
  }
  lines.push(line)
  return line
}
const last = (): FakeLine => {
  const line = lines.at(-1)
  if (!line) throw new Error('no connection was opened')
  return line
}
const say = (frame: unknown, line = last()) =>
  line.onmessage?.call(line as never, { data: JSON.stringify(frame) } as MessageEvent)
const hello = () => say({ type: 'hello', body: { heartbeatSeconds: 20 } })
const cut = (code = 1006) => last().onclose?.call(last() as never, { code } as CloseEvent)
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error) => error.code,
  )

beforeEach(() => {
  vi.useFakeTimers()
  lines = []
  bugs = []
  const backoff = { next: () => 1_000, reset: vi.fn() }
  socket = createSocket({ open, backoff, now: Date.now, onBug: (bug) => bugs.push(bug) })
  socket.connect()
})
afterEach(() => {
  socket.dispose()
  vi.useRealTimers()
})

describe('requests', () => {
  it('are answered by their id, in whatever order the answers come [WS-6]', async () => {
    hello()
    const first = socket.request('a')
    const second = socket.request('b', { x: 1 })
    expect(last().sent).toEqual([
      { id: 1, type: 'a', body: {} },
      { id: 2, type: 'b', body: { x: 1 } },
    ])
    say({ id: 2, body: 'two' })
    say({ id: 1, body: 'one' })
    expect([await first, await second]).toEqual(['one', 'two'])
  })
  it('reject with the code and the suggestion of the refusal', async () => {
    hello()
    const asked = socket.request('channels.create')
    const error = { code: 'channels.slug-taken', message: 'taken', suggestion: 'garden-2' }
    say({ id: 1, error })
    await expect(asked).rejects.toMatchObject({ code: error.code, suggestion: 'garden-2' })
  })
  it('reject at once without a connection, and when it is lost before the answer', async () => {
    expect(await codeOf(socket.request('early'))).toBe('offline')
    hello()
    const asked = codeOf(socket.request('late'))
    cut()
    expect(await asked).toBe('offline')
  })
  it('take the connection for dead when no answer comes in time', async () => {
    hello()
    const asked = codeOf(socket.request('a'))
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await asked).toBe('timeout')
    expect(socket.state.is).toBe('waiting')
    expect(last().closed).toEqual([1000])
  })
})

describe('the connection', () => {
  it('is open only after hello [WS-5]', () => {
    expect(socket.state.is).toBe('connecting')
    hello()
    expect(socket.state.is).toBe('open')
  })
  it.each([1006, 1012, 1013])('comes back by itself after %i [WS-18]', async (code) => {
    hello()
    cut(code)
    expect(socket.state).toMatchObject({ is: 'waiting', retryAt: Date.now() + 1_000, tries: 1 })
    await vi.advanceTimersByTimeAsync(1_000)
    expect([lines.length, socket.state.is]).toEqual([2, 'connecting'])
    hello()
    expect(socket.state).toMatchObject({ is: 'open', tries: 0 })
  })
  it('does not come back after the session ended [WS-17]', async () => {
    hello()
    cut(4401)
    await vi.advanceTimersByTimeAsync(60_000)
    expect([lines.length, socket.state.is]).toEqual([1, 'signed-out'])
  })
  it('is tried at once when asked to, and only once', async () => {
    hello()
    cut()
    socket.retryNow?.()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(lines.length).toBe(2)
    expect(socket.retryNow).toBeUndefined()
  })
  it('asks for a sign of life, and is dropped without one [WS-15]', async () => {
    hello()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(last().sent).toEqual([{ id: 1, type: 'ping', body: {} }])
    say({ id: 1, body: {} })
    await vi.advanceTimersByTimeAsync(19_000)
    expect(socket.state.is).toBe('open')
    await vi.advanceTimersByTimeAsync(11_000)
    expect(socket.state.is).toBe('waiting')
  })
  it('leaves no timer and no connection behind', async () => {
    hello()
    socket.dispose()
    socket.dispose()
    expect(last().closed).toEqual([1000])
    await vi.advanceTimersByTimeAsync(120_000)
    expect([lines.length, vi.getTimerCount()]).toEqual([1, 0])
  })
})

it('keeps the news from nobody because of one listener’s bug', () => {
  const heard = vi.fn()
  socket.on('channels.gone', () => {
    throw new Error('bug')
  })
  const off = socket.on('channels.gone', heard)
  say({ type: 'channels.gone', body: { channelSlug: 'garden' } })
  off()
  say({ type: 'channels.gone', body: { channelSlug: 'garden' } })
  expect(heard).toHaveBeenCalledTimes(1)
  expect(bugs).toHaveLength(2)
})

it('survives a frame that is no JSON', () => {
  last().onmessage?.call(last() as never, { data: '{' } as MessageEvent)
  expect(bugs).toHaveLength(1)
  hello()
  expect(socket.state.is).toBe('open')
})
