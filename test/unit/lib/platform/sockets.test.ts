import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as ws from 'ws'
import { loadConfig } from '../../../../lib/platform/config/load.ts'
import { isForged, originRule } from '../../../../lib/platform/http/origin.ts'
import { type Connection, readRequest } from '../../../../lib/platform/ws/connection.ts'
import { tokenBucket } from '../../../../lib/platform/ws/rate.ts'
import { textFrame } from '../../../../lib/platform/ws/text-frame.ts'
import { createTopics } from '../../../../lib/platform/ws/topics.ts'

type FrameReader = NodeJS.WritableStream & {
  on(event: 'message', heard: (data: Buffer) => void): void
}
/** The parser of ws itself, which its types leave out. */
const { Receiver } = ws as unknown as { Receiver: new (options: object) => FrameReader }

const received = (frame: Buffer): Promise<string> =>
  new Promise((resolve, reject) => {
    const receiver = new Receiver({ isServer: false })
    receiver.on('message', (data) => resolve(data.toString()))
    receiver.on('error', reject)
    receiver.write(frame)
  })

describe('a text frame', () => {
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])(
    'of %i bytes is read by ws as it was written',
    async (n) => {
      expect(await received(textFrame('x'.repeat(n)))).toBe('x'.repeat(n))
    },
  )
  it('carries any text', () =>
    fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
        expect(await received(textFrame(text))).toBe(text)
      }),
    ))
})

describe('a request frame', () => {
  it('is never read by throwing, and never without a usable id and type', () =>
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const read = readRequest(text)
        if ('wrong' in read) return read.wrong.length > 0
        return Number.isSafeInteger(read.id) && read.id > 0 && typeof read.type === 'string'
      }),
    ))
})

describe('a token bucket', () => {
  it('lets a burst through, then the rate', () => {
    let t = 0
    const take = tokenBucket(10, 3, () => t)
    expect([take(), take(), take(), take()]).toEqual([true, true, true, false])
    t += 100
    expect([take(), take()]).toEqual([true, false])
    t += 60_000
    expect([take(), take(), take(), take()]).toEqual([true, true, true, false])
  })
})

const connection = (userId: string, connectionId: string): Connection => ({
  caller: { userId, sessionId: `${userId}-session`, connectionId },
  write: () => undefined,
  close: () => undefined,
  end: () => undefined,
  beat: () => undefined,
})

describe('topics', () => {
  it('know the first and the last connection of a person', () => {
    const topics = createTopics()
    const [one, two] = [connection('bob', '1'), connection('bob', '2')]
    expect([topics.add(one), topics.add(two)]).toEqual([true, false])
    expect(topics.users()).toEqual(['bob'])
    expect([topics.remove(one), topics.remove(two), topics.remove(two)]).toEqual([
      false,
      true,
      false,
    ])
    expect(topics.count()).toBe(0)
  })

  it('do not give back a channel that was taken away while a connection asked for its topics', async () => {
    const topics = createTopics()
    const bob = connection('bob', '1')
    topics.add(bob)
    let answers = [['channel:1', 'channel:2'], ['channel:1']]
    await topics.fill(bob, async () => {
      const [answer = []] = answers
      answers = answers.slice(1)
      if (answers.length === 1) topics.unsubscribe('bob', 'channel:2')
      return answer
    })
    expect([...topics.listeners('channel:2')]).toEqual([])
    expect([...topics.listeners('channel:1')]).toEqual([bob])
  })

  it('forget a connection that closed while it asked', async () => {
    const topics = createTopics()
    const bob = connection('bob', '1')
    topics.add(bob)
    await topics.fill(bob, async () => {
      topics.remove(bob)
      return ['channel:1']
    })
    expect([...topics.listeners('channel:1')]).toEqual([])
  })
})

const server = (settings: Record<string, string>) =>
  originRule(loadConfig('/nowhere.toml', settings).server)

describe('the origin rule', () => {
  it('takes the page of the very host that is called, while no public address is set', () => {
    const rule = server({})
    expect(rule('http://localhost:8080', 'localhost:8080')).toBe(true)
    expect(rule('http://localhost:8081', 'localhost:8080')).toBe(false)
    expect(rule('null', 'localhost:8080')).toBe(false)
    expect(rule(undefined, 'localhost:8080')).toBe(false)
  })
  it('takes only the public address and those listed, once it is set', () => {
    const rule = server({
      PYRITE_SERVER_PUBLIC_URL: 'https://chat.example/',
      PYRITE_SERVER_ALLOWED_ORIGINS: '["https://intranet.example"]',
    })
    expect(rule('https://chat.example', 'inside:8080')).toBe(true)
    expect(rule('https://intranet.example', 'chat.example')).toBe(true)
    expect(rule('http://chat.example', 'chat.example')).toBe(false)
    expect(rule('https://evil.example', 'evil.example')).toBe(false)
    expect(rule('https://chat.example.evil.example', 'chat.example')).toBe(false)
  })
  it('asks nobody who only reads, and everybody a browser sent from elsewhere', () => {
    const rule = server({})
    const request = (method: string, headers: Record<string, string>) =>
      ({ method, headers: { host: 'h', ...headers } }) as never
    expect(isForged(request('GET', { origin: 'http://evil' }), rule)).toBe(false)
    expect(isForged(request('POST', { origin: 'http://evil' }), rule)).toBe(true)
    expect(isForged(request('POST', { origin: 'http://h' }), rule)).toBe(false)
    expect(isForged(request('POST', {}), rule)).toBe(false)
    expect(isForged(request('POST', { 'sec-fetch-site': 'cross-site' }), rule)).toBe(true)
    expect(isForged(request('POST', { 'sec-fetch-site': 'same-origin' }), rule)).toBe(false)
  })
})
