import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createCallStore } from '../../../../../src/features/call/index.ts'
import { tilesFor } from '../../../../../src/features/call/tiles.ts'
import { microphoneWords, sizeWords, stateWords } from '../../../../../src/features/call/words.ts'
import type { Devices, Wanted } from '../../../../../src/media/devices.ts'
import type {
  Call,
  CallEvents,
  CallStream,
  JoinOptions,
  Participant,
} from '../../../../../src/media/transport.ts'
import { createClock, FakeStream, FakeTrack, settle } from '../../media/fakes.ts'

const GENERAL = { slug: 'general', name: 'General' }

/** A call store over a carrier and devices that the test plays. */
const start = ({ has = ['camera', 'microphone'] }: { has?: string[] } = {}) => {
  const available = new Set(has)
  const opened: FakeTrack[] = []
  const kept = new Map<string, string>()
  const said: string[] = []
  const asked: string[] = []
  let joined: { options: JoinOptions; events: CallEvents } | undefined
  const track = (kind: string, label: string) => {
    const made = new FakeTrack(kind, label)
    opened.push(made)
    return made as unknown as MediaStreamTrack
  }
  const devices: Devices = {
    canShareScreen: true,
    open: async ({ camera, microphone }: Wanted) => ({
      ...(camera !== undefined && available.has('camera') && { camera: track('video', 'Cam') }),
      ...(microphone !== undefined &&
        available.has('microphone') && { microphone: track('audio', 'Mic') }),
      problems: {
        ...(camera !== undefined && !available.has('camera') && { camera: 'No camera.' }),
        ...(microphone !== undefined && !available.has('microphone') && { microphone: 'No mic.' }),
      },
    }),
    list: async () => ({ cameras: [], microphones: [] }),
    onChange: () => () => undefined,
    openScreen: async () =>
      new FakeStream([track('video', 'Screen') as unknown as FakeTrack]) as unknown as MediaStream,
  }
  const call: Call = {
    publishCamera: (stream) => asked.push(`camera ${stream?.getTracks().length ?? 0}`),
    publishScreen: (stream) => asked.push(`screen ${stream ? 'on' : 'off'}`),
    setMuted: (muted) => asked.push(`muted ${muted}`),
    setRecording: (on) => asked.push(`recording ${on}`),
    setCameraOn: (on) => asked.push(`camera ${on ? 'on' : 'off'}`),
    sendFile: () => asked.push('file'),
    stats: async () => ({ rttMs: 1, protocol: 'udp', upKbps: 0, downKbps: 0 }),
    retryNow: () => asked.push('retry'),
    leave: () => joined?.events.state({ is: 'ended', because: '' }),
  }
  const time = createClock()
  const store = createCallStore({
    transport: {
      join: (options, events) => {
        joined = { options, events }
        return call
      },
    },
    devices,
    speakers: { play: () => undefined, stop: () => asked.push('silence') },
    storage: {
      read: (key) => kept.get(key),
      write: (key, text) => void (text ? kept.set(key, text) : kept.delete(key)),
    },
    clock: time.clock,
    displayName: () => 'Alice',
    say: (text) => said.push(text),
  })
  const prepare = async () => {
    store.prepare(GENERAL)
    await settle()
  }
  const join = async () => {
    await prepare()
    store.join?.()
    joined?.events.state({ is: 'connected' })
  }
  return { store, prepare, join, available, opened, said, asked, time, kept, joined: () => joined }
}

beforeEach(() => vi.stubGlobal('MediaStream', FakeStream))
afterEach(() => vi.unstubAllGlobals())

describe('before the call', () => {
  it('opens camera and microphone, and joins with both', async () => {
    const { store, prepare, joined } = start()
    await prepare()
    expect(store.state).toMatchObject({ phase: 'preparing', cameraOn: true })
    store.join?.()
    expect(joined()?.options).toMatchObject({
      channelSlug: 'general',
      displayName: 'Alice',
      muted: false,
    })
    expect(joined()?.options.camera?.getTracks()).toHaveLength(2)
    expect(store.join).toBeUndefined()
  })

  it('joins to listen without any device, and says what is missing', async () => {
    const { store, prepare, joined } = start({ has: [] })
    await prepare()
    expect(store.state.problems).toEqual({ camera: 'No camera.', microphone: 'No mic.' })
    store.join?.()
    expect(joined()?.options).toMatchObject({ camera: undefined, muted: true })
  })

  it('says that there is no microphone, whether I am muted or not, and takes one that is plugged in', async () => {
    const { store, join, available, asked, said } = start({ has: ['camera'] })
    await join()
    expect(store.microphone).toBe('missing')
    store.toggleMuted?.()
    await settle()
    expect(store.microphone).toBe('missing')
    expect(said).toEqual(['No mic.'])
    available.add('microphone')
    store.toggleMuted?.()
    await settle()
    expect(store.microphone).toBe('on')
    expect(asked.slice(-1)).toEqual(['muted false'])
    store.toggleMuted?.()
    await settle()
    expect(store.microphone).toBe('muted')
  })

  it('closes the devices again when I cancel, also one that opens late', async () => {
    const { store, prepare, opened } = start()
    await prepare()
    store.close?.()
    store.prepare(GENERAL)
    store.close?.()
    await settle()
    expect(opened.map(({ readyState }) => readyState)).toEqual(['ended', 'ended', 'ended', 'ended'])
    expect(store.state.phase).toBe('idle')
  })

  it('remembers that I come without a camera', async () => {
    const { store, prepare } = start()
    await prepare()
    store.toggleCamera?.()
    store.close?.()
    await prepare()
    expect(store.state.cameraOn).toBe(false)
  })
})

describe('in the call', () => {
  it('turns the camera light off, and publishes only sound', async () => {
    const { store, join, opened, asked } = start()
    await join()
    asked.length = 0
    store.toggleCamera?.()
    await settle()
    expect(opened.find(({ kind }) => kind === 'video')?.readyState).toBe('ended')
    expect(asked).toEqual(['camera 1', 'camera off', 'muted false'])
    store.toggleCamera?.()
    await settle()
    expect(asked).toContain('camera 2')
    expect(store.state.cameraOn).toBe(true)
  })

  it('takes another microphone when mine is unplugged, and says which', async () => {
    const { join, opened, said, asked } = start()
    await join()
    const microphone = opened.find(({ kind }) => kind === 'audio')
    microphone?.onended?.()
    await settle()
    expect(said).toEqual(['Your microphone was unplugged. Now using Mic.'])
    expect(asked.at(-1)).toBe('muted false')
  })

  it('says that nobody hears me when there is no other', async () => {
    const { join, opened, said, asked, available } = start()
    await join()
    available.delete('microphone')
    opened.find(({ kind }) => kind === 'audio')?.onended?.()
    await settle()
    expect(said[0]).toContain('nobody hears you')
    expect(asked.at(-1)).toBe('muted true')
  })

  it('shares one screen when it is asked twice, and none in a call that was not meant', async () => {
    const { store, join, opened, asked, prepare } = start()
    await join()
    store.toggleScreen?.()
    store.toggleScreen?.()
    await settle()
    expect(asked.filter((one) => one === 'screen on')).toHaveLength(1)
    const live = () =>
      opened.filter(({ label, readyState }) => label === 'Screen' && readyState === 'live')
    expect(live()).toHaveLength(1)
    store.toggleScreen?.()
    expect(live()).toHaveLength(0)
    store.toggleScreen?.()
    store.leave?.()
    await prepare()
    store.join?.()
    await settle()
    expect(live()).toHaveLength(0)
    expect(store.state.sharing).toBe(false)
  })
  it('stops sharing when the browser ends the screen', async () => {
    const { store, join, opened, asked } = start()
    await join()
    store.toggleScreen?.()
    await settle()
    expect(store.state.sharing).toBe(true)
    opened.at(-1)?.onended?.()
    expect(store.state.sharing).toBe(false)
    expect(asked.at(-1)).toBe('screen off')
  })

  it('gives a listener no microphone, camera or screen', async () => {
    const { store, join, joined } = start()
    await join()
    const me = {
      id: 'a',
      userId: 'u',
      displayName: 'Alice',
      isMe: true,
      muted: true,
      cameraOn: false,
    }
    joined()?.events.participants([{ ...me, canPresent: false, canRecord: false }])
    expect(store.toggleMuted).toBeUndefined()
    expect(store.toggleCamera).toBeUndefined()
    expect(store.toggleScreen).toBeUndefined()
    expect(store.leave).toBeDefined()
  })

  it('lets go of every device when I may not present any more, and opens none when I may again', async () => {
    const { store, join, joined, opened, kept, said, asked } = start()
    await join()
    store.toggleScreen?.()
    await settle()
    const me = { id: 'a', userId: 'u', displayName: 'Alice', isMe: true, muted: false }
    const may = (canPresent: boolean) =>
      joined()?.events.participants([{ ...me, cameraOn: true, canPresent, canRecord: false }])
    may(true)
    expect(opened.some(({ readyState }) => readyState === 'ended')).toBe(false)
    may(false)
    expect(opened.every(({ readyState }) => readyState === 'ended')).toBe(true)
    expect(store.state).toMatchObject({ cameraOn: false, sharing: false, muted: true })
    expect(microphoneWords(store.microphone)).toBe('You may only listen')
    expect(asked).toContain('camera 0')
    expect([...kept]).toEqual([])
    may(true)
    expect(said.at(-1)).toMatch(/You may speak again/)
    expect(opened).toHaveLength(3)
    store.toggleMuted?.()
    await settle()
    expect(store.microphone).toBe('on')
  })

  it('is muted when a moderator asks, and keeps the request until I answer', async () => {
    const { store, join, joined } = start()
    await join()
    joined()?.events.mutedByModerator?.()
    expect(store.state).toMatchObject({ muted: true, muteAsked: true })
    store.toggleMuted?.()
    await settle()
    expect(store.state).toMatchObject({ muted: false, muteAsked: false })
    joined()?.events.mutedByModerator?.()
    expect(store.state).toMatchObject({ muted: true, muteAsked: true })
    store.stayMuted()
    expect(store.state).toMatchObject({ muted: true, muteAsked: false })
    joined()?.events.mutedByModerator?.()
    expect(store.state.muteAsked).toBe(false)
  })

  it('closes every device on leaving, and is silent', async () => {
    const { store, join, opened, asked } = start()
    await join()
    store.toggleScreen?.()
    await settle()
    store.leave?.()
    expect(opened.every(({ readyState }) => readyState === 'ended')).toBe(true)
    expect(asked).toContain('silence')
    expect(store.state).toMatchObject({ phase: 'idle', channel: undefined })
  })

  it('shows why it ended when that was not me, and lets me join again', async () => {
    const { store, join, joined } = start()
    await join()
    joined()?.events.state({ is: 'ended', because: 'The call is full.' })
    expect(store.state).toMatchObject({
      phase: 'ended',
      connection: { because: 'The call is full.' },
    })
    store.prepare(GENERAL)
    expect(store.state.phase).toBe('preparing')
  })

  it('says who offers a file', async () => {
    const { join, joined, said } = start()
    await join()
    const transfer = {
      id: 't',
      participantId: 'b',
      size: 1,
      mimeType: '',
      transferred: 0,
      because: '',
    }
    joined()?.events.transfers([
      { ...transfer, name: 'a.zip', direction: 'receiving', state: 'offered' },
    ])
    expect(said).toEqual(['Somebody offers you a file: a.zip'])
  })

  it('leaves no timer behind', async () => {
    const { store, join, time } = start()
    await join()
    store.dispose()
    expect(time.timers()).toBe(0)
  })
})

describe('the strip', () => {
  const person = (id: string, more: Partial<Participant> = {}): Participant => ({
    id,
    userId: `u-${id}`,
    displayName: id,
    isMe: false,
    muted: false,
    cameraOn: true,
    canPresent: true,
    canRecord: false,
    ...more,
  })
  const streamOf = (participantId: string, kind: CallStream['kind']): CallStream => ({
    localId: `${participantId}-${kind}`,
    participantId,
    kind,
    isMine: false,
    stream: new FakeStream([new FakeTrack('video')]) as unknown as MediaStream,
    state: 'playing',
  })

  it('shows everybody, screens above their person, me last', () => {
    const tiles = tilesFor(
      [person('me', { isMe: true }), person('bob'), person('carol')],
      [streamOf('carol', 'camera'), streamOf('carol', 'screen')],
    )
    expect(tiles.map(({ participant, kind }) => `${participant.id} ${kind}`)).toEqual([
      'bob camera',
      'carol screen',
      'carol camera',
      'me camera',
    ])
    expect(tiles.map(({ hasPicture }) => hasPicture)).toEqual([false, true, true, false])
  })

  it('keeps a tile when its person comes back as another participant, and tells two tabs apart', () => {
    const key = (...ids: string[]) =>
      tilesFor(
        ids.map((id) => person(id, { userId: 'u' })),
        [],
      ).map((tile) => tile.key)
    expect(key('old')).toEqual(key('new'))
    expect(new Set(key('tab-1', 'tab-2')).size).toBe(2)
  })

  it('shows no picture of a camera that is off', () => {
    const [tile] = tilesFor([person('bob', { cameraOn: false })], [streamOf('bob', 'camera')])
    expect(tile?.hasPicture).toBe(false)
  })
})

describe('words', () => {
  const stats = { rttMs: 24, protocol: 'udp', upKbps: 0, downKbps: 0 } as const
  it('says how the call stands', () => {
    expect(stateWords({ is: 'connected' }, stats, 0)).toBe('Connected, UDP, 24 ms')
    expect(stateWords({ is: 'connected' }, undefined, 0)).toBe('Connected')
    const lost = { is: 'reconnecting', isAnnounced: false, retryAt: 3_000 } as const
    const away = { ...lost, because: 'The call server is away' }
    expect(stateWords(away, stats, 0)).toBe('The call server is away, trying again in 3 s')
    expect(stateWords(away, stats, 3_000)).toBe('The call server is away, trying again now')
    const announced = { ...lost, because: 'Calls move: joining again', isAnnounced: true }
    expect(stateWords(announced, stats, 0)).toBe('Calls move: joining again')
  })

  it('says what the button of the microphone does, and that there is none', () => {
    expect(microphoneWords('on')).toBe('Mute')
    expect(microphoneWords('muted')).toBe('Unmute')
    expect(microphoneWords('missing')).toContain('No microphone')
  })

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_400, '1.4 kB'],
    [20_000_000, '20.0 MB'],
    [214_000_000, '214 MB'],
  ])('says %i bytes as %s', (bytes, words) => expect(sizeWords(bytes)).toBe(words))
})
