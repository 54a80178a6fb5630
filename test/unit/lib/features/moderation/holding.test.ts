import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ModerationAct } from '../../../../../lib/protocol/moderation.ts'
import { type Garden, garden, openGarden, secret } from '../../../../support/garden.ts'
import type { TalkClient } from '../../../../support/talk.ts'

let { talk, alice, bob, carol, mallory, forgetAll } = {} as Garden
let messageId: string

beforeEach(async () => {
  ;({ talk, alice, bob, carol, mallory, forgetAll } = await openGarden())
  messageId = (await carol.ask('chat.post', { ...garden, clientId: 'client-0', text: 'hi' })).id
  forgetAll()
})
afterEach(async () => {
  expect(talk.bugs).toEqual([])
  await talk.stop()
})

const act = (kind: string, fields: object = {}): Promise<ModerationAct> =>
  bob.ask('moderation.act', { kind, ...garden, userId: 'carol', ...fields })
const messages = () => talk.db.selectFrom('messages').selectAll().execute()
/** Every way to write into a channel. */
const writing = (): [string, object][] => [
  ['chat.post', { clientId: 'client-1', text: 'x' }],
  ['chat.edit', { messageId, text: 'x' }],
  ['chat.typing', {}],
]
/** Every way to read it. */
const READING: [string, object][] = [
  ['channels.get', {}],
  ['channels.members', {}],
  ['channels.join', {}],
  ['chat.history', {}],
  ['chat.since', { since: 0 }],
  ['chat.read', { seq: 1 }],
  ['moderation.log', {}],
  ['moderation.state', {}],
]
const codes = async (who: TalkClient, doors: [string, object][], where: object) => {
  const all: (string | undefined)[] = []
  for (const [type, body] of doors) {
    all.push((await who.refusal(type, { ...body, ...where }))?.code)
  }
  return [...new Set(all)]
}

describe('a timeout', () => {
  it('lets read and hear, and neither post nor edit nor type; the others hear nothing [MOD-6]', async () => {
    await act('timeout', { seconds: 600, reason: 'calm down' })
    forgetAll()
    const before = await messages()
    expect(await codes(carol, writing(), garden)).toEqual(['moderation.timed-out'])
    expect(
      await carol.refusal('chat.post', { ...garden, clientId: 'client-2', text: 'x' }),
    ).toEqual({
      code: 'moderation.timed-out',
      message: 'You may only read and listen here for 10 minutes: calm down',
      retryAfter: 600,
    })
    expect(await messages()).toEqual(before)
    expect(bob.heard).toEqual([])
    const reading = READING.filter(([type]) => type !== 'channels.join')
    expect(await codes(carol, reading, garden)).toEqual([undefined])
    await bob.ask('chat.post', { ...garden, clientId: 'client-3', text: 'listen' })
    expect(carol.heardOf('chat.message')).toHaveLength(1)
    expect(await codes(carol, writing(), secret)).not.toContain('moderation.timed-out')
  })

  it('is the same on another connection, over REST, and after leaving and joining again [MOD-6]', async () => {
    await act('timeout', { seconds: 600 })
    const tab = await talk.connect('carol')
    expect(await codes(tab, writing(), garden)).toEqual(['moderation.timed-out'])
    const body = { clientId: 'client-4', text: 'x' }
    expect((await talk.rest('carol', 'POST', '/garden/messages', body)).status).toBe(403)
    await carol.ask('channels.leave', garden)
    await carol.ask('channels.join', garden)
    expect(await codes(carol, writing(), garden)).toEqual(['moderation.timed-out'])
    expect(await carol.refusal('chat.delete', { ...garden, messageId })).toBeUndefined()
  })

  it('asks the live call again, for that person [MOD-14]', async () => {
    await act('timeout', { seconds: 600 })
    expect(talk.callsTold).toEqual([{ did: 'access', slug: 'garden', userId: 'carol' }])
  })
})

describe('forbidden to present', () => {
  it('somebody writes as before [MOD-7]', async () => {
    await act('forbid-presenting', {})
    expect(await codes(carol, writing(), garden)).toEqual([undefined])
    const { rights } = await carol.ask('moderation.state', garden)
    expect(rights).toEqual({ write: true, present: false, enter: true })
  })
})

describe('a ban', () => {
  it('takes somebody out of an open channel at once, and says why at each of its doors [MOD-5]', async () => {
    const tab = await talk.connect('carol')
    const made = await act('ban', { reason: 'spam' })
    expect(talk.callsTold[0]).toEqual({ did: 'end', slug: 'garden', userId: 'carol' })
    for (const each of [carol, tab]) {
      expect(each.heardOf('channels.gone')).toEqual([garden])
      expect(each.heardOf('channels.opened')).toMatchObject([{ slug: 'garden' }])
      expect(each.heardOf('moderation.changed')).toEqual([made])
    }
    expect(bob.heardOf('channels.member-left')).toMatchObject([{ userId: 'carol', memberCount: 1 }])
    const later = await talk.connect('carol')
    forgetAll()
    await bob.ask('chat.post', { ...garden, clientId: 'client-5', text: 'and now' })
    for (const each of [carol, tab, later]) expect(each.heardOf('chat.message')).toEqual([])
    const doors = [...READING, ...writing(), ['chat.delete', { messageId }] as [string, object]]
    for (const each of [carol, later]) {
      expect(await codes(each, doors, garden)).toEqual(['moderation.banned'])
    }
    const refusal = await carol.refusal('channels.join', garden)
    expect(refusal?.message).toBe('You are banned from this channel: spam')
    expect((await carol.ask('channels.list')).open).toMatchObject([{ slug: 'garden' }])
    expect((await talk.rest('carol', 'GET', '/garden/messages')).status).toBe(403)
    expect(bob.heardOf('channels.member')).toEqual([])
  })

  it('from a private channel leaves nothing to see, as if there were none [MOD-5]', async () => {
    const made = await act('ban', { ...secret, seconds: 60 })
    expect(carol.heardOf('channels.gone')).toEqual([secret])
    expect(carol.heardOf('moderation.changed')).toEqual([made])
    expect(carol.heardOf('channels.opened')).toEqual([])
    const doors = [...READING, ...writing()]
    expect(await codes(carol, doors, secret)).toEqual(['channels.not-found'])
    const unknown = await carol.refusal('channels.get', { channelSlug: 'nowhere' })
    expect(await carol.refusal('channels.get', secret)).toEqual(unknown)
    forgetAll()
    await bob.ask('moderation.end', { ...secret, actId: made.id })
    expect(carol.heard).toEqual([])
    expect(await codes(carol, doors, secret)).toEqual(['channels.not-found'])
  })

  it('of somebody who is not in the private channel does not tell them that there is one [MOD-5]', async () => {
    await act('ban', { ...secret, userId: 'mallory' })
    expect(mallory.heard).toEqual([])
    expect(bob.heardOf('moderation.changed')).toHaveLength(1)
  })

  it('keeps out who was never in, and nobody can invite them [MOD-5]', async () => {
    await act('ban', { userId: 'mallory' })
    expect(await mallory.refusal('channels.join', garden)).toMatchObject({
      code: 'moderation.banned',
    })
    const invite = { ...garden, userId: 'mallory' }
    for (const who of [alice, bob]) {
      expect((await who.refusal('channels.set-member', invite))?.code).toBe('moderation.banned')
    }
    expect(await bob.ask('channels.members', garden)).toMatchObject({
      members: [{ userId: 'bob' }, { userId: 'carol' }],
    })
  })

  it('over or lifted lets them join again, as a member, with what else holds upon them [MOD-5]', async () => {
    await act('timeout', { seconds: 600 })
    await act('ban', { seconds: 60 })
    talk.advance(60_000)
    expect(await carol.ask('channels.join', garden)).toMatchObject({ role: 'member' })
    expect((await carol.ask('chat.history', garden)).messages).toHaveLength(1)
    expect(await codes(carol, writing(), garden)).toEqual(['moderation.timed-out'])
    const { id } = await act('ban', {})
    await bob.ask('moderation.end', { ...garden, actId: id })
    expect(await carol.refusal('channels.join', garden)).toBeUndefined()
  })

  it('at the same moment as a message: what was posted after it is not heard [MOD-5]', async () => {
    const banned = act('ban', {})
    const posts = Array.from({ length: 5 }, (_, n) =>
      bob.ask('chat.post', { ...garden, clientId: `client-1${n}`, text: 'x' }),
    )
    await Promise.all([banned, ...posts])
    expect(carol.heardOf('chat.message')).toEqual([])
    expect(bob.heardOf('chat.message')).toHaveLength(5)
  })
})

describe('a lock', () => {
  it('of the call leaves chat and the channel as they are [MOD-8]', async () => {
    const made = await act('lock', { userId: undefined })
    expect(made).toMatchObject({ userId: null, lock: { scope: 'call', exempt: ['moderator'] } })
    expect(carol.heardOf('moderation.changed')).toEqual([made])
    expect(await codes(carol, writing(), garden)).toEqual([undefined])
    const { rights, acts } = await carol.ask('moderation.state', garden)
    expect([rights, acts]).toEqual([{ write: true, present: true, enter: false }, [made]])
    expect(await mallory.refusal('channels.join', garden)).toBeUndefined()
    expect(talk.moderation.isLocked('garden')).toBe(true)
    await bob.ask('moderation.end', { ...garden, actId: made.id })
    expect(talk.moderation.isLocked('garden')).toBe(false)
  })

  it('of the channel silences all but those who manage it and exempt roles; nobody joins [MOD-8]', async () => {
    await act('lock', { userId: undefined, scope: 'channel', reason: 'night', seconds: 60 })
    expect(talk.callsTold).toEqual([{ did: 'access', slug: 'garden' }])
    expect(await codes(carol, writing(), garden)).toEqual(['moderation.locked'])
    expect((await mallory.refusal('channels.join', garden))?.code).toBe('moderation.locked')
    await alice.ask('channels.join', garden)
    for (const who of [alice, bob]) {
      expect(await codes(who, [['chat.typing', {}]], garden)).toEqual([undefined])
    }
    const { rights } = await carol.ask('moderation.state', garden)
    expect(rights).toEqual({ write: false, present: false, enter: false })
    await act('lock', { userId: undefined, scope: 'channel', exempt: ['member'] })
    expect(await codes(carol, writing(), garden)).toEqual([undefined])
    await bob.ask('channels.set-member', { ...garden, userId: 'mallory' })
    expect(await codes(mallory, [['chat.typing', {}]], garden)).toEqual([undefined])
  })

  it('that took the place of one that had run out stays when that one is swept away [MOD-8]', async () => {
    await act('lock', { userId: undefined, seconds: 60 })
    talk.advance(61_000)
    await act('lock', { userId: undefined })
    await talk.moderation.sweep()
    expect(talk.moderation.isLocked('garden')).toBe(true)
  })

  it('is known again after a restart, and over when its time comes [MOD-8] [MOD-10]', async () => {
    await act('lock', { userId: undefined, seconds: 60 })
    await talk.moderation.start()
    expect(talk.moderation.isLocked('garden')).toBe(true)
    talk.advance(60_000)
    expect(talk.moderation.isLocked('garden')).toBe(false)
    await talk.moderation.start()
    expect(carol.heardOf('moderation.changed').at(-1)).toMatchObject({ endedBy: null })
  })
})
