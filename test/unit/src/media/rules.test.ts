import { describe, expect, it } from 'vitest'
import { createDevices, problemSentence } from '../../../../src/media/devices.ts'
import { judge } from '../../../../src/media/galene/ending.ts'
import { parseMessage } from '../../../../src/media/galene/messages.ts'
import { levelOf } from '../../../../src/media/level.ts'
import { SpeakingMeter } from '../../../../src/media/speaking.ts'
import { FakeStream, FakeTrack } from './fakes.ts'

describe('speaking', () => {
  const loud = 0.01
  it('is heard at once, and held 700 ms after', () => {
    const meter = new SpeakingMeter()
    meter.sample('mic', 'bob', { energy: 0, seconds: 0 }, 0)
    meter.sample('mic', 'bob', { energy: loud * 0.2, seconds: 0.2 }, 200)
    expect([...meter.speakers(200)]).toEqual(['bob'])
    meter.sample('mic', 'bob', { energy: loud * 0.2, seconds: 0.4 }, 400)
    expect([...meter.speakers(900)]).toEqual(['bob'])
    expect([...meter.speakers(901)]).toEqual([])
  })

  it('is not set off by noise, nor by the first look at a long total', () => {
    const meter = new SpeakingMeter()
    meter.sample('mic', 'bob', { energy: 50, seconds: 100 }, 0)
    meter.sample('mic', 'bob', { energy: 50.000_01, seconds: 101 }, 1_000)
    expect([...meter.speakers(1_000)]).toEqual([])
  })

  it('shows silence as 0 and the loudest as 1', () => {
    expect(levelOf(new Float32Array(64))).toBe(0)
    expect(levelOf(new Float32Array(64).fill(1))).toBe(1)
    expect(levelOf(new Float32Array(64).fill(0.1))).toBeCloseTo(2 / 3)
  })
})

describe('an ending', () => {
  const words = { code: 1006, kicked: '', info: '', error: '', refused: undefined, attempt: 0 }
  it.each([1001, 1005, 1006, 1011, 1012, 1013])('with %i comes back', (code) =>
    expect(judge({ ...words, code }).comesBack).toBe(true),
  )
  it('says that the server is away once it cannot be reached', () => {
    expect(judge(words).because).toBe('The connection was lost')
    expect(judge({ ...words, attempt: 1 }).because).toBe('The call server is away')
  })
  it('by a sign-out is for good', () =>
    expect(judge({ ...words, code: 4401 })).toMatchObject({
      comesBack: false,
      error: 'signed-out',
    }))
  it('by my own fault is for good after three tries', () => {
    expect(judge({ ...words, code: 1002, attempt: 2 }).comesBack).toBe(true)
    expect(judge({ ...words, code: 1002, attempt: 3 }).comesBack).toBe(false)
  })
  it('by my own fault says what the server said, as a part of a sentence', () =>
    expect(judge({ ...words, code: 1008, error: 'Too many messages.' }).because).toBe(
      'Too many messages',
    ))
  it('by a moderator is told in the words of Pyrite, or with what Galene says', () => {
    const pyrite = 'You are banned from this channel: spam.'
    expect(judge({ ...words, code: 1000, kicked: pyrite }).because).toBe(pyrite)
    expect(judge({ ...words, code: 1000, kicked: 'enough' }).because).toBe(
      'You were removed from the call: enough',
    )
    expect(judge({ ...words, code: 1012, kicked: pyrite }).because).toBe(pyrite.slice(0, -1))
  })
  it('announced as a restart comes back, even after a "kicked"', () =>
    expect(judge({ ...words, code: 1012, kicked: 'Your role changed' })).toEqual({
      comesBack: true,
      because: 'Your role changed',
      isAnnounced: true,
    }))
})

describe('a frame', () => {
  it.each(['', '[]', 'null', '{}', '{"type":1}', '{"type":"offer","id":7}', 'no json'])(
    'like %j is no message',
    (frame) => expect(parseMessage(frame)).toBeUndefined(),
  )
  it('that is not text is no message', () =>
    expect(parseMessage(new ArrayBuffer(2))).toBeUndefined())
})

describe('devices', () => {
  const refuse = (name: string) => Promise.reject(new DOMException('', name))
  const devicesOf = (getUserMedia: (wanted: MediaStreamConstraints) => Promise<unknown>) =>
    createDevices({ getUserMedia } as unknown as MediaDevices)
  const both = { camera: '', microphone: '' }

  it('asks for both at once, so that the person is asked once', async () => {
    const asked: MediaStreamConstraints[] = []
    const opened = await devicesOf(async (wanted) => {
      asked.push(wanted)
      return new FakeStream([new FakeTrack('audio'), new FakeTrack('video')])
    }).open(both)
    expect(asked).toHaveLength(1)
    expect(opened.camera?.kind).toBe('video')
    expect(opened.microphone?.kind).toBe('audio')
    expect(opened.problems).toEqual({})
  })

  it('gives the microphone when there is no camera, and says why there is none', async () => {
    const opened = await devicesOf(({ video }) =>
      video ? refuse('NotFoundError') : Promise.resolve(new FakeStream([new FakeTrack('audio')])),
    ).open(both)
    expect(opened.microphone).toBeDefined()
    expect(opened.problems.camera).toContain('No camera was found')
    expect(opened.problems.microphone).toBeUndefined()
  })

  it('takes another device when the chosen one is gone', async () => {
    const opened = await devicesOf(({ audio }) =>
      typeof audio === 'object' && audio.deviceId
        ? refuse('OverconstrainedError')
        : Promise.resolve(new FakeStream([new FakeTrack('audio')])),
    ).open({ camera: undefined, microphone: 'old' })
    expect(opened.microphone).toBeDefined()
    expect(opened.problems).toEqual({})
  })

  it('explains a page that is not secure, without throwing', async () => {
    const { problems } = await createDevices(undefined).open(both)
    expect(problems.camera).toContain('https')
    expect(await createDevices(undefined).list()).toEqual({ cameras: [], microphones: [] })
  })

  it.each(['NotAllowedError', 'NotFoundError', 'NotReadableError', 'TypeError'])(
    'says of %s what is wrong and what helps',
    (name) => {
      const sentence = problemSentence('camera', new DOMException('', name))
      expect(sentence).toMatch(/camera/)
      expect(sentence.split('. ').length + sentence.split(', ').length).toBeGreaterThan(2)
    },
  )

  it('takes a closed picker for a change of mind, and explains anything else', async () => {
    const sharing = (name: string) =>
      createDevices({ getDisplayMedia: () => refuse(name) } as unknown as MediaDevices).openScreen()
    expect(await sharing('NotAllowedError')).toBeUndefined()
    await expect(sharing('NotReadableError')).rejects.toThrow('could not be shared')
  })
})
