import { describe, expect, it } from 'vitest'
import type { MyChannel } from '../../../../../lib/protocol/channels.ts'
import type { ModerationAct } from '../../../../../lib/protocol/moderation.ts'
import type { User } from '../../../../../lib/protocol/users.ts'
import { choicesFor } from '../../../../../src/features/moderation/choices.ts'
import { type Reading, readCommand } from '../../../../../src/features/moderation/commands.ts'
import { durationWords, readDuration } from '../../../../../src/features/moderation/durations.ts'
import type { Place } from '../../../../../src/features/moderation/place.ts'
import { suggestionsFor } from '../../../../../src/features/moderation/suggestions.ts'

const AT = '2026-11-21T12:00:00.000Z'
const person = (username: string, displayName: string, role: User['role'] = 'member'): User => ({
  ...{ id: `id-${username}`, username, displayName, role, disabled: false, createdAt: AT },
})
const alice = person('alice', 'Alice', 'admin')
const bob = person('bob', 'Bob')
const carol = person('carol', 'Carol Ann Ørsted')
const dora = person('dora', 'Dora')
const channel: MyChannel = {
  ...{
    slug: 'general',
    name: 'general',
    topic: '',
    private: false,
    createdAt: AT,
    archived: false,
  },
  ...{ recordable: false, role: 'moderator', lastSeq: 0, lastRev: 0, readSeq: 0, unread: 0 },
  memberCount: 4,
  call: [{ userId: bob.id, connectionId: 'c1', joinedAt: AT }],
}
const act = (more: Partial<ModerationAct>): ModerationAct => ({
  ...{ id: 'act-1', channelSlug: 'general', kind: 'timeout', userId: bob.id, byUserId: alice.id },
  ...{ reason: '', at: AT, until: null, endedAt: null, endedBy: null, lock: null },
  ...more,
})
/** Dora moderates; Alice is an admin, Carol a moderator, Bob a member and in the call. */
const place = (more: Partial<Place> = {}): Place => ({
  channel,
  me: dora,
  people: [alice, bob, carol, dora],
  roles: new Map([
    [alice.id, 'member' as const],
    [bob.id, 'member' as const],
    [carol.id, 'moderator' as const],
    [dora.id, 'moderator' as const],
  ]),
  acts: [],
  ...more,
})
const asMember = place({ me: bob, channel: { ...channel, role: 'member' } })
const wishOf = (reading: Reading | undefined) =>
  reading?.is === 'ready' && reading.order.do === 'act' ? reading.order.wish : undefined
const read = (text: string, where = place()) => readCommand(text, where)
const refused = (text: string, where = place()): string => {
  const reading = read(text, where)
  if (reading?.is !== 'unfinished') throw new Error(`${text} is not refused`)
  return reading.note
}

describe('a command', () => {
  it.each([
    ['/timeout @bob 10m too loud', { kind: 'timeout', seconds: 600, reason: 'too loud' }],
    ['/timeout bob', { kind: 'timeout', seconds: 600, reason: '' }],
    ['/TIMEOUT @BOB 1h30m', { kind: 'timeout', seconds: 5_400, reason: '' }],
    ['/kick "Bob" enough', { kind: 'kick', reason: 'enough' }],
    ['/ban @bob', { kind: 'ban', reason: '' }],
    ['/ban @bob 2d spam, again', { kind: 'ban', seconds: 172_800, reason: 'spam, again' }],
    ['/forbid @bob echo', { kind: 'forbid-presenting', reason: 'echo' }],
    ['/mute @bob', { kind: 'mute', reason: '' }],
  ])('%s says what, to whom, how long and why', (text, wish) => {
    expect(wishOf(read(text))).toEqual({ channelSlug: 'general', userId: bob.id, ...wish })
  })
  it.each([
    ['/lock', { scope: 'call', reason: '' }],
    ['/lock channel 1h fire drill', { scope: 'channel', seconds: 3_600, reason: 'fire drill' }],
    ['/lock for now', { scope: 'call', reason: 'for now' }],
  ])('%s closes the call, or the channel', (text, wish) => {
    const exempt = ['moderator']
    expect(wishOf(read(text))).toEqual({ kind: 'lock', channelSlug: 'general', exempt, ...wish })
  })
  it('/mute alone means everybody else in the call', () => {
    expect(wishOf(read('/mute'))).toEqual({ kind: 'mute', channelSlug: 'general', reason: '' })
    expect(refused('/mute', place({ channel: { ...channel, call: [] } }))).toMatch(/Nobody else/)
  })
  it('that lifts finds what is in force', () => {
    const held = act({})
    expect(read('/untimeout @bob', place({ acts: [held] }))).toMatchObject({
      order: { do: 'end', act: held },
    })
    expect(refused('/untimeout @bob')).toBe('Bob is not timed out here.')
    expect(read('/unlock')).toMatchObject({ is: 'ready', order: { do: 'unlock' } })
  })
  it('tells before what will happen', () => {
    expect(read('/ban @bob 2h spam')?.note).toBe(
      'Bans Bob from this channel for 2 hours. They are out at once, and out of the call. Reason: spam',
    )
  })
})

describe('a command that cannot be carried out says why', () => {
  it.each([
    ['/kick', /^Whom\?/],
    ['/kick @nobody', /Nobody here is called nobody/],
    ['/kick @bo', /Did you mean @bob\?/],
    ['/kick @carol', /not in the call/],
    ['/timeout @dora', /yourself/],
    ['/timeout @alice', /nobody moderates an admin/],
    ['/timeout @carol', /only an admin moderates a moderator/],
    ['/timeout @bob 10', /“10” is no time/],
    ['/ban @bob 5 strikes', /“5” is no time/],
    ['/ban @bob 400d', /A year/],
    [`/kick @bob ${'x'.repeat(501)}`, /1 too many/],
  ])('%s', (text, why) => expect(refused(text)).toMatch(why))
  it('to those who may not moderate, and is not told to the channel', () =>
    expect(refused('/kick @bob', asMember)).toMatch(/moderators of this channel.*space in front/))
  it('to a moderator who is timed out', () => {
    const where = place({ acts: [act({ userId: dora.id })] })
    expect(refused('/kick @bob', where)).toMatch(/moderators/)
  })
})

describe('what is no command', () => {
  it.each(['hello', ' /kick @bob', '/me waves', '//kick', '/etc/hosts is wrong', '/', '/5'])(
    '%j goes to the channel as it is',
    (text) => expect(read(text)).toBeUndefined(),
  )
  it('is sent as a message, and said so before', () =>
    expect(read('/shrug whatever')).toMatchObject({ is: 'message', note: /\/shrug/ }))
  it.each(['/bann @bob', '/kcik @bob', '/tiemout @bob', '/unbn @bob'])(
    '%s is held back: it was nearly one',
    (text) => expect(refused(text)).toMatch(/Did you mean \/(ban|kick|timeout|unban)\?/),
  )
  it('is not held back from those who have no commands', () =>
    expect(read('/bann bob', asMember)).toMatchObject({ is: 'message' }))
})

describe('completion', () => {
  const names = (text: string, where = place()) =>
    suggestionsFor(text, where).map(({ text: next }) => next)
  it('offers the commands that can be of use now', () => {
    expect(names('/')).toEqual([
      ...['/mute ', '/kick ', '/timeout ', '/forbid ', '/ban ', '/lock ', '/me '],
    ])
    expect(names('/un')).toEqual([])
    expect(names('/un', place({ acts: [act({})] }))).toEqual(['/untimeout '])
    expect(names('/', asMember)).toEqual(['/me '])
  })
  it('offers only people to whom it can be done', () => {
    expect(names('/ban ')).toEqual(['/ban @bob '])
    const asAdmin = place({ me: alice })
    expect(names('/ban ', asAdmin)).toEqual(['/ban @bob ', '/ban @carol ', '/ban @dora '])
    expect(names('/ban @ors', asAdmin)).toEqual([])
    expect(names('/ban @ør', asAdmin)).toEqual(['/ban @carol '])
    expect(names('/kick ', asAdmin)).toEqual(['/kick @bob '])
  })
  it('offers times where one is taken, and none where a reason has begun', () => {
    expect(names('/timeout @bob ')).toContain('/timeout @bob 10m ')
    expect(names('/timeout @bob t')).toEqual([])
    expect(names('/kick @bob ')).toEqual([])
  })
})

describe('a menu', () => {
  const keys = (where: Place, userId: string) => choicesFor(where, userId).map(({ key }) => key)
  it('holds what can be done to this person, and nothing else', () => {
    expect(keys(place(), bob.id)).toEqual(['mute', 'kick', 'timeout', 'forbid-presenting', 'ban'])
    expect(keys(place(), carol.id)).toEqual([])
    expect(keys(place(), dora.id)).toEqual([])
    expect(keys(asMember, carol.id)).toEqual([])
    expect(keys(place({ me: alice }), carol.id)).toEqual(['timeout', 'forbid-presenting', 'ban'])
  })
  it('lifts what is in force in place of doing it again', () => {
    const held = act({})
    expect(choicesFor(place({ acts: [held] }), bob.id)).toContainEqual(
      expect.objectContaining({ key: 'timeout', does: 'end', act: held }),
    )
  })
  it('of somebody who left offers the ban only', () => {
    const roles = new Map([[dora.id, 'moderator' as const]])
    const where = place({ roles, channel: { ...channel, call: [] } })
    expect(keys(where, bob.id)).toEqual(['ban'])
  })
})

describe('a time', () => {
  it.each([
    ['30s', 30],
    ['10m', 600],
    ['10min', 600],
    ['2h', 7_200],
    ['2hours', 7_200],
    ['1d12h', 129_600],
    ['1w', 604_800],
    ['365d', 31_536_000],
  ])('%s is %i seconds', (word, seconds) => expect(readDuration(word)).toBe(seconds))
  it.each(['10', '0m', '10x', '366d', '1h30', '9'.repeat(400)])('%s is refused in words', (word) =>
    expect(readDuration(word)).toEqual(expect.any(String)),
  )
  it('that begins with a letter is the reason', () => expect(readDuration('m10')).toBeUndefined())
  it('is said in its two largest units', () => {
    expect(durationWords(600)).toBe('10 minutes')
    expect(durationWords(129_605)).toBe('1 day 12 hours')
  })
})
