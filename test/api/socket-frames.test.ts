import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Reply } from '../../lib/protocol/envelope.ts'
import { ERROR_STATUS } from '../../lib/protocol/error-codes.ts'
import type { Client, Socket } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'

const MAX_FRAME = 4_096
let pyrite: Pyrite, bob: Client, carol: Client, socket: Socket, replies: Reply[]
beforeAll(async () => {
  pyrite = await startPyrite({
    people: ['alice', 'bob', 'carol'],
    settings: {
      socket: { max_frame_bytes: MAX_FRAME, messages_per_second: 5, messages_burst: 60 },
      channels: { creations_burst: 1_000 },
    },
  })
  bob = await pyrite.signIn('bob')
  carol = await pyrite.signIn('carol')
})
afterAll(() => pyrite.stop())
beforeEach(async () => {
  socket = await bob.socket()
  replies = []
  socket.ws.on('message', (data) => {
    const frame = JSON.parse(data.toString())
    if ('id' in frame) replies.push(frame)
  })
})
afterEach(() => socket.close())

/** Sends a frame as it is and waits for one more reply. */
const answerTo = async (frame: string): Promise<Reply | undefined> => {
  const before = replies.length
  socket.ws.send(frame)
  await eventually(() => expect(replies.length).toBeGreaterThan(before))
  return replies.at(-1)
}
const staysOpen = async () => expect(await socket.ask('ping')).toEqual({})
const malformed = (id: number) => ({
  id,
  error: { code: 'malformed', message: expect.any(String) },
})

describe('requests', () => {
  it('get exactly one reply each, with their id, however many are under way [WS-6]', async () => {
    const ids = Array.from({ length: 40 }, (_, n) => 1_000 + n)
    for (const id of ids) {
      const type = id % 3 ? 'ping' : 'chat.history'
      socket.ws.send(
        JSON.stringify({ id, type, body: { channelSlug: id % 2 ? 'general' : 'nowhere' } }),
      )
    }
    await eventually(() => expect(replies).toHaveLength(40))
    await staysOpen()
    expect(
      replies
        .map(({ id }) => id)
        .filter((id) => id >= 1_000)
        .sort(),
    ).toEqual(ids)
    for (const reply of replies) expect('body' in reply).not.toBe('error' in reply)
  })

  it('may have the largest id there is, and the same one twice [WS-6]', async () => {
    const frame = JSON.stringify({ id: Number.MAX_SAFE_INTEGER, type: 'ping' })
    expect(await answerTo(frame)).toEqual({ id: Number.MAX_SAFE_INTEGER, body: {} })
    expect(await answerTo(frame)).toEqual({ id: Number.MAX_SAFE_INTEGER, body: {} })
  })

  it.each([
    'nothing',
    '',
    'chat',
    'chat.post ',
    '__proto__',
    'constructor',
    'toString',
    'x'.repeat(3_000),
  ])('of the unknown type %.20j are malformed [WS-7]', async (type) => {
    expect(await answerTo(JSON.stringify({ id: 5, type, body: {} }))).toEqual(malformed(5))
    await staysOpen()
  })

  it.each([
    ['chat.post', undefined, ''],
    ['chat.post', null, ''],
    ['chat.post', [], 'body'],
    ['chat.post', { channelSlug: 'general' }, 'clientId'],
    ['chat.history', { channelSlug: 7 }, 'channelSlug'],
    ['chat.since', { channelSlug: 'general', since: -1 }, 'since'],
    ['channels.create', { name: {} }, 'name'],
    ['channels.set-member', { channelSlug: 'general', userId: 'x', role: 'king' }, 'role'],
  ])(
    '%s with the body %j is malformed, and the field is named [WS-8]',
    async (type, body, field) => {
      const answer = await answerTo(JSON.stringify({ id: 6, type, body }))
      expect(answer).toEqual(malformed(6))
      expect(JSON.stringify(answer)).toContain(field)
      await staysOpen()
    },
  )

  it.each([
    ['', 0],
    ['hello', 0],
    ['{"id":1', 0],
    ['[]', 0],
    ['null', 0],
    ['7', 0],
    ['{}', 0],
    ['{"type":"ping"}', 0],
    ['{"id":0,"type":"ping"}', 0],
    ['{"id":-1,"type":"ping"}', 0],
    ['{"id":1.5,"type":"ping"}', 0],
    ['{"id":"1","type":"ping"}', 0],
    ['{"id":9007199254740992,"type":"ping"}', 0],
    ['{"id":8}', 8],
    ['{"id":8,"type":7}', 8],
    ['{"id":8,"type":null}', 8],
  ])('the frame %j is answered with the id %i and malformed [WS-9]', async (frame, id) => {
    expect(await answerTo(frame)).toEqual(malformed(id))
    await staysOpen()
  })

  it('a browser may ask whether the line is alive [WS-15]', async () => {
    expect(await answerTo('{"id":3,"type":"ping"}')).toEqual({ id: 3, body: {} })
  })

  it('are refused with a listed code and a sentence [WS-16]', async () => {
    for (const [type, body] of [
      ['nothing', {}],
      ['chat.post', {}],
      ['channels.get', { channelSlug: 'nowhere' }],
      ['channels.create', { name: 'admin' }],
    ] as const) {
      const { error } = await socket.reply(type, body)
      expect(Object.keys(ERROR_STATUS)).toContain(error?.code)
      expect(error?.message.length).toBeGreaterThan(5)
    }
  })
})

describe('a connection that does not keep to it', () => {
  it('is closed with 1003 on a binary frame [WS-10]', async () => {
    socket.ws.send(Buffer.from('{"id":1,"type":"ping"}'))
    expect(await socket.closed).toMatchObject({ code: 1003 })
  })

  const ofBytes = (bytes: number) => {
    const frame = JSON.stringify({ id: 4, type: 'ping', body: '' })
    return frame.replace('""', `"${'x'.repeat(bytes - frame.length)}"`)
  }

  it('is read at the largest size, and closed with 1009 at one byte more [WS-11]', async () => {
    expect(await answerTo(ofBytes(MAX_FRAME))).toEqual({ id: 4, body: {} })
    socket.ws.send(ofBytes(MAX_FRAME + 1))
    expect(await socket.closed).toMatchObject({ code: 1009 })
  })

  it('is closed with 1009 when the pieces of a frame are too large together [WS-11]', async () => {
    const piece = 'x'.repeat(MAX_FRAME - 10)
    socket.ws.send(piece, { fin: false })
    socket.ws.send(piece, { fin: true })
    expect(await socket.closed).toMatchObject({ code: 1009 })
  })

  it('is told so beyond the rate, and closed with 1008 when it goes on; others notice nothing [WS-12]', async () => {
    const other = await carol.socket()
    const isOpen = () => socket.ws.readyState === socket.ws.OPEN
    const name = (n: number) => ({ name: `Flood ${n}`, private: true })
    for (let n = 0; n < 300 && isOpen(); n += 1) {
      socket.ws.send(JSON.stringify({ id: n + 1, type: 'channels.create', body: name(n) }))
    }
    expect(await socket.closed).toMatchObject({ code: 1008 })
    expect(await other.ask('ping')).toEqual({})
    const refusals = replies.filter((reply) => 'error' in reply)
    expect(new Set(refusals.map((reply) => 'error' in reply && reply.error.code))).toEqual(
      new Set(['too-many-requests']),
    )
    expect(refusals.length).toBeLessThanOrEqual(12)
    const { body } = await bob.send('GET', '/api/channels')
    const { channels } = body as { channels: { name: string }[] }
    expect(channels.filter(({ name: n }) => n.startsWith('Flood')).length).toBeLessThanOrEqual(62)
    other.close()
  })

  it('is closed with 1008 when it sends one malformed frame after the other [WS-12]', async () => {
    for (let n = 0; n < 12; n += 1) socket.ws.send('nonsense')
    expect(await socket.closed).toMatchObject({ code: 1008 })
    expect(replies.length).toBeGreaterThanOrEqual(10)
  })
})
