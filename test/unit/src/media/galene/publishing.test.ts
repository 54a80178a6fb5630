import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeStream, settle } from '../fakes.ts'
import { start, stream } from './played-call.ts'

beforeEach(() => {
  vi.stubGlobal('MediaStream', FakeStream)
  vi.stubGlobal('RTCRtpSender', {})
})
afterEach(() => vi.unstubAllGlobals())

describe('publishing', () => {
  it('says the label with the offer, then the candidates, and never that they end', async () => {
    const { socket, peers, letIn } = start(stream('audio', 'video'))
    await letIn()
    peers[0]?.finds('one')
    peers[0]?.finds(null)
    const types = socket().sent.map(({ type }) => type)
    expect(socket().of('offer')[0]).toMatchObject({ label: 'camera', sdp: 'my offer' })
    expect(types.indexOf('ice')).toBeGreaterThan(types.indexOf('offer'))
    expect(
      socket()
        .of('ice')
        .map(({ candidate }) => candidate),
    ).toEqual([{ candidate: 'one' }])
  })

  it('keeps candidates of the server until its answer is here', async () => {
    const { socket, peers, letIn } = start(stream('audio'))
    await letIn()
    const id = socket().of('offer')[0]?.id
    socket().say({ type: 'ice', id, candidate: { candidate: 'early' } })
    expect(peers[0]?.candidates).toEqual([])
    socket().say({ type: 'answer', id, sdp: 'answer' })
    await settle()
    expect(peers[0]?.candidates).toEqual([{ candidate: 'early' }])
  })

  it('sends nothing as a listener, and begins when allowed to', async () => {
    const { socket, letIn } = start(stream('audio'))
    await letIn(['message'])
    expect(socket().of('offer')).toEqual([])
    socket().say({ type: 'joined', kind: 'change', permissions: ['present', 'message'] })
    await settle()
    expect(socket().of('offer')).toHaveLength(1)
  })

  it('replaces the stream when its kinds of tracks change, and swaps them in place when not', async () => {
    const { call, socket, peers, letIn, heard } = start(stream('audio', 'video'))
    await letIn()
    const before = heard.streams[0]?.localId
    const first = socket().of('offer')[0]?.id
    call.publishCamera(stream('audio'))
    await settle()
    expect(socket().of('offer')[1]).toMatchObject({ replace: first })
    expect(socket().of('close')).toEqual([])
    expect(peers[0]?.isClosed).toBe(true)
    call.publishCamera(stream('audio'))
    await settle()
    expect(socket().of('offer')).toHaveLength(2)
    expect(heard.streams[0]?.localId).toBe(before)
  })

  it('publishes anew with replace when the server asks to renegotiate', async () => {
    const { socket, letIn, time } = start(stream('audio'))
    await letIn()
    const id = socket().of('offer')[0]?.id
    socket().say({ type: 'renegotiate', id })
    time.pass(500)
    await settle()
    expect(socket().of('offer')[1]).toMatchObject({ replace: id })
  })

  it('asks again, after a pause, for a stream the server aborted', async () => {
    const { socket, letIn, time } = start(stream('audio'))
    await letIn()
    const id = socket().of('offer')[0]?.id
    socket().say({ type: 'abort', id })
    expect(socket().of('offer')).toHaveLength(1)
    time.pass(3_000)
    await settle()
    expect(socket().of('offer')[1]).not.toHaveProperty('replace')
  })

  it('closes on the server what I stop sending', async () => {
    const { call, socket, letIn } = start(stream('audio'))
    await letIn()
    call.publishCamera(undefined)
    expect(socket().of('close')[0]?.id).toBe(socket().of('offer')[0]?.id)
  })

  it('sends two sizes, the high one first, from three people on, and one again a while after', async () => {
    const { socket, peers, letIn, arrives, time } = start(stream('audio', 'video'))
    await letIn()
    const video = () =>
      peers.at(-1)?.senders.find(({ track }) => track?.kind === 'video')?.encodings
    expect(video()).toHaveLength(1)
    arrives('bob')
    arrives('carol')
    await settle()
    expect(video()).toMatchObject([
      { rid: 'h' },
      { rid: 'l', scaleResolutionDownBy: 2, maxBitrate: 100_000 },
    ])
    socket().say({ type: 'user', kind: 'delete', id: 'carol' })
    time.pass(10_000)
    socket().say({ type: 'pong' })
    expect(video()).toHaveLength(2)
    time.pass(6_000)
    expect(video()).toHaveLength(1)
  })

  it('never sends two sizes of a screen', async () => {
    const { call, peers, letIn, arrives } = start()
    await letIn()
    arrives('bob')
    arrives('carol')
    call.publishScreen(stream('video'))
    await settle()
    expect(peers.at(-1)?.senders[0]?.encodings).toHaveLength(1)
  })
})
