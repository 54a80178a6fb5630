import { describe, expect, it } from 'vitest'
import {
  writeHandshake,
  writeInCall,
  writeJoin,
} from '../../../../../../lib/sfu/galene/bridge/write.ts'

const me = { clientId: 'me', username: 'bob', userId: 'id-bob', displayName: 'Bob' }
const MOST = 1_048_576
const newLive = () => ({
  streams: new Map<string, number>(),
  shown: new Map<string, number>(),
  data: {},
  isOthers: () => false,
})
const says = (value: string) =>
  writeInCall('usermessage', { kind: 'x', value }, me, newLive(), MOST)

describe('a message that grows on its way [SFU-3]', () => {
  it('is refused where it would be too large for the others, and passes where not', () => {
    expect(says('x'.repeat(900_000))).toMatch(/^\{"type":"usermessage"/)
    expect(says('<'.repeat(170_000))).toMatch(/^\{"type":"usermessage"/)
    expect(says('<'.repeat(200_000))).toEqual({ refused: expect.stringContaining('too large') })
    expect(says('\u2028'.repeat(200_000))).toEqual({
      refused: expect.stringContaining('too large'),
    })
  })
})

describe('what is repeated to everybody who comes is short [SFU-3]', () => {
  it('an id, and the label of a stream', () => {
    expect(writeHandshake({ id: 'a'.repeat(256), version: ['2'] })).toBeDefined()
    expect(writeHandshake({ id: 'a'.repeat(257), version: ['2'] })).toBeUndefined()
    const offer = { id: 'a', sdp: 'v=0', label: 'l'.repeat(257) }
    expect(writeInCall('offer', offer, me, newLive(), MOST)).toHaveProperty('refused')
    const long = { id: 'a'.repeat(257), sdp: 'v=0', label: 'camera' }
    expect(writeInCall('offer', long, me, newLive(), MOST)).toHaveProperty('refused')
  })

  it('what somebody says about themselves, all of it together; taking it back makes room', () => {
    const live = newLive()
    const set = (value: unknown) =>
      writeInCall('useraction', { kind: 'setdata', dest: 'me', value }, me, live, MOST)
    expect(set({ one: 'x'.repeat(40_000) })).toMatch(/setdata/)
    expect(set({ two: 'x'.repeat(40_000) })).toHaveProperty('refused')
    expect(set({ two: 'x' })).toMatch(/setdata/)
    expect(set({ one: null })).toMatch(/setdata/)
    expect(set({ three: 'x'.repeat(40_000) })).toMatch(/setdata/)
  })

  it('what comes with a join: too much of it is left out', () => {
    const written = writeJoin({ note: 'x'.repeat(70_000) }, 'garden', 'token', me)
    expect(JSON.parse(written).data).toEqual({ userId: 'id-bob', displayName: 'Bob' })
  })
})

describe('candidates that wait at the call server [SFU-3]', () => {
  const live = newLive()
  live.streams.set('theirs', 0)
  live.shown.set('mine', 0)
  const say = (id: string, candidate: string) =>
    writeInCall('ice', { id, candidate: { candidate } }, me, live, MOST)
  const much = (id: string) => Array.from({ length: 200 }, () => say(id, 'candidate:1'))
  const passed = (outcomes: unknown[]) => outcomes.filter((out) => typeof out === 'string').length

  it('are no more than any browser has, and each is short', () => {
    expect(say('mine', 'x'.repeat(2_100))).toHaveProperty('refused')
    expect(passed(much('theirs'))).toBe(128)
    expect(passed(much('mine'))).toBe(128)
  })
  it('may be as many again once the stream is described anew', () => {
    writeInCall('answer', { id: 'theirs', sdp: 'v=0' }, me, live, MOST)
    writeInCall('offer', { id: 'mine', sdp: 'v=0' }, me, live, MOST)
    expect([passed(much('theirs')), passed(much('mine'))]).toEqual([128, 128])
  })
})

it('what a moderator says of the group does not pass: Galene would keep and repeat it without an end [SFU-3]', () => {
  const value = { key: 'x' }
  expect(
    writeInCall('groupaction', { kind: 'setdata', value }, me, newLive(), MOST),
  ).toHaveProperty('refused')
})

it.each(['maketoken', 'edittoken', 'listtokens'])(
  '%s does not pass: such a token would let somebody in at Galene itself, past a ban [SFU-10]',
  (kind) => {
    const value = { group: 'garden', expires: '2099-01-01T00:00:00Z', permissions: ['present'] }
    expect(writeInCall('groupaction', { kind, value }, me, newLive(), MOST)).toHaveProperty(
      'refused',
    )
  },
)
