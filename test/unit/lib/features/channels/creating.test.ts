import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MyChannel } from '../../../../../lib/protocol/channels.ts'
import { isUsableSlug, SLUG_PATTERN } from '../../../../../lib/protocol/slug.ts'
import { startTalk, type Talk, type TalkClient } from '../../../../support/talk.ts'

let talk: Talk, alice: TalkClient, bob: TalkClient, carol: TalkClient
beforeEach(async () => {
  talk = await startTalk()
  alice = await talk.connect('alice')
  bob = await talk.connect('bob')
  carol = await talk.connect('carol')
})
afterEach(async () => {
  expect(talk.bugs).toEqual([])
  await talk.stop()
})

const stored = () => talk.db.selectFrom('channels').select(['slug', 'name']).execute()

describe('channels.create', () => {
  it('makes anybody the moderator of their channel, tells them, and tells the others of an open one [CH-1]', async () => {
    const made: MyChannel = await bob.ask('channels.create', { name: 'The Garden', topic: 'Roses' })
    const channel = {
      slug: 'the-garden',
      name: 'The Garden',
      topic: 'Roses',
      private: false,
      createdAt: talk.now().toISOString(),
      archived: false,
      recordable: false,
    }
    const mine = { role: 'moderator', lastSeq: 0, lastRev: 0, readSeq: 0, unread: 0, call: [] }
    expect(made).toEqual({ ...channel, ...mine, memberCount: 1 })
    expect(bob.heard).toEqual([{ type: 'channels.changed', body: made }])
    expect(carol.heard).toEqual([{ type: 'channels.opened', body: channel }])
  })

  it('tells nobody else of a private one [CH-1]', async () => {
    await bob.ask('channels.create', { name: 'Secret', private: true })
    expect([alice.heard, carol.heard]).toEqual([[], []])
    expect(bob.heardOf('channels.changed')).toHaveLength(1)
    expect((await alice.ask('channels.list')).open).toEqual([])
  })

  it.each([
    ['The  Garden & Co.', 'the-garden-and-co'],
    ['Öffentlich', 'offentlich'],
    ['Привет', 'privet'],
    ['---', 'channel'],
    ['日本語', 'channel'],
    ['../x', 'x'],
    ['ALL CAPS 2', 'all-caps-2'],
    ['x'.repeat(80), 'x'.repeat(63)],
    [`${'x'.repeat(62)} y`, 'x'.repeat(62)],
  ])('makes a slug from the name %j [CH-2]', async (name, slug) => {
    const made = await bob.ask('channels.create', { name })
    expect(made.slug).toMatch(SLUG_PATTERN)
    expect(made.slug).toBe(slug)
  })

  it('takes a slug of my own, which never changes [CH-2]', async () => {
    expect((await bob.ask('channels.create', { name: 'Garden', slug: 'plants' })).slug).toBe(
      'plants',
    )
    const changed = await bob.ask('channels.change', {
      channelSlug: 'plants',
      name: 'Trees',
      slug: 'trees',
    })
    expect(changed).toMatchObject({ slug: 'plants', name: 'Trees' })
  })

  it.each([
    '',
    '-a',
    'a-',
    'A',
    'ä',
    'a b',
    'a/b',
    '../x',
    '.',
    'a.b',
    'a%2fb',
    'а',
    'a\u0000',
    'x'.repeat(64),
  ])('refuses the slug %j, and stores nothing [CH-2]', async (slug) => {
    expect(await bob.refusal('channels.create', { name: 'x', slug })).toMatchObject({
      code: 'malformed',
    })
    expect(await stored()).toEqual([])
    expect(carol.heard).toEqual([])
  })

  it.each(['admin', 'con', 'nul', 'lpt1', 'new', 'sfu', 'public-groups'])(
    'refuses the reserved word %s with a suggestion that works [CH-3]',
    async (slug) => {
      const refusal = await bob.refusal('channels.create', { name: 'x', slug })
      expect(refusal).toMatchObject({ code: 'channels.reserved-slug', suggestion: `${slug}-2` })
      await bob.ask('channels.create', { name: 'x', slug: refusal?.suggestion })
    },
  )

  it('refuses a name whose slug is reserved [CH-3]', async () => {
    expect(await bob.refusal('channels.create', { name: 'CON' })).toMatchObject({
      code: 'channels.reserved-slug',
    })
  })

  it('answers a taken slug with one that is free, however many are taken [CH-3]', async () => {
    let wished = 'garden'
    for (let n = 0; n < 110; n += 1) {
      await bob.ask('channels.create', { name: 'Garden', slug: wished })
      const refusal = await bob.refusal('channels.create', { name: 'Garden' })
      expect(refusal?.code).toBe('channels.slug-taken')
      expect(isUsableSlug(refusal?.suggestion ?? '')).toBe(true)
      wished = refusal?.suggestion ?? ''
    }
  })

  it('suggests something short enough for the longest slug [CH-3]', async () => {
    const slug = 'x'.repeat(63)
    await bob.ask('channels.create', { name: 'x', slug })
    expect(await bob.refusal('channels.create', { name: 'x', slug })).toMatchObject({
      suggestion: `${'x'.repeat(61)}-2`,
    })
  })

  it('gives one slug to one of fifty who ask at the same time [CH-4]', async () => {
    const people = [alice, bob, carol]
    const asked = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        (people[n % 3] as TalkClient).refusal('channels.create', { name: 'Garden' }),
      ),
    )
    expect(asked.filter((refusal) => refusal === undefined)).toHaveLength(1)
    expect(new Set(asked.map((refusal) => refusal?.code))).toEqual(
      new Set([undefined, 'channels.slug-taken']),
    )
    expect(await stored()).toEqual([{ slug: 'garden', name: 'Garden' }])
  })

  it('answers with the suggestion over REST too [CH-3] [WS-22]', async () => {
    expect(await talk.rest('bob', 'POST', '', { name: 'Garden' })).toMatchObject({
      status: 201,
      body: { slug: 'garden' },
    })
    expect(await talk.rest('carol', 'POST', '', { name: 'Garden' })).toMatchObject({
      status: 409,
      body: { error: { code: 'channels.slug-taken', suggestion: 'garden-2' } },
    })
  })

  it('is a burst and then so many a minute, over both doors, and stores nothing beyond [CH-15]', async () => {
    await talk.stop()
    talk = await startTalk({ creationsBurst: 3 })
    bob = await talk.connect('bob')
    const again = await talk.connect('bob')
    await bob.ask('channels.create', { name: 'One' })
    await again.ask('channels.create', { name: 'Two' })
    expect(await bob.refusal('channels.create', { name: 'Two' })).toMatchObject({
      code: 'channels.slug-taken',
    })
    const error = { code: 'too-many-requests', message: expect.any(String), retryAfter: 10 }
    expect(await again.refusal('channels.create', { name: 'Three' })).toEqual(error)
    expect(await talk.rest('bob', 'POST', '', { name: 'Three' })).toEqual({
      status: 429,
      body: { error },
    })
    expect(await stored()).toHaveLength(2)
    expect(await talk.rest('carol', 'POST', '', { name: 'Hers' })).toMatchObject({ status: 201 })
    talk.advance(10_000)
    await bob.ask('channels.create', { name: 'Three' })
    expect(await bob.refusal('channels.create', { name: 'Four' })).toEqual(error)
  })

  it('names the field that is wrong', async () => {
    for (const body of [{}, { name: '  ' }, { name: 'x'.repeat(81) }, { name: 7 }]) {
      expect(await bob.refusal('channels.create', body)).toMatchObject({
        code: 'malformed',
        message: expect.stringMatching(/^name: /),
      })
    }
  })
})

describe('#general', () => {
  it('is made once, by whoever comes first, and stays as it is', async () => {
    await talk.channels.ensureGeneral('alice')
    await talk.channels.ensureGeneral('bob')
    expect(await stored()).toEqual([{ slug: 'general', name: 'general' }])
    expect(await talk.channels.roleIn('alice', 'general')).toBe('moderator')
    expect(await talk.channels.roleIn('bob', 'general')).toBeUndefined()
  })

  it('has new people in it from the start; being told twice changes nothing [CH-13]', async () => {
    await talk.channels.ensureGeneral('alice')
    alice.forget()
    await talk.channels.joinDefault('bob')
    await talk.channels.joinDefault('bob')
    expect(await talk.channels.roleIn('bob', 'general')).toBe('member')
    expect(alice.heardOf('channels.member')).toMatchObject([
      { member: { userId: 'bob' }, memberCount: 2 },
    ])
    expect(bob.heardOf('channels.changed')).toMatchObject([{ slug: 'general', role: 'member' }])
  })

  it('is not made by a person who joins where there is none', async () => {
    await talk.channels.joinDefault('bob')
    expect(await stored()).toEqual([])
  })
})
