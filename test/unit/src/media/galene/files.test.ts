import { describe, expect, it } from 'vitest'
import { memorySink } from '../../../../../src/media/galene/file-sink.ts'
import type { FileMessage, FileSink } from '../../../../../src/media/galene/file-transfer.ts'
import { FileTransfers } from '../../../../../src/media/galene/file-transfers.ts'
import { safeName } from '../../../../../src/media/galene/incoming-file.ts'
import type { Message } from '../../../../../src/media/galene/messages.ts'
import type { Transfer } from '../../../../../src/media/transport.ts'
import { createClock, type FakeChannel, FakePeer, settle } from '../fakes.ts'

const MiB = 1_048_576

/** One end. What it sends is kept, not delivered. */
const createEnd = (openSink: () => Promise<FileSink> = async () => memorySink()) => {
  const time = createClock()
  const sent: Message[] = []
  const peers: FakePeer[] = []
  let told: Transfer[] = []
  let ids = 0
  const files = new FileTransfers({
    clock: time.clock,
    newId: () => `file-${++ids}`,
    newPeer: () => {
      peers.push(new FakePeer())
      return peers.at(-1) as unknown as RTCPeerConnection
    },
    send: (message) => sent.push(message),
    changed: (transfers) => {
      told = transfers
    },
    openSink,
  })
  const values = () => sent.map(({ value }) => value as FileMessage)
  const hear = (value: FileMessage, source = 'bob') =>
    files.handle({ type: 'usermessage', kind: 'filetransfer', source, value })
  const list = () => {
    time.pass(100)
    return told
  }
  return { files, time, sent, values, hear, list, peers, peer: () => peers.at(-1) }
}

const invite = (more: Partial<FileMessage> = {}): FileMessage => ({
  type: 'invite',
  version: ['1'],
  id: 'f',
  name: 'a.zip',
  size: 10,
  mimetype: 'application/zip',
  ...more,
})

/** A sender whose channel is open. */
const startSending = async (size: number) => {
  const end = createEnd()
  end.files.send('bob', new File([new Uint8Array(size)], 'a.zip'))
  end.hear({ type: 'offer', version: ['1'], id: 'file-1', sdp: 'theirs' })
  await settle()
  const { FakeChannel: Channel } = await import('../fakes.ts')
  const channel: FakeChannel = new Channel()
  end.peer()?.ondatachannel?.({ channel })
  channel.open()
  return { ...end, channel }
}

/** A receiver whose channel is open. */
const startReceiving = async (size: number, openSink?: () => Promise<FileSink>) => {
  const end = createEnd(openSink)
  end.hear(invite({ size }))
  end.list()[0]?.accept?.()
  await settle()
  end.hear({ type: 'answer', id: 'f', sdp: 'theirs' })
  await settle()
  const channel = end.peer()?.channel
  if (!channel) throw new Error('no channel')
  channel.open()
  return { ...end, channel }
}

describe('sending a file', () => {
  it('invites with name and size, and lets the receiver make the offer', async () => {
    const { files, sent, values, hear, peers, list } = createEnd()
    files.send('bob', new File(['hello'], 'a.txt', { type: 'text/plain' }))
    expect(sent[0]).toMatchObject({ type: 'usermessage', kind: 'filetransfer', dest: 'bob' })
    const about = { version: ['1'], name: 'a.txt', size: 5, mimetype: 'text/plain' }
    expect(values()[0]).toEqual({ type: 'invite', id: 'file-1', ...about })
    expect(peers).toHaveLength(0)
    hear({ type: 'offer', version: ['1'], id: 'file-1', sdp: 'theirs' })
    await settle()
    expect(values()[1]).toEqual({ type: 'answer', id: 'file-1', sdp: 'answer to theirs' })
    expect(list()[0]?.state).toBe('connecting')
  })

  it('says candidates, and that they end', async () => {
    const { files, values, hear, peer } = createEnd()
    files.send('bob', new File(['hello'], 'a.txt'))
    hear({ type: 'offer', version: ['1'], id: 'file-1', sdp: 'theirs' })
    await settle()
    peer()?.finds('one')
    peer()?.finds(null)
    expect(values().filter(({ type }) => type === 'ice')).toEqual([
      { type: 'ice', id: 'file-1', candidate: { candidate: 'one' } },
      { type: 'ice', id: 'file-1', candidate: null },
    ])
  })

  it('sends pieces of at most 16 KiB, and waits while the channel is full', async () => {
    const { channel, list } = await startSending(3 * MiB)
    const bytes = () =>
      channel.sent.reduce(
        (sum, piece) => sum + (typeof piece === 'string' ? 0 : piece.byteLength),
        0,
      )
    await expect.poll(bytes).toBeGreaterThan(MiB)
    await settle()
    expect(bytes()).toBeLessThan(2 * MiB)
    expect(list()[0]).toMatchObject({ state: 'moving' })
    await expect
      .poll(() => {
        channel.drain()
        return bytes()
      })
      .toBe(3 * MiB)
    for (const piece of channel.sent)
      expect(typeof piece === 'string' ? 0 : piece.byteLength).toBeLessThanOrEqual(16_384)
    channel.onmessage?.({ data: 'done' })
    expect(list()[0]).toMatchObject({ state: 'done', transferred: 3 * MiB })
    expect(channel.readyState).toBe('closed')
  })

  it('says an empty file in one empty message, so that a receiver who waits for one is done', async () => {
    const { channel, list } = await startSending(0)
    await settle()
    expect(channel.sent).toEqual([new ArrayBuffer(0)])
    channel.onmessage?.({ data: 'done' })
    expect(list()[0]?.state).toBe('done')
  })

  it('does not believe "done" before everything was sent', async () => {
    const { channel, list } = await startSending(3 * MiB)
    channel.onmessage?.({ data: 'done' })
    expect(list()[0]?.state).toBe('failed')
  })

  it('is refused when cancelled before it began, and cancelled when after', async () => {
    const { files, hear, list } = createEnd()
    files.send('bob', new File(['hello'], 'a.txt'))
    hear({ type: 'cancel', id: 'file-1' })
    expect(list()[0]).toMatchObject({ state: 'refused', cancel: undefined })
    const moving = await startSending(3 * MiB)
    moving.hear({ type: 'cancel', id: 'file-1' })
    expect(moving.list()[0]?.state).toBe('cancelled')
    expect(moving.peer()?.isClosed).toBe(true)
  })

  it('fails, and says so, when the connection breaks or is never made', async () => {
    const broken = await startSending(3 * MiB)
    broken.peer()?.become('failed')
    expect(broken.list()[0]?.state).toBe('failed')
    expect(broken.values().at(-1)?.type).toBe('cancel')
    const slow = createEnd()
    slow.files.send('bob', new File(['hello'], 'a.txt'))
    slow.hear({ type: 'offer', version: ['1'], id: 'file-1', sdp: 'theirs' })
    await settle()
    slow.time.pass(31_000)
    expect(slow.list()[0]?.state).toBe('failed')
  })

  it('fails, and says so, when no byte leaves for half a minute', async () => {
    const { channel, list, time, values, peer } = await startSending(3 * MiB)
    await expect.poll(() => channel.sent.length).toBeGreaterThan(60)
    await settle()
    time.pass(25_000)
    channel.bufferedAmount -= 1
    time.pass(25_000)
    expect(list()[0]?.state).toBe('moving')
    time.pass(10_000)
    expect(list()[0]).toMatchObject({ state: 'failed', because: 'Nothing moved any more.' })
    expect(values().at(-1)).toMatchObject({ type: 'cancel', id: 'file-1' })
    expect(peer()?.isClosed).toBe(true)
  })

  it('gives the receiver two minutes after the last byte to say that it is done', async () => {
    const { channel, list, time } = await startSending(10)
    await expect.poll(() => channel.sent.length).toBe(1)
    await settle()
    channel.drain()
    time.pass(115_000)
    expect(list()[0]?.state).toBe('moving')
    time.pass(10_000)
    expect(list()[0]?.state).toBe('failed')
  })

  it('is cancelled, not failed, when the channel closes in the middle of sending', async () => {
    const { channel, list, hear, time } = await startSending(3 * MiB)
    await expect.poll(() => channel.sent.length).toBeGreaterThan(60)
    channel.close()
    await settle()
    time.pass(1_000)
    hear({ type: 'cancel', id: 'file-1' })
    expect(list()[0]?.state).toBe('cancelled')
  })

  it('fails when the receiver leaves before it moves', () => {
    const { files, list } = createEnd()
    files.send('bob', new File(['hello'], 'a.txt'))
    files.left('bob')
    expect(list()[0]).toMatchObject({ state: 'failed', because: 'They left the call.' })
  })
})

describe('receiving a file', () => {
  it('is cancelled, not failed, when the channel closes before the word arrives', async () => {
    const { channel, list, hear } = await startReceiving(10)
    channel.close()
    hear({ type: 'cancel', id: 'f' })
    expect(list()[0]?.state).toBe('cancelled')
  })

  it('makes no connection before it is accepted', () => {
    const { hear, list, peers } = createEnd()
    hear(invite())
    expect(list()[0]).toMatchObject({ state: 'offered', name: 'a.zip', size: 10 })
    expect(peers).toHaveLength(0)
  })

  it('makes the channel and the offer when accepted, and waits with candidates for the answer', async () => {
    const { hear, list, values, peer } = createEnd()
    hear(invite())
    list()[0]?.accept?.()
    await settle()
    expect(values()).toEqual([{ type: 'offer', version: ['1'], id: 'f', sdp: 'my offer' }])
    hear({ type: 'ice', id: 'f', candidate: { candidate: 'early' } })
    hear({ type: 'ice', id: 'f', candidate: null })
    expect(peer()?.candidates).toEqual([])
    hear({ type: 'answer', id: 'f', sdp: 'theirs' })
    await settle()
    expect(peer()?.candidates).toEqual([{ candidate: 'early' }])
  })

  it('writes what comes in order, says "done" at the announced size, and keeps the file', async () => {
    const { channel, list } = await startReceiving(6)
    channel.onmessage?.({ data: new Uint8Array([1, 2, 3]).buffer })
    channel.onmessage?.({ data: new Uint8Array([4, 5, 6]).buffer })
    await settle()
    expect(channel.sent).toEqual(['done'])
    const [transfer] = list()
    expect(transfer?.state).toBe('done')
    const bytes = new Uint8Array((await transfer?.blob?.arrayBuffer()) ?? new ArrayBuffer(0))
    expect([...bytes]).toEqual([1, 2, 3, 4, 5, 6])
    expect(transfer?.blob?.type).toBe('application/octet-stream')
  })

  it('is done at once with an empty file', async () => {
    const { channel, list } = await startReceiving(0)
    await settle()
    expect(channel.sent).toEqual(['done'])
    expect(list()[0]?.state).toBe('done')
  })

  it('fails when more comes than was announced', async () => {
    const { channel, list, values } = await startReceiving(2)
    channel.onmessage?.({ data: new ArrayBuffer(3) })
    expect(list()[0]?.state).toBe('failed')
    expect(values().at(-1)?.type).toBe('cancel')
  })

  it('fails when the sender hangs up early, and throws away what came', async () => {
    const discarded: string[] = []
    const sink: FileSink = {
      write: async () => undefined,
      close: async () => undefined,
      abort: async () => {
        discarded.push('all')
      },
    }
    const { channel, list, time } = await startReceiving(10, async () => sink)
    channel.onmessage?.({ data: new ArrayBuffer(3) })
    channel.close()
    expect(list()[0]?.state).toBe('moving')
    time.pass(2_000)
    expect(list()[0]?.state).toBe('failed')
    expect(discarded).toEqual(['all'])
  })

  it('fails, and tells the sender, when nothing comes for half a minute', async () => {
    const { channel, list, values, time } = await startReceiving(10)
    channel.onmessage?.({ data: new ArrayBuffer(3) })
    await settle()
    time.pass(25_000)
    expect(list()[0]?.state).toBe('moving')
    channel.onmessage?.({ data: new ArrayBuffer(3) })
    await settle()
    time.pass(25_000)
    expect(list()[0]?.state).toBe('moving')
    time.pass(10_000)
    expect(list()[0]).toMatchObject({ state: 'failed', because: 'Nothing moved any more.' })
    expect(values().at(-1)).toMatchObject({ type: 'cancel', id: 'f' })
  })

  it('waits for a slow disk once everything is here', async () => {
    const written: (() => void)[] = []
    const sink: FileSink = {
      write: () => new Promise((done) => written.push(done)),
      close: async () => undefined,
      abort: async () => undefined,
    }
    const { channel, list, time } = await startReceiving(10, async () => sink)
    channel.onmessage?.({ data: new ArrayBuffer(10) })
    await settle()
    time.pass(300_000)
    expect(list()[0]?.state).toBe('moving')
    for (const done of written) done()
    await settle()
    expect(list()[0]?.state).toBe('done')
  })

  it('leaves no timer behind when it is over', async () => {
    const { channel, time, list } = await startReceiving(1)
    channel.onmessage?.({ data: new ArrayBuffer(1) })
    await settle()
    expect(list()[0]?.state).toBe('done')
    time.pass(2_000)
    expect(time.timers()).toBe(0)
  })

  it('stays on offer when the person changes their mind about where to save', async () => {
    const { hear, list } = createEnd(() => Promise.reject(new DOMException('', 'AbortError')))
    hear(invite())
    list()[0]?.accept?.()
    await settle()
    expect(list()[0]).toMatchObject({ state: 'offered' })
    expect(list()[0]?.accept).toBeDefined()
  })

  it('tells the sender of a refusal', () => {
    const { hear, list, values } = createEnd()
    hear(invite())
    list()[0]?.refuse?.()
    expect(values()).toEqual([{ type: 'cancel', id: 'f' }])
    expect(list()[0]?.state).toBe('refused')
  })

  it('takes no offer of another protocol, without a true size, twice, or from nobody', () => {
    const { files, hear, list, values } = createEnd()
    hear(invite({ id: 'a', version: ['2'] }))
    hear(invite({ id: 'b', size: -1 }))
    hear(invite({ id: 'c', size: 1.5 }))
    files.handle({ type: 'usermessage', kind: 'filetransfer', value: invite({ id: 'd' }) })
    expect(list()).toEqual([])
    hear(invite({ id: 'e' }))
    hear(invite({ id: 'e' }))
    expect(list()).toHaveLength(1)
    expect(values().map(({ type, id }) => `${type} ${id}`)).toEqual([
      'cancel a',
      'cancel b',
      'cancel c',
      'cancel e',
    ])
  })

  it('holds no more than ten open offers of one participant', () => {
    const { hear, list } = createEnd()
    for (let i = 0; i < 15; i += 1) hear(invite({ id: `f${i}` }))
    expect(list()).toHaveLength(10)
  })

  it('ignores what another participant says about a file that is not theirs', () => {
    const { hear, list } = createEnd()
    hear(invite())
    hear({ type: 'cancel', id: 'f' }, 'mallory')
    expect(list()[0]?.state).toBe('offered')
  })
})

describe('a file name', () => {
  it.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\Windows\\x.dll', 'x.dll'],
    ['photo\u202Egpj.exe', 'photogpj.exe'],
    ['...', 'file'],
    ['', 'file'],
    [42, 'file'],
    ['a\u0000b.txt', 'ab.txt'],
  ])('%j is saved as %j', (name, saved) => expect(safeName(name)).toBe(saved))
})
