import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GaleneCall } from '../../../../../src/media/galene/call.ts'
import { memorySink } from '../../../../../src/media/galene/file-sink.ts'
import type { Message } from '../../../../../src/media/galene/messages.ts'
import {
  createClock,
  createEar,
  FakePeer,
  FakeSocket,
  FakeStream,
  FakeTrack,
  settle,
} from '../fakes.ts'

const stream = (...kinds: string[]) =>
  new FakeStream(kinds.map((kind) => new FakeTrack(kind))) as unknown as MediaStream

const start = (camera?: MediaStream) => {
  const time = createClock()
  const sockets: FakeSocket[] = []
  const peers: FakePeer[] = []
  const { heard, events } = createEar()
  let ids = 0
  const call = new GaleneCall(
    {
      clock: time.clock,
      random: () => 1,
      newId: () => `id-${++ids}`,
      openSocket: () => {
        sockets.push(new FakeSocket())
        return sockets.at(-1) as unknown as WebSocket
      },
      newPeer: () => {
        peers.push(new FakePeer())
        return peers.at(-1) as unknown as RTCPeerConnection
      },
      openSink: async () => memorySink(),
      canSimulcast: true,
    },
    { channelSlug: 'general', displayName: 'Alice', camera, muted: false },
    events,
  )
  const socket = (): FakeSocket => sockets.at(-1) ?? new FakeSocket()
  const greet = () => {
    socket().open()
    socket().say({ type: 'handshake', version: ['2'] })
  }
  const ownId = () => socket().of('handshake')[0]?.id ?? ''
  const letIn = async (permissions = ['present', 'message']) => {
    greet()
    const about = { group: 'general', username: 'alice', permissions }
    socket().say({ type: 'joined', kind: 'join', ...about, rtcConfiguration: {} })
    socket().say({ type: 'user', kind: 'add', id: ownId(), username: 'alice', permissions })
    await settle()
  }
  const arrives = (id: string, data: Record<string, unknown> = {}) =>
    socket().say({ type: 'user', kind: 'add', id, username: id, permissions: ['present'], data })
  return { call, time, sockets, socket, peers, heard, greet, letIn, ownId, arrives }
}

beforeEach(() => {
  vi.stubGlobal('MediaStream', FakeStream)
  vi.stubGlobal('RTCRtpSender', {})
})
afterEach(() => vi.unstubAllGlobals())

describe('joining', () => {
  it('greets first, joins when greeted, and asks for streams only once let in', async () => {
    const { socket, greet, letIn } = start()
    expect(socket().sent).toEqual([])
    greet()
    expect(socket().sent.map(({ type }) => type)).toEqual(['handshake', 'join'])
    expect(socket().of('join')[0]).toMatchObject({ kind: 'join', group: 'general' })
    expect(socket().of('join')[0]).not.toHaveProperty('username')
    await letIn()
    expect(socket().of('request')[0]?.request).toEqual({ '': ['audio', 'video'] })
  })

  it('speaks as itself: its own id, and the name the server gave', async () => {
    const { socket, letIn, ownId } = start()
    await letIn()
    expect(socket().of('request')[0]).toMatchObject({ source: ownId(), username: 'alice' })
  })

  it('ends with the sentence of a refusal, and never uses that connection again', () => {
    const { socket, sockets, greet, heard, time } = start()
    greet()
    socket().say({ type: 'joined', kind: 'fail', error: 'banned', value: 'You are banned.' })
    expect(heard.states.at(-1)).toEqual({
      is: 'ended',
      because: 'You are banned.',
      error: 'banned',
    })
    expect(socket().readyState).toBe(3)
    time.pass(60_000)
    expect(sockets).toHaveLength(1)
  })

  it('tries again after a refusal that passes by itself', () => {
    const { socket, sockets, greet, heard, time } = start()
    greet()
    socket().say({ type: 'joined', kind: 'fail', value: 'group does not exist' })
    expect(heard.states.at(-1)?.is).toBe('reconnecting')
    time.pass(1_000)
    expect(sockets).toHaveLength(2)
  })

  it('answers a ping, asks when it is quiet, and gives up on silence', async () => {
    const { socket, letIn, time, heard } = start()
    await letIn()
    socket().say({ type: 'ping' })
    expect(socket().of('pong')).toHaveLength(1)
    time.pass(15_000)
    expect(socket().of('ping').length).toBeGreaterThan(0)
    time.pass(15_000)
    expect(heard.states.at(-1)?.is).not.toBe('connected')
  })
})

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

describe('coming back', () => {
  it('joins again under a new id, publishes again under the same local ids, and says why it was away', async () => {
    const { socket, sockets, letIn, ownId, heard, time } = start(stream('audio'))
    await letIn()
    const [id, local] = [ownId(), heard.streams[0]?.localId]
    socket().drop(1012)
    expect(heard.states.at(-1)).toEqual({
      is: 'reconnecting',
      because: 'The call server is restarting',
      retryAt: time.clock.now() + 500,
    })
    expect(heard.streams[0]).toMatchObject({ localId: local, state: 'interrupted' })
    time.pass(500)
    expect(sockets).toHaveLength(2)
    await letIn()
    expect(ownId()).not.toBe(id)
    expect(socket().of('offer')[0]).not.toHaveProperty('replace')
    expect(heard.streams[0]?.localId).toBe(local)
    expect(heard.states.at(-1)?.is).toBe('connected')
  })

  it('waits longer each time, and never more than 2.5 s', async () => {
    const { socket, letIn, heard, time } = start()
    await letIn()
    const waits = [1011, 1006, 1006, 1006, 1006].map((code) => {
      socket().drop(code)
      const state = heard.states.at(-1)
      const wait = state?.is === 'reconnecting' ? state.retryAt - time.clock.now() : 0
      time.pass(wait)
      return wait
    })
    expect(waits).toEqual([500, 1_000, 2_000, 2_500, 2_500])
  })

  it('takes up the streams of people who came back too, in their old places', async () => {
    const { socket, letIn, arrives, heard, time } = start()
    await letIn()
    arrives('bob-1', { call: 'bobs call', publishing: ['camera'] })
    socket().say({ type: 'offer', id: 's1', label: 'camera', source: 'bob-1', sdp: 'x' })
    await settle()
    const local = heard.streams[0]?.localId
    socket().drop(1012)
    expect(heard.participants.map(({ id }) => id)).toContain('bob-1')
    time.pass(500)
    await letIn()
    arrives('bob-2', { call: 'bobs call', publishing: ['camera'] })
    socket().say({ type: 'offer', id: 's9', label: 'camera', source: 'bob-2', sdp: 'x' })
    await settle()
    expect(heard.streams).toMatchObject([{ localId: local, participantId: 'bob-2' }])
  })

  it('forgets what did not come back', async () => {
    const { socket, letIn, arrives, heard, time } = start()
    await letIn()
    arrives('bob')
    socket().say({ type: 'offer', id: 's1', label: 'camera', source: 'bob', sdp: 'x' })
    await settle()
    socket().drop(1006)
    time.pass(500)
    await letIn()
    expect(heard.streams).toMatchObject([{ state: 'interrupted' }])
    time.pass(6_000)
    expect(heard.streams).toEqual([])
  })

  it('tries at once when asked to', async () => {
    const { call, socket, sockets, letIn } = start()
    await letIn()
    socket().drop(1006)
    call.retryNow()
    expect(sockets).toHaveLength(2)
  })

  it('shows a person once while their lost connection lingers on the server', async () => {
    const { letIn, arrives, heard } = start()
    await letIn()
    arrives('bob-2', { call: 'bobs call', attempt: 2, userId: 'u-bob' })
    arrives('bob-1', { call: 'bobs call', attempt: 1, userId: 'u-bob' })
    expect(heard.participants.filter(({ userId }) => userId === 'u-bob')).toMatchObject([
      { id: 'bob-2' },
    ])
  })
})

describe('ending', () => {
  it('stops every track and closes everything on leaving, and leaves no timer', async () => {
    const camera = stream('audio', 'video')
    const { call, socket, peers, letIn, heard, time } = start(camera)
    await letIn()
    call.leave()
    call.leave()
    expect(camera.getTracks().map(({ readyState }) => readyState)).toEqual(['ended', 'ended'])
    expect(peers.every(({ isClosed }) => isClosed)).toBe(true)
    expect(socket().readyState).toBe(3)
    expect(socket().of('join')).toHaveLength(1)
    expect(heard.states.filter(({ is }) => is === 'ended')).toEqual([{ is: 'ended', because: '' }])
    expect(time.timers()).toBe(0)
  })

  it('does not come back after being removed, and says what was said', async () => {
    const { socket, sockets, letIn, heard, time } = start()
    await letIn()
    socket().say({ type: 'usermessage', kind: 'kicked', privileged: true, value: 'enough' })
    socket().drop(1000)
    expect(heard.states.at(-1)).toMatchObject({ is: 'ended', error: 'kicked' })
    time.pass(60_000)
    expect(sockets).toHaveLength(1)
  })

  it('says an error once: as a notice, or as why the connection ended', async () => {
    const { socket, letIn, heard, time } = start()
    await letIn()
    const error = { type: 'usermessage', kind: 'error', privileged: true } as const
    socket().say({ ...error, value: 'One stream is missing.' })
    time.pass(300)
    expect(heard.notices).toEqual(['One stream is missing.'])
    socket().say({ ...error, value: 'The call server does not answer.' })
    socket().drop(1013)
    time.pass(300)
    expect(heard.notices).toHaveLength(1)
    expect(heard.states.at(-1)).toMatchObject({ because: 'The call server is away' })
  })

  it('believes a removal, a warning and a mute only from the server or an operator', async () => {
    const { socket, letIn, heard } = start(stream('audio'))
    await letIn()
    const [mine] = heard.streams
    socket().say({ type: 'usermessage', kind: 'kicked', source: 'mallory', value: 'bye' })
    socket().say({ type: 'usermessage', kind: 'mute', source: 'mallory', value: 'shh' })
    socket().say({ type: 'usermessage', kind: 'error', source: 'mallory', value: 'boo' })
    expect(heard.notices).toEqual([])
    expect(mine?.stream.getAudioTracks()[0]?.enabled).toBe(true)
    socket().drop(1006)
    expect(heard.states.at(-1)?.is).toBe('reconnecting')
  })
})

describe('telling', () => {
  it('is muted by a moderator who says nothing more, as in the stock client, and tells the others', async () => {
    const { socket, letIn, heard } = start(stream('audio'))
    await letIn()
    socket().say({ type: 'usermessage', kind: 'mute', source: 'alice', privileged: true })
    await settle()
    expect(heard.streams[0]?.stream.getAudioTracks()[0]?.enabled).toBe(false)
    expect(socket().of('useraction').at(-1)?.value).toMatchObject({ muted: true })
  })

  it('tells the others in one message what changed of me', async () => {
    const { call, socket, letIn, ownId } = start(stream('audio'))
    await letIn()
    call.setMuted(true)
    call.setCameraOn(true)
    await settle()
    expect(socket().of('useraction')).toMatchObject([
      {
        kind: 'setdata',
        dest: ownId(),
        value: { muted: true, camera: true, publishing: ['camera'] },
      },
    ])
  })

  it('mutes the track itself, also of a stream published later', async () => {
    const { call, letIn, heard } = start(stream('audio'))
    await letIn()
    call.setMuted(true)
    expect(heard.streams[0]?.stream.getAudioTracks()[0]?.enabled).toBe(false)
    const next = stream('audio', 'video')
    call.publishCamera(next)
    expect(next.getAudioTracks()[0]?.enabled).toBe(false)
  })
})
