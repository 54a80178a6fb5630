import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ModerationAct } from '../../../../../lib/protocol/moderation.ts'
import { type Garden, garden, openGarden, secret } from '../../../../support/garden.ts'
import type { TalkClient } from '../../../../support/talk.ts'

let { talk, alice, bob, carol, mallory, forgetAll } = {} as Garden
const MINUTE = 60_000

beforeEach(async () => {
  ;({ talk, alice, bob, carol, mallory, forgetAll } = await openGarden())
})
afterEach(async () => {
  expect(talk.bugs).toEqual([])
  await talk.stop()
})

const act = (who: TalkClient, kind: string, fields: object = {}): Promise<ModerationAct> =>
  who.ask('moderation.act', { kind, ...garden, userId: 'carol', ...fields })
const stored = () => talk.db.selectFrom('moderationActs').selectAll().orderBy('number').execute()
const enterCall = (...userIds: string[]) =>
  talk.calls.set(
    'garden',
    userIds.map((userId) => ({
      ...{ userId, connectionId: `c-${userId}`, joinedAt: talk.now().toISOString() },
    })),
  )
const post = (who: TalkClient, where = garden) =>
  who.refusal('chat.post', { ...where, clientId: `client-${Math.random()}`, text: 'hello' })

describe('who may moderate', () => {
  const wishes: [string, object][] = [
    ['kick', {}],
    ['ban', {}],
    ['timeout', { seconds: 60 }],
    ['forbid-presenting', {}],
    ['mute', {}],
    ['lock', { userId: undefined }],
  ]

  it.each(wishes)(
    '%s is for those who manage the channel; others change and learn nothing [MOD-1]',
    async (kind, more) => {
      enterCall('carol', 'bob')
      const wish = { kind, ...garden, userId: 'bob', ...more }
      expect((await carol.refusal('moderation.act', wish))?.code).toBe('not-allowed')
      expect((await mallory.refusal('moderation.act', wish))?.code).toBe('channels.not-found')
      const hidden = { ...wish, ...secret }
      const unknown = { ...wish, channelSlug: 'nowhere' }
      for (const each of [hidden, unknown]) {
        expect((await alice.refusal('moderation.act', each))?.code).toBe('channels.not-found')
      }
      expect(await stored()).toEqual([])
      expect([...alice.heard, ...bob.heard, ...carol.heard, ...talk.callsTold]).toEqual([])
      expect(await act(bob, kind, more)).toMatchObject({ kind, byUserId: 'bob' })
    },
  )

  it('a moderator who is timed out moderates nobody, and cannot lift that [MOD-1] [MOD-9]', async () => {
    const { id } = await act(alice, 'timeout', { userId: 'bob', seconds: 60 })
    const kick = { kind: 'timeout', ...garden, userId: 'carol', seconds: 1 }
    expect((await bob.refusal('moderation.act', kick))?.code).toBe('moderation.timed-out')
    const end = { ...garden, actId: id }
    expect((await bob.refusal('moderation.end', end))?.code).toBe('moderation.timed-out')
    const topic = { ...garden, topic: 'what I may not say' }
    expect((await bob.refusal('channels.change', topic))?.code).toBe('moderation.timed-out')
    talk.advance(MINUTE)
    expect(await bob.refusal('moderation.act', kick)).toBeUndefined()
  })

  it('nobody acts upon themselves, upon an admin, or upon an equal: so nobody is shut out who could lift it [MOD-2]', async () => {
    await alice.ask('channels.join', garden)
    await bob.ask('channels.set-member', { ...garden, userId: 'carol', role: 'moderator' })
    enterCall('alice', 'bob', 'carol')
    const refused = async (who: TalkClient, userId: string, kind: string) =>
      (await who.refusal('moderation.act', { kind, ...garden, userId, seconds: 60 }))?.code
    for (const kind of ['kick', 'ban', 'timeout', 'forbid-presenting']) {
      expect(await refused(bob, 'bob', kind)).toBe('moderation.protected')
      expect(await refused(bob, 'alice', kind)).toBe('moderation.protected')
      expect(await refused(bob, 'carol', kind)).toBe('moderation.protected')
      expect(await refused(alice, 'alice', kind)).toBe('moderation.protected')
    }
    expect(await stored()).toEqual([])
    expect(await refused(alice, 'carol', 'ban')).toBeUndefined()
    expect(await refused(bob, 'alice', 'mute')).toBeUndefined()
    expect(await refused(bob, 'bob', 'mute')).toBe('moderation.protected')
  })

  it('the last moderator is not banned while others are in the channel [MOD-2]', async () => {
    const ban = { kind: 'ban', ...garden, userId: 'bob' }
    expect((await alice.refusal('moderation.act', ban))?.code).toBe('channels.last-moderator')
    expect(await stored()).toEqual([])
    expect((await bob.ask('channels.get', garden)).role).toBe('moderator')
  })

  it('somebody who does not exist, or is disabled, is not found [MOD-1]', async () => {
    await talk.db.updateTable('users').set({ disabled: 1 }).where('id', '=', 'carol').execute()
    for (const userId of ['carol', 'nobody']) {
      const ban = { kind: 'ban', ...garden, userId }
      expect((await bob.refusal('moderation.act', ban))?.code).toBe('not-found')
    }
  })

  it.each([
    ['no time', { kind: 'timeout' }],
    ['no end', { kind: 'timeout', seconds: 0 }],
    ['years', { kind: 'timeout', seconds: 99_999_999 }],
    ['an unknown kind', { kind: 'exile' }],
    ['a long reason', { kind: 'ban', reason: 'x'.repeat(501) }],
    ['a reason of a book', { kind: 'ban', reason: 'x'.repeat(10_000) }],
    ['a reason that is no text', { kind: 'ban', reason: { toString: 'x' } }],
    ['a time that is none', { kind: 'ban', seconds: Number.NaN }],
    ['a time before now', { kind: 'timeout', seconds: -60 }],
    ['half a second', { kind: 'timeout', seconds: 0.5 }],
    ['more time than a clock has', { kind: 'timeout', seconds: 10 ** 15 }],
    ['a time in words', { kind: 'timeout', seconds: '60' }],
    ['an id that is none', { kind: 'ban', userId: ['carol'] }],
    ['nobody', { kind: 'kick', userId: undefined }],
    ['an unknown role', { kind: 'lock', exempt: ['owner'] }],
  ])('a wish with %s is malformed [MOD-1]', async (_what, fields) => {
    const wish = { ...garden, userId: 'carol', ...fields }
    expect((await bob.refusal('moderation.act', wish))?.code).toBe('malformed')
    expect(await stored()).toEqual([])
  })
})

describe('whom and where', () => {
  it.each(['CAROL', 'Carol', ' carol', 'carol\u0000', 'ｃａｒｏｌ', 'саrol', ''])(
    'is an id to the letter: %j is nobody [MOD-1]',
    async (userId) => {
      const ban = { kind: 'ban', ...garden, userId }
      expect((await bob.refusal('moderation.act', ban))?.code).toBe('not-found')
      const elsewhere = { kind: 'ban', channelSlug: 'GARDEN', userId: 'carol' }
      expect((await bob.refusal('moderation.act', elsewhere))?.code).toBe('channels.not-found')
      expect(await stored()).toEqual([])
    },
  )

  it('a reason is told as it is stored, whatever it was cut from [MOD-3]', async () => {
    const made = await act(bob, 'timeout', { seconds: 60, reason: 'too loud \ud83d' })
    expect(made.reason).toBe('too loud \ufffd')
    expect((await stored())[0]?.reason).toBe(made.reason)
  })

  it('an end that somebody makes up is nobody’s: it is counted here [MOD-10]', async () => {
    const made = await act(bob, 'timeout', {
      ...{ seconds: 60, until: '1970-01-01T00:00:00.000Z', endedAt: '1970-01-01T00:00:00.000Z' },
    })
    expect(made).toMatchObject({ until: '2026-01-01T00:01:00.000Z', endedAt: null })
  })
})

describe('two at the same time', () => {
  const inForce = async () => (await bob.ask('moderation.state', garden)).acts

  it('who time the same person out leave one timeout, and both are in the log [MOD-3]', async () => {
    const wishes = Array.from({ length: 10 }, (_, n) =>
      act(n % 2 ? alice : bob, 'timeout', { seconds: 60 + n }),
    )
    const made = await Promise.all(wishes)
    expect(await inForce()).toEqual([made.at(-1)])
    expect(await stored()).toHaveLength(10)
  })

  it('who ban the same person ban them once: they leave once, and one ban holds [MOD-5]', async () => {
    await Promise.all([act(alice, 'ban'), act(bob, 'ban')])
    expect(await inForce()).toHaveLength(1)
    expect(carol.heardOf('channels.gone')).toHaveLength(1)
    expect(bob.heardOf('channels.member-left')).toHaveLength(1)
  })

  it('who ban and lift, in whatever order they are stored: what came last holds [MOD-9]', async () => {
    const { id } = await act(bob, 'timeout', { seconds: 600 })
    const lift = () => alice.ask('moderation.end', { ...garden, actId: id })
    const [first, again, other] = await Promise.all([
      lift(),
      lift(),
      act(bob, 'timeout', { seconds: 5 }),
    ])
    expect(again).toEqual(first)
    expect(await inForce()).toEqual([other])
  })

  it('one who leaves and one who bans do not leave a channel without a moderator [MOD-2] [CH-11]', async () => {
    await bob.ask('channels.set-member', { ...garden, userId: 'carol', role: 'moderator' })
    await mallory.ask('channels.join', garden)
    const answers = await Promise.all([
      bob.refusal('channels.leave', garden),
      alice.refusal('moderation.act', { kind: 'ban', ...garden, userId: 'carol' }),
    ])
    expect(answers.map((error) => error?.code)).toEqual([undefined, 'channels.last-moderator'])
    expect((await carol.ask('channels.get', garden)).role).toBe('moderator')
  })

  it('who are made unequal meanwhile act as what they are when it is stored [MOD-2]', async () => {
    await bob.ask('channels.set-member', { ...garden, userId: 'carol', role: 'moderator' })
    const answers = await Promise.all([
      alice.refusal('channels.set-member', { ...garden, userId: 'carol', role: 'member' }),
      carol.refusal('moderation.act', { kind: 'lock', ...garden }),
      bob.refusal('moderation.act', { kind: 'ban', ...garden, userId: 'carol' }),
    ])
    expect(answers.map((error) => error?.code)).toEqual([undefined, 'not-allowed', undefined])
  })
})

describe('the record', () => {
  it('says whom, by whom, why, when and until when, the same to everybody [MOD-3] [MOD-11]', async () => {
    const made = await act(bob, 'timeout', { seconds: 600, reason: '  too loud ' })
    expect(made).toEqual({
      id: made.id,
      channelSlug: 'garden',
      kind: 'timeout',
      userId: 'carol',
      byUserId: 'bob',
      reason: 'too loud',
      at: '2026-01-01T00:00:00.000Z',
      until: '2026-01-01T00:10:00.000Z',
      endedAt: null,
      endedBy: null,
      lock: null,
    })
    for (const client of [alice, bob, carol]) {
      expect(client.heardOf('moderation.changed')).toEqual([made])
    }
    expect(mallory.heard).toEqual([])
    expect((await bob.ask('moderation.log', garden)).acts).toEqual([made])
  })

  it('a second act of one kind on one person takes the place of the first [MOD-3]', async () => {
    const first = await act(bob, 'timeout', { seconds: 60 })
    talk.advance(1_000)
    const second = await act(alice, 'timeout', { seconds: 3_600 })
    const { acts } = await bob.ask('moderation.log', garden)
    const ended = { ...first, endedAt: second.at, endedBy: 'alice' }
    expect(acts).toEqual([second, ended])
    expect(bob.heardOf('moderation.changed').slice(1)).toEqual([ended, second])
    expect((await bob.ask('moderation.state', garden)).acts).toEqual([second])
  })

  it('is answered in the same words over REST [MOD-3]', async () => {
    const wish = { kind: 'timeout', userId: 'carol', seconds: 60 }
    const made = await talk.rest('bob', 'POST', '/garden/moderation', wish)
    expect(made).toMatchObject({ status: 201, body: { kind: 'timeout', userId: 'carol' } })
    const { id } = made.body as ModerationAct
    const log = await talk.rest('carol', 'GET', '/garden/moderation?limit=5')
    expect(log.body).toEqual({ acts: [made.body], hasMore: false })
    const state = await talk.rest('carol', 'GET', '/garden/moderation/state')
    expect(state.body).toEqual({
      acts: [made.body],
      rights: { write: false, present: false, enter: true },
    })
    const refused = await talk.rest('carol', 'DELETE', `/garden/moderation/${id}`)
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'not-allowed' } } })
    const ended = await talk.rest('bob', 'DELETE', `/garden/moderation/${id}`)
    expect(ended).toMatchObject({ status: 200, body: { endedBy: 'bob' } })
    expect((await talk.rest('bob', 'POST', '/garden/moderation', { kind: 'x' })).status).toBe(400)
  })
})

describe('kick and mute', () => {
  it('need somebody in the call, else nothing is stored [MOD-4]', async () => {
    for (const kind of ['kick', 'mute']) {
      const wish = { kind, ...garden, userId: 'carol' }
      expect((await bob.refusal('moderation.act', wish))?.code).toBe('moderation.not-in-call')
    }
    expect(await stored()).toEqual([])
  })

  it('a kick ends what the devices of somebody publish who is not in the call themselves [MOD-4]', async () => {
    const { id } = await talk.db
      .selectFrom('channels')
      .select('id')
      .where('slug', '=', garden.channelSlug)
      .executeTakeFirstOrThrow()
    const key = { id: 'key-1', channelId: id, name: 'Roof', keyHash: 'x', createdBy: 'carol' }
    const stream = { resource: 'stream', resourceToken: 'token', publishedAt: 'now' }
    await talk.db
      .insertInto('whipKeys')
      .values({ ...key, ...stream, createdAt: 'now' })
      .execute()
    const mute = { kind: 'mute', ...garden, userId: 'carol' }
    expect((await bob.refusal('moderation.act', mute))?.code).toBe('moderation.not-in-call')
    await act(bob, 'kick')
    expect(talk.callsTold).toEqual([{ did: 'end', slug: 'garden', userId: 'carol' }])
  })

  it('a kick ends the call for that person and takes nothing else away [MOD-4]', async () => {
    enterCall('carol', 'bob')
    const kick = await act(bob, 'kick', { reason: 'later' })
    expect(kick).toMatchObject({ endedAt: kick.at, endedBy: 'bob', until: null })
    expect(talk.callsTold).toEqual([{ did: 'end', slug: 'garden', userId: 'carol' }])
    expect(await post(carol)).toBeUndefined()
    const { rights, acts } = await carol.ask('moderation.state', garden)
    expect(rights).toEqual({ write: true, present: true, enter: true })
    expect(acts).toEqual([])
  })

  it('a mute request goes to one person, or to everybody but the one who asks [MOD-13]', async () => {
    enterCall('alice', 'bob', 'carol')
    await act(bob, 'mute')
    expect(talk.callsTold).toEqual([{ did: 'mute', slug: 'garden', userId: 'carol' }])
    talk.callsTold.length = 0
    expect(await act(bob, 'mute', { userId: undefined })).toMatchObject({ userId: null })
    expect(talk.callsTold.map(({ userId }) => userId)).toEqual(['alice', 'carol'])
  })

  it('everybody who is asked to mute hears who asks, and nobody else in the channel [MOD-11] [MOD-13]', async () => {
    await mallory.ask('channels.join', garden)
    enterCall('bob', 'carol')
    forgetAll()
    const asked = await act(bob, 'mute', { userId: undefined, reason: 'the talk begins' })
    expect(asked).toMatchObject({ byUserId: 'bob', reason: 'the talk begins' })
    expect(carol.heardOf('moderation.changed')).toEqual([asked])
    expect(mallory.heardOf('moderation.changed')).toEqual([])
  })
})

describe('lifting', () => {
  it('says by whom and when, once, and gives back what was taken [MOD-9]', async () => {
    const { id } = await act(bob, 'timeout', { seconds: 600 })
    expect((await post(carol))?.code).toBe('moderation.timed-out')
    forgetAll()
    talk.advance(1_000)
    const ended = await alice.ask('moderation.end', { ...garden, actId: id })
    expect(ended).toMatchObject({ endedBy: 'alice', endedAt: talk.now().toISOString() })
    expect(carol.heardOf('moderation.changed')).toEqual([ended])
    expect(talk.callsTold).toEqual([{ did: 'access', slug: 'garden', userId: 'carol' }])
    expect(await post(carol)).toBeUndefined()
    forgetAll()
    expect(await bob.ask('moderation.end', { ...garden, actId: id })).toEqual(ended)
    expect([...carol.heard, ...talk.callsTold]).toEqual([])
  })

  it('is not for the person concerned, and not through another channel [MOD-9]', async () => {
    const { id } = await act(alice, 'forbid-presenting', { userId: 'bob' })
    const end = (slug: string) => ({ channelSlug: slug, actId: id })
    expect((await bob.refusal('moderation.end', end('garden')))?.code).toBe('moderation.protected')
    expect((await bob.refusal('moderation.end', end('secret')))?.code).toBe('not-found')
    expect((await carol.refusal('moderation.end', end('garden')))?.code).toBe('not-allowed')
  })
})

describe('what runs out', () => {
  it('is over at its time, before anybody was told [MOD-10]', async () => {
    await act(bob, 'timeout', { seconds: 60 })
    talk.advance(MINUTE - 1)
    expect(await post(carol)).toMatchObject({ code: 'moderation.timed-out', retryAfter: 1 })
    talk.advance(1)
    expect(await post(carol)).toBeUndefined()
    expect((await carol.ask('moderation.state', garden)).rights.write).toBe(true)
  })

  it('is told with the time at which it ended, by nobody, and asked again of live calls [MOD-10]', async () => {
    const made = await act(bob, 'timeout', { seconds: 60 })
    forgetAll()
    talk.advance(MINUTE + 5_000)
    await talk.moderation.sweep()
    const ended = { ...made, endedAt: made.until, endedBy: null }
    for (const client of [alice, bob, carol]) {
      expect(client.heardOf('moderation.changed')).toEqual([ended])
    }
    expect(talk.callsTold).toEqual([{ did: 'access', slug: 'garden', userId: 'carol' }])
    forgetAll()
    await talk.moderation.sweep()
    expect(bob.heard).toEqual([])
    expect(await bob.ask('moderation.end', { ...garden, actId: made.id })).toEqual(ended)
  })
})

describe('the log', () => {
  it('comes newest first, in pages; others than managers see what concerns them, and locks [MOD-11] [MOD-12]', async () => {
    await mallory.ask('channels.join', garden)
    const ids: string[] = []
    for (const userId of ['carol', 'mallory', 'carol', undefined, 'mallory']) {
      const kind = userId ? 'timeout' : 'lock'
      ids.unshift((await act(bob, kind, { userId, seconds: 60 })).id)
    }
    const page = async (who: TalkClient, before?: string) => {
      const { acts, hasMore } = await who.ask('moderation.log', { ...garden, limit: 2, before })
      return { ids: acts.map(({ id }: ModerationAct) => id), hasMore }
    }
    expect(await page(alice)).toEqual({ ids: ids.slice(0, 2), hasMore: true })
    expect(await page(alice, ids[1])).toEqual({ ids: ids.slice(2, 4), hasMore: true })
    expect(await page(alice, ids[3])).toEqual({ ids: ids.slice(4), hasMore: false })
    expect(await page(carol)).toEqual({ ids: [ids[1], ids[2]], hasMore: true })
    expect(await page(carol, ids[2])).toEqual({ ids: [ids[4]], hasMore: false })
    expect(await page(alice, 'no-such-act')).toEqual({ ids: [], hasMore: false })
  })

  it('and what is in force are not for outsiders, nor of channels one may not see [MOD-11]', async () => {
    await act(bob, 'timeout', { ...secret, seconds: 60 })
    expect(mallory.heard).toEqual([])
    expect(alice.heard).toEqual([])
    for (const type of ['moderation.log', 'moderation.state']) {
      expect((await mallory.refusal(type, garden))?.code).toBe('channels.not-found')
      expect((await alice.refusal(type, secret))?.code).toBe('channels.not-found')
      expect((await carol.ask(type, secret)).acts).toHaveLength(1)
    }
  })
})
