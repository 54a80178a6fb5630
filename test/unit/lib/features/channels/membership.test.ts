import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Events } from '../../../../../lib/platform/bus/bus.ts'
import { startTalk, type Talk, type TalkClient } from '../../../../support/talk.ts'

let talk: Talk, alice: TalkClient, bob: TalkClient, carol: TalkClient, mallory: TalkClient
let events: unknown[]
beforeEach(async () => {
  talk = await startTalk()
  alice = await talk.connect('alice')
  bob = await talk.connect('bob')
  carol = await talk.connect('carol')
  mallory = await talk.connect('mallory')
  await bob.ask('channels.create', { name: 'Garden' })
  await bob.ask('channels.create', { name: 'Secret', private: true })
  await bob.ask('channels.set-member', { channelSlug: 'secret', userId: 'carol' })
  events = []
  const names: (keyof Events)[] = [
    'channels.changed',
    'channels.member-changed',
    'channels.member-left',
  ]
  for (const name of names) talk.bus.on(name, (news) => events.push({ name, ...news }))
  forgetAll()
})
afterEach(async () => {
  expect(talk.bugs).toEqual([])
  await talk.stop()
})

const garden = { channelSlug: 'garden' }
const secret = { channelSlug: 'secret' }
const forgetAll = () => {
  for (const client of [alice, bob, carol, mallory]) client.forget()
}
const roles = async (channelSlug: string) =>
  Object.fromEntries(
    (await talk.channels.members('bob', channelSlug)).map(({ userId, role }) => [userId, role]),
  )
const disable = (userId: string) =>
  talk.db.updateTable('users').set({ disabled: 1 }).where('id', '=', userId).execute()

describe('joining', () => {
  it('lets anybody into an open channel, and tells them, its members and the other features [CH-6]', async () => {
    const joined = await carol.ask('channels.join', garden)
    expect(joined).toMatchObject({ slug: 'garden', role: 'member', memberCount: 2, unread: 0 })
    expect(carol.heard).toEqual([{ type: 'channels.changed', body: joined }])
    const member = { userId: 'carol', role: 'member', joinedAt: talk.now().toISOString() }
    expect(bob.heard).toEqual([
      { type: 'channels.member', body: { channelSlug: 'garden', member, memberCount: 2 } },
    ])
    expect(mallory.heard).toEqual([])
    expect(events).toEqual([
      {
        name: 'channels.member-changed',
        channelId: 1,
        slug: 'garden',
        userId: 'carol',
        role: 'member',
      },
    ])
  })

  it('refuses to join twice, and tells nobody [CH-6]', async () => {
    expect(await bob.refusal('channels.join', garden)).toMatchObject({
      code: 'channels.already-a-member',
    })
    expect(bob.heard).toEqual([])
  })

  it('answers a private channel like one that does not exist [CH-5] [CH-6]', async () => {
    const unknown = await mallory.refusal('channels.join', { channelSlug: 'nowhere' })
    expect(unknown?.code).toBe('channels.not-found')
    expect(await mallory.refusal('channels.join', secret)).toEqual(unknown)
    expect(await alice.refusal('channels.join', secret)).toEqual(unknown)
    expect(await roles('secret')).toEqual({ bob: 'moderator', carol: 'member' })
  })

  it('makes the first to come back to an empty channel its moderator [CH-6]', async () => {
    await bob.ask('channels.leave', garden)
    expect(await carol.ask('channels.join', garden)).toMatchObject({ role: 'moderator' })
  })

  it('lets everything after it be heard at once, and nothing before [CH-6] [WS-20]', async () => {
    const post = (text: string) =>
      bob.ask('chat.post', { ...garden, clientId: `client-${text}`, text })
    await post('before')
    await carol.ask('channels.join', garden)
    await post('after')
    expect(carol.heardOf('chat.message').map(({ text }) => text)).toEqual(['after'])
  })
})

describe('inviting and roles', () => {
  it('takes effect at once and is told to both sides [CH-9]', async () => {
    const member = await bob.ask('channels.set-member', {
      ...secret,
      userId: 'mallory',
      role: 'listener',
    })
    expect(member).toEqual({
      userId: 'mallory',
      role: 'listener',
      joinedAt: talk.now().toISOString(),
    })
    expect(mallory.heardOf('channels.changed')).toMatchObject([
      { slug: 'secret', role: 'listener' },
    ])
    expect(carol.heardOf('channels.member')).toEqual([{ ...secret, member, memberCount: 3 }])
    expect(alice.heard).toEqual([])
    await bob.ask('chat.post', { ...secret, clientId: 'client-1', text: 'hello' })
    expect(mallory.heardOf('chat.message')).toHaveLength(1)
  })

  it('tells a changed role the same way, and keeps the day they joined [CH-9]', async () => {
    talk.advance(1_000)
    await bob.ask('channels.set-member', { ...secret, userId: 'carol', role: 'moderator' })
    expect(carol.heardOf('channels.changed')).toMatchObject([{ slug: 'secret', role: 'moderator' }])
    const [news] = bob.heardOf('channels.member')
    expect(news?.member.joinedAt).toBe('2026-01-01T00:00:00.000Z')
    expect(events).toMatchObject([
      { name: 'channels.member-changed', userId: 'carol', role: 'moderator' },
    ])
  })

  it('says nothing when nothing changes [CH-9]', async () => {
    await bob.ask('channels.set-member', { ...secret, userId: 'carol', role: 'member' })
    expect([...bob.heard, ...carol.heard, ...events]).toEqual([])
  })

  it('does not know people who do not exist or are disabled [CH-9]', async () => {
    await disable('mallory')
    for (const userId of ['mallory', 'nobody', '']) {
      expect(await bob.refusal('channels.set-member', { ...secret, userId })).toMatchObject({
        code: 'not-found',
      })
    }
    expect(await roles('secret')).toEqual({ bob: 'moderator', carol: 'member' })
  })

  it.each([
    ['channels.set-member', { userId: 'mallory' }],
    ['channels.remove-member', { userId: 'bob' }],
    ['channels.change', { name: 'Mine' }],
  ])(
    '%s is for moderators; a member is told so, an outsider hears of no channel [CH-8]',
    async (type, body) => {
      expect(await carol.refusal(type, { ...secret, ...body })).toMatchObject({
        code: 'not-allowed',
      })
      expect(await mallory.refusal(type, { ...secret, ...body })).toMatchObject({
        code: 'channels.not-found',
      })
      expect(await mallory.refusal(type, { ...garden, ...body })).toMatchObject({
        code: 'channels.not-found',
      })
      expect(await roles('secret')).toEqual({ bob: 'moderator', carol: 'member' })
      expect(bob.heard).toEqual([])
    },
  )

  it('lets admins manage open channels without being in them [CH-8]', async () => {
    await alice.ask('channels.set-member', { ...garden, userId: 'carol', role: 'listener' })
    expect(await alice.ask('channels.change', { ...garden, name: 'Park' })).toMatchObject({
      name: 'Park',
    })
    expect((await alice.ask('channels.members', garden)).members).toHaveLength(2)
    await alice.ask('channels.remove-member', { ...garden, userId: 'carol' })
    expect(await roles('garden')).toEqual({ bob: 'moderator' })
    expect(alice.heardOf('chat.message')).toEqual([])
  })

  it('lets admins manage private channels only when they are in them [CH-8]', async () => {
    const act = { ...secret, userId: 'carol', role: 'listener' }
    expect(await alice.refusal('channels.set-member', act)).toMatchObject({
      code: 'channels.not-found',
    })
    expect(await alice.refusal('channels.members', secret)).toMatchObject({
      code: 'channels.not-found',
    })
    await bob.ask('channels.set-member', { ...secret, userId: 'alice', role: 'listener' })
    expect(await alice.ask('channels.set-member', act)).toMatchObject({ role: 'listener' })
  })

  it('no longer counts somebody who was made a plain member a moment ago [CH-8]', async () => {
    await bob.ask('channels.set-member', { ...secret, userId: 'carol', role: 'moderator' })
    await carol.ask('channels.set-member', { ...secret, userId: 'bob', role: 'member' })
    expect(await bob.refusal('channels.change', { ...secret, name: 'x' })).toMatchObject({
      code: 'not-allowed',
    })
  })
})

describe('leaving', () => {
  it('tells both sides, and then nothing of the channel any more [CH-10]', async () => {
    await carol.ask('channels.join', garden)
    forgetAll()
    expect(await carol.ask('channels.leave', garden)).toEqual({})
    expect(carol.heard).toEqual([
      { type: 'channels.gone', body: garden },
      { type: 'channels.opened', body: expect.objectContaining({ slug: 'garden' }) },
    ])
    expect(bob.heardOf('channels.member-left')).toEqual([
      { ...garden, userId: 'carol', memberCount: 1 },
    ])
    carol.forget()
    await bob.ask('chat.post', { ...garden, clientId: 'client-1', text: 'gone?' })
    await bob.ask('channels.change', { ...garden, topic: 'x' })
    expect(carol.heard.map(({ type }) => type)).toEqual(['channels.opened'])
    expect(await carol.refusal('chat.history', garden)).toMatchObject({
      code: 'channels.not-found',
    })
  })

  it('being removed from a private channel leaves no trace of it [CH-10] [CH-5]', async () => {
    await bob.ask('channels.remove-member', { ...secret, userId: 'carol' })
    expect(carol.heard).toEqual([{ type: 'channels.gone', body: secret }])
    expect(await carol.refusal('channels.get', secret)).toEqual(
      await carol.refusal('channels.get', { channelSlug: 'nowhere' }),
    )
    expect(events).toEqual([
      { name: 'channels.member-left', channelId: 2, slug: 'secret', userId: 'carol' },
    ])
  })

  it('hears nothing of what is posted in the very turn of the removal [CH-10]', async () => {
    const post = (n: number) =>
      bob.ask('chat.post', { ...secret, clientId: `client-${n}`, text: String(n) })
    await Promise.all([
      post(1),
      bob.ask('channels.remove-member', { ...secret, userId: 'carol' }),
      post(2),
    ])
    expect(carol.heard.map(({ type }) => type)).toEqual(['chat.message', 'channels.gone'])
  })

  it('removing somebody who is not there: not-found', async () => {
    expect(
      await bob.refusal('channels.remove-member', { ...secret, userId: 'mallory' }),
    ).toMatchObject({
      code: 'not-found',
    })
  })
})

describe('the last moderator', () => {
  const code = 'channels.last-moderator'
  it('can neither leave, nor be removed, nor be given another role [CH-11]', async () => {
    expect(await bob.refusal('channels.leave', secret)).toMatchObject({ code })
    expect(await bob.refusal('channels.remove-member', { ...secret, userId: 'bob' })).toMatchObject(
      { code },
    )
    expect(await bob.refusal('channels.set-member', { ...secret, userId: 'bob' })).toMatchObject({
      code,
    })
    await carol.ask('channels.join', garden)
    expect(
      await alice.refusal('channels.remove-member', { ...garden, userId: 'bob' }),
    ).toMatchObject({ code })
    expect(await alice.refusal('channels.set-member', { ...garden, userId: 'bob' })).toMatchObject({
      code,
    })
    expect(await roles('secret')).toEqual({ bob: 'moderator', carol: 'member' })
    expect(events).toHaveLength(1)
  })

  it('may leave once there is another, or nobody [CH-11]', async () => {
    await bob.ask('channels.leave', garden)
    await bob.ask('channels.set-member', { ...secret, userId: 'carol', role: 'moderator' })
    await bob.ask('channels.leave', secret)
    expect((await carol.ask('channels.members', secret)).members).toMatchObject([
      { userId: 'carol' },
    ])
  })

  it('is not replaced by somebody who is disabled [CH-11]', async () => {
    await bob.ask('channels.set-member', { ...secret, userId: 'carol', role: 'moderator' })
    await bob.ask('channels.set-member', { ...secret, userId: 'mallory' })
    await disable('carol')
    expect(await bob.refusal('channels.leave', secret)).toMatchObject({ code })
  })

  it('is replaced, when disabled, by whoever was there longest, listeners last [CH-16]', async () => {
    await bob.ask('channels.set-member', { ...secret, userId: 'mallory' })
    await bob.ask('channels.set-member', { ...secret, userId: 'carol', role: 'listener' })
    talk.advance(1_000)
    await bob.ask('channels.set-member', { ...secret, userId: 'alice' })
    const rolesNow = async () =>
      new Map((await talk.channels.members('carol', 'secret')).map((m) => [m.userId, m.role]))
    await talk.channels.ensureModerated()
    expect((await rolesNow()).get('mallory')).toBe('member')

    forgetAll()
    await disable('bob')
    await talk.channels.ensureModerated()
    await talk.channels.ensureModerated()
    expect(await rolesNow()).toEqual(
      new Map([
        ['bob', 'moderator'],
        ['mallory', 'moderator'],
        ['carol', 'listener'],
        ['alice', 'member'],
      ]),
    )
    expect(mallory.heardOf('channels.changed')).toMatchObject([
      { slug: 'secret', role: 'moderator' },
    ])
    expect(carol.heardOf('channels.member')).toMatchObject([
      { member: { userId: 'mallory', role: 'moderator' }, memberCount: 4 },
    ])
    await mallory.ask('channels.set-member', { ...secret, userId: 'alice', role: 'listener' })

    for (const userId of ['mallory', 'alice']) await disable(userId)
    await talk.channels.ensureModerated()
    expect((await rolesNow()).get('carol')).toBe('moderator')
    await disable('carol')
    await talk.channels.ensureModerated()
  })
  it('of two who leave at the same time, one stays [CH-11]', async () => {
    await bob.ask('channels.set-member', { ...secret, userId: 'carol', role: 'moderator' })
    await bob.ask('channels.set-member', { ...secret, userId: 'mallory' })
    const asked = await Promise.all([
      bob.refusal('channels.leave', secret),
      carol.refusal('channels.leave', secret),
    ])
    expect(asked.map((refusal) => refusal?.code)).toEqual([undefined, code])
  })
})

describe('over REST', () => {
  it('everything answers by the same rules [WS-22]', async () => {
    const { rest } = talk
    expect(await rest('carol', 'POST', '/garden/join')).toMatchObject({
      status: 200,
      body: { role: 'member' },
    })
    expect(await rest('carol', 'POST', '/garden/join')).toMatchObject({
      status: 409,
      body: { error: { code: 'channels.already-a-member' } },
    })
    expect(await rest('carol', 'GET', '/garden/members')).toMatchObject({
      body: { members: [{ userId: 'bob' }, { userId: 'carol' }] },
    })
    expect(await rest('bob', 'PUT', '/garden/members/carol', { role: 'moderator' })).toMatchObject({
      status: 200,
      body: { role: 'moderator' },
    })
    expect(await rest('carol', 'PATCH', '/garden', { topic: 'Roses' })).toMatchObject({
      body: { topic: 'Roses' },
    })
    expect(await rest('carol', 'DELETE', '/garden/members/bob')).toEqual({ status: 200, body: {} })
    expect(await rest('carol', 'POST', '/garden/leave')).toEqual({ status: 200, body: {} })
    expect(await rest('carol', 'GET', '/garden')).toMatchObject({
      body: { slug: 'garden', topic: 'Roses' },
    })
    expect(await rest('mallory', 'GET', '/secret/members')).toMatchObject({ status: 404 })
    expect(await rest('bob', 'PUT', '/secret/members/bob', { role: 'king' })).toMatchObject({
      status: 400,
    })
  })
})
