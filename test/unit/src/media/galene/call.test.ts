import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeStream, settle } from '../fakes.ts'
import { start, stream } from './played-call.ts'

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
      isAnnounced: true,
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

  it('says what the server announced, and counts down only when that does not come true', async () => {
    const { socket, letIn, heard, time } = start()
    await letIn()
    const value = 'Calls move to another call server: joining again.'
    socket().say({ type: 'usermessage', kind: 'info', privileged: true, value })
    socket().drop(1012)
    expect(heard.states.at(-1)).toMatchObject({ because: value.slice(0, -1), isAnnounced: true })
    time.pass(500)
    socket().drop(1006)
    const away = { because: 'The call server is away', isAnnounced: false }
    expect(heard.states.at(-1)).toMatchObject(away)
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
