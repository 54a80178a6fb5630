import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Message } from '../../../../../src/media/galene/messages.ts'
import { FakeStream, FakeTrack, settle } from '../fakes.ts'
import { start } from './played-call.ts'

beforeEach(() => {
  vi.stubGlobal('MediaStream', FakeStream)
  vi.stubGlobal('RTCRtpSender', {})
})
afterEach(() => vi.unstubAllGlobals())

describe('receiving', () => {
  const offer = (id: string, more: Partial<Message> = {}): Message => ({
    type: 'offer',
    id,
    label: 'camera',
    source: 'bob',
    sdp: `offer of ${id}`,
    ...more,
  })

  it('answers every offer, later ones on the same connection and in order', async () => {
    const { socket, peers, letIn, arrives } = start()
    await letIn()
    arrives('bob')
    socket().say(offer('s1'))
    socket().say(offer('s1', { sdp: 'second' }))
    await settle()
    expect(peers).toHaveLength(1)
    expect(peers[0]?.remotes).toEqual(['offer of s1', 'second'])
    expect(
      socket()
        .of('answer')
        .map(({ sdp }) => sdp),
    ).toEqual(['answer to offer of s1', 'answer to second'])
  })

  it('aborts what it cannot take, and waits for the close', async () => {
    const { socket, peers, letIn, arrives, heard } = start()
    await letIn()
    arrives('bob')
    socket().say(offer('s1'))
    const [peer] = peers
    if (peer) peer.refuses = new Error('no')
    socket().say(offer('s1', { sdp: 'broken' }))
    await settle()
    expect(socket().of('abort').at(-1)?.id).toBe('s1')
    expect(heard.streams).toHaveLength(1)
    socket().say({ type: 'close', id: 's1' })
    expect(heard.streams).toHaveLength(0)
    expect(peers[0]?.isClosed).toBe(true)
  })

  it('keeps the place and the element of a stream that is replaced', async () => {
    const { socket, letIn, arrives, heard, peers } = start()
    await letIn()
    arrives('bob')
    socket().say(offer('s1'))
    await settle()
    const [before] = heard.streams
    socket().say(offer('s2', { replace: 's1' }))
    await settle()
    expect(heard.streams).toHaveLength(1)
    expect(heard.streams[0]?.localId).toBe(before?.localId)
    expect(heard.streams[0]?.stream).toBe(before?.stream)
    expect(peers[0]?.isClosed).toBe(true)
    expect(socket().of('abort')).toEqual([])
  })

  it('keeps the place of a stream that was ended before its successor came', async () => {
    const { socket, letIn, arrives, heard, time } = start()
    await letIn()
    arrives('bob')
    socket().say(offer('s1'))
    await settle()
    const [before] = heard.streams
    socket().say({ type: 'close', id: 's1' })
    expect(heard.streams).toEqual([])
    time.pass(2_000)
    socket().say(offer('s2'))
    await settle()
    expect(heard.streams).toHaveLength(1)
    expect(heard.streams[0]).toMatchObject({ localId: before?.localId, stream: before?.stream })
  })

  it('gives the place of an ended stream to no other person, kind, or much later stream', async () => {
    const { socket, letIn, arrives, heard, time } = start()
    await letIn()
    arrives('bob')
    arrives('carol')
    socket().say(offer('s1'))
    await settle()
    const place = heard.streams[0]?.localId
    socket().say({ type: 'close', id: 's1' })
    socket().say(offer('s2', { source: 'carol' }))
    socket().say(offer('s3', { label: 'screenshare' }))
    time.pass(11_000)
    socket().say(offer('s4'))
    await settle()
    expect(heard.streams).toHaveLength(3)
    expect(heard.streams.map(({ localId }) => localId)).not.toContain(place)
  })

  it('asks the server for a new offer when a connection fails', async () => {
    const { socket, letIn, arrives, peers } = start()
    await letIn()
    arrives('bob')
    socket().say(offer('s1'))
    await settle()
    peers[0]?.become('failed')
    expect(socket().of('renegotiate')[0]?.id).toBe('s1')
  })

  it('ignores candidates and closes of streams it does not know', async () => {
    const { socket, letIn, heard } = start()
    await letIn()
    const sent = socket().sent.length
    socket().say({ type: 'ice', id: 'gone', candidate: { candidate: 'x' } })
    socket().say({ type: 'close', id: 'gone' })
    await settle()
    expect(socket().sent).toHaveLength(sent)
    expect(heard.states.at(-1)?.is).toBe('connected')
  })

  it('repeats its request when an announced stream has not come within 2 s', async () => {
    const { socket, letIn, arrives, time } = start()
    await letIn()
    arrives('bob', { publishing: ['camera'] })
    time.pass(2_000)
    expect(socket().of('request')).toHaveLength(1)
    time.pass(1_500)
    expect(socket().of('request')).toHaveLength(2)
    socket().say(offer('s1'))
    time.pass(20_000)
    expect(socket().of('request')).toHaveLength(2)
  })

  it('asks again for a camera that came without its picture, until the picture is there', async () => {
    const { socket, peers, letIn, arrives, time } = start()
    await letIn()
    arrives('bob', { publishing: ['camera'], camera: true })
    socket().say(offer('s1'))
    await settle()
    time.pass(2_000)
    expect(socket().of('request')).toHaveLength(1)
    time.pass(1_500)
    expect(socket().of('request')).toHaveLength(2)
    peers[0]?.incoming.push(new FakeTrack('video'))
    socket().say(offer('s1', { sdp: 'with the picture' }))
    await settle()
    time.pass(20_000)
    expect(socket().of('request')).toHaveLength(2)
  })
})
