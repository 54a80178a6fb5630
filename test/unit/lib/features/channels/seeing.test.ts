import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MAX_UNREAD } from '../../../../../lib/protocol/limits.ts'
import { startTalk, type Talk, type TalkClient } from '../../../../support/talk.ts'

let talk: Talk, alice: TalkClient, bob: TalkClient, carol: TalkClient, mallory: TalkClient
beforeEach(async () => {
  talk = await startTalk()
  alice = await talk.connect('alice')
  bob = await talk.connect('bob')
  carol = await talk.connect('carol')
  mallory = await talk.connect('mallory')
  await bob.ask('channels.create', { name: 'Garden' })
  await bob.ask('channels.create', { name: 'Secret', private: true })
  await bob.ask('channels.set-member', { channelSlug: 'secret', userId: 'carol' })
  for (const client of [alice, bob, carol, mallory]) client.forget()
})
afterEach(async () => {
  expect(talk.bugs).toEqual([])
  await talk.stop()
})

const garden = { channelSlug: 'garden' }
const secret = { channelSlug: 'secret' }

describe('a channel one may not see', () => {
  const doors: [string, object][] = [
    ['channels.get', {}],
    ['channels.join', {}],
    ['channels.leave', {}],
    ['channels.members', {}],
    ['channels.change', { name: 'x' }],
    ['channels.set-member', { userId: 'mallory' }],
    ['channels.remove-member', { userId: 'carol' }],
    ['chat.post', { clientId: 'client-1', text: 'x' }],
    ['chat.edit', { messageId: 'm', text: 'x' }],
    ['chat.delete', { messageId: 'm' }],
    ['chat.history', {}],
    ['chat.since', { since: 0 }],
    ['chat.read', { seq: 1 }],
    ['chat.typing', {}],
  ]
  it.each(doors)(
    '%s answers like one that does not exist, to anybody and admins too [CH-5]',
    async (type, body) => {
      const unknown = await mallory.refusal(type, { channelSlug: 'nowhere', ...body })
      expect(unknown?.code).toBe('channels.not-found')
      expect(await mallory.refusal(type, { ...secret, ...body })).toEqual(unknown)
      expect(await alice.refusal(type, { ...secret, ...body })).toEqual(unknown)
      expect([...bob.heard, ...carol.heard]).toEqual([])
    },
  )

  const strange = [
    '',
    '.',
    '..',
    '../x',
    'a/b',
    '..\\x',
    '%2e%2e%2fx',
    'CON',
    'con',
    'Secret',
    'secret ',
    'secret\u0000',
    'sеcret',
    '__proto__',
    "' or 1=1 --",
    'x'.repeat(10_240),
  ]
  it.each(strange)('so does %j, at every door [CH-5]', async (channelSlug) => {
    const body = { error: await mallory.refusal('channels.get', { channelSlug: 'nowhere' }) }
    for (const [type, rest] of doors) {
      expect({ error: await mallory.refusal(type, { channelSlug, ...rest }) }).toEqual(body)
    }
    if (['', '.', '..'].includes(channelSlug)) return
    const path = `/${encodeURIComponent(channelSlug)}`
    const refused = { status: 404, body }
    expect(await talk.rest('mallory', 'GET', path)).toEqual(refused)
    expect(await talk.rest('mallory', 'GET', `${path}/messages`)).toEqual(refused)
    expect(await talk.rest('mallory', 'POST', `${path}/join`)).toEqual(refused)
    expect(await talk.rest('mallory', 'PATCH', path, { name: 'x' })).toEqual(refused)
    expect(await talk.rest('mallory', 'GET', '/secret')).toEqual(refused)
  })

  it('is not in anybody else’s list [CH-5]', async () => {
    for (const who of [alice, mallory]) {
      expect(JSON.stringify(await who.ask('channels.list'))).not.toContain('ecret')
    }
    expect(JSON.stringify((await talk.rest('mallory', 'GET', '')).body)).not.toContain('ecret')
  })
})

describe('an open channel I am not in', () => {
  it('shows that it is there, and nothing of what is in it [CH-7]', async () => {
    expect(await mallory.ask('channels.get', garden)).toEqual({
      slug: 'garden',
      name: 'Garden',
      topic: '',
      private: false,
      archived: false,
      recordable: false,
      createdAt: talk.now().toISOString(),
    })
    for (const type of ['channels.members', 'chat.history', 'channels.leave', 'chat.typing']) {
      expect(await mallory.refusal(type, garden)).toMatchObject({ code: 'channels.not-found' })
    }
    await bob.ask('chat.post', { ...garden, clientId: 'client-1', text: 'x' })
    await bob.ask('chat.typing', garden)
    expect(mallory.heard).toEqual([])
  })

  it('is listed until I join it', async () => {
    expect(await carol.ask('channels.list')).toMatchObject({
      channels: [{ slug: 'secret' }],
      open: [{ slug: 'garden' }],
    })
    await carol.ask('channels.join', garden)
    expect(await carol.ask('channels.list')).toMatchObject({
      channels: [{ slug: 'garden' }, { slug: 'secret' }],
      open: [],
    })
  })
})

describe('a changed name or topic', () => {
  it('is told to each member with their own role and position, and to the others as an open channel [CH-12] [WS-20]', async () => {
    await carol.ask('channels.join', garden)
    await bob.ask('chat.post', { ...garden, clientId: 'client-1', text: 'x' })
    for (const client of [alice, bob, carol, mallory]) client.forget()
    const changed = await bob.ask('channels.change', { ...garden, name: 'Park', topic: 'Trees' })
    const shared = { slug: 'garden', name: 'Park', topic: 'Trees', memberCount: 2, lastSeq: 1 }
    expect(changed).toMatchObject(shared)
    expect(bob.heard).toEqual([{ type: 'channels.changed', body: changed }])
    expect(carol.heardOf('channels.changed')).toMatchObject([
      { ...shared, role: 'member', unread: 1, readSeq: 0 },
    ])
    expect(mallory.heardOf('channels.opened')).toMatchObject([{ name: 'Park', topic: 'Trees' }])
  })

  it('of a private channel is told to nobody else [CH-12]', async () => {
    await bob.ask('channels.change', { ...secret, name: 'Plan' })
    expect(carol.heardOf('channels.changed')).toMatchObject([{ name: 'Plan' }])
    expect([...alice.heard, ...mallory.heard]).toEqual([])
  })

  it('keeps what is not given, and may empty the topic [CH-12]', async () => {
    await bob.ask('channels.change', { ...garden, topic: 'Trees' })
    expect(await bob.ask('channels.change', { ...garden, name: 'Park' })).toMatchObject({
      topic: 'Trees',
    })
    expect(await bob.ask('channels.change', { ...garden, topic: '' })).toMatchObject({
      name: 'Park',
      topic: '',
    })
  })
})

describe('unread', () => {
  const post = (who: TalkClient, n: number) =>
    who.ask('chat.post', { ...secret, clientId: `client-${n}`, text: 'x' })
  const unread = async (who: TalkClient) => (await who.ask('channels.get', secret)).unread

  it('counts messages of others that are not deleted, after what I read [CH-14]', async () => {
    for (const n of [1, 2, 3]) await post(bob, n)
    const { id } = await post(bob, 4)
    expect([await unread(bob), await unread(carol)]).toEqual([0, 4])
    await bob.ask('chat.delete', { ...secret, messageId: id })
    expect(await unread(carol)).toBe(3)
    expect(await carol.ask('chat.read', { ...secret, seq: 2 })).toMatchObject({ unread: 1 })
    expect(await unread(carol)).toBe(1)
    await post(carol, 5)
    expect([await unread(bob), await unread(carol)]).toEqual([1, 0])
  })

  it('stops counting at a thousand [CH-14]', async () => {
    await talk.stop()
    talk = await startTalk({ postsBurst: 2_000 })
    bob = await talk.connect('bob')
    carol = await talk.connect('carol')
    await bob.ask('channels.create', { name: 'Secret', private: true })
    await bob.ask('channels.set-member', { ...secret, userId: 'carol' })
    await Promise.all(Array.from({ length: MAX_UNREAD + 5 }, (_, n) => post(bob, n)))
    expect(await unread(carol)).toBe(MAX_UNREAD)
    expect(await carol.ask('chat.read', { ...secret, seq: 1 })).toMatchObject({
      unread: MAX_UNREAD,
    })
    expect(await carol.ask('chat.read', { ...secret, seq: 10 })).toMatchObject({
      unread: MAX_UNREAD - 5,
    })
  })
})

it('answers my channels with as many queries for two hundred as for two', async () => {
  const count = async () => {
    const spy = vi.spyOn(talk.db.getExecutor(), 'executeQuery')
    const mine = await talk.channels.mine('bob')
    const { length } = spy.mock.calls
    spy.mockRestore()
    return { channels: mine.length, queries: length }
  }
  const few = await count()
  for (let n = 0; n < 198; n += 1) await bob.ask('channels.create', { name: `Room ${n}` })
  expect(await count()).toEqual({ channels: 200, queries: few.queries })
})

it('gives the media server every channel with its active members by username', async () => {
  await talk.db.updateTable('users').set({ disabled: 1 }).where('id', '=', 'carol').execute()
  expect(await talk.channels.groups()).toEqual([
    {
      slug: 'garden',
      private: false,
      name: 'Garden',
      topic: '',
      recordable: false,
      members: new Map([['bob', 'moderator']]),
    },
    {
      slug: 'secret',
      private: true,
      name: 'Secret',
      topic: '',
      recordable: false,
      members: new Map([['bob', 'moderator']]),
    },
  ])
})

it('gives the media server one channel alone, read alone, where it asks for one', async () => {
  const spy = vi.spyOn(talk.db.getExecutor(), 'executeQuery')
  const members = new Map([
    ['bob', 'moderator'],
    ['carol', 'member'],
  ])
  const secret = {
    slug: 'secret',
    name: 'Secret',
    private: true,
    topic: '',
    recordable: false,
    members,
  }
  expect(await talk.channels.groups('secret')).toEqual([secret])
  const rows = await Promise.all(spy.mock.results.map(({ value }) => value))
  spy.mockRestore()
  expect(rows.map((result) => result.rows.length)).toEqual([1, 2])
  expect(await talk.channels.groups('none')).toEqual([])
})

it('shows who is in a channel’s call', async () => {
  const call = [{ userId: 'carol', connectionId: 'c1', joinedAt: '2026-01-01T00:00:00.000Z' }]
  talk.calls.set('garden', call)
  expect((await bob.ask('channels.list')).channels).toMatchObject([
    { slug: 'garden', call },
    { slug: 'secret', call: [] },
  ])
})
