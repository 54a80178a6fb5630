import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LAPTOP, PASSWORD, type PeopleWorld, startPeople } from '../../../../support/people.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

let world: PeopleWorld
beforeEach(async () => {
  world = await startPeople()
})
afterEach(async () => {
  expect(world.bugs).toEqual([])
  await world.close()
})
const row = (id: string) =>
  world.db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst()
const isIn = async (cookie: string) => (await world.auth.authenticate(cookie)) !== undefined

describe('authenticate', () => {
  it.each([
    ['no cookie at all', undefined],
    ['a cookie of another name', 'session=x'],
    ['an empty token', 'pyrite_session='],
    ['a token nobody has', `pyrite_session=${'A'.repeat(43)}`],
    ['a very long token', `pyrite_session=${'A'.repeat(100_000)}`],
    ['a token with other signs', `pyrite_session=${'%00'.repeat(43)}`],
  ])('knows nobody by %s', async (_what, cookie) => {
    expect(await world.auth.authenticate(cookie)).toBeUndefined()
  })
  it('knows who sends the cookie among others, also after a change of name', async () => {
    const { cookie, userId } = await world.enter('bob')
    await world.users.change(userId, { displayName: 'Bobby', role: 'admin' })
    expect(await world.auth.authenticate(`a=b; ${cookie}; c=d`)).toMatchObject({
      userId,
      displayName: 'Bobby',
      role: 'admin',
    })
  })
  it('takes a bearer token, which wins over the cookie and says that no cookie spoke', async () => {
    const bob = await world.enter('bob')
    const carol = await world.enter('carol')
    expect(await world.auth.authenticate(carol.cookie, `Bearer ${bob.token}`)).toMatchObject({
      userId: bob.userId,
      byCookie: false,
    })
  })
  it.each(['Basic Ym9iOmJvYg==', 'Bearer', ''])(
    'by any other Authorization (%s) it is the cookie that speaks',
    async (authorization) => {
      const { cookie, userId } = await world.enter('bob')
      expect(await world.auth.authenticate(cookie, authorization)).toMatchObject({
        userId,
        byCookie: true,
      })
    },
  )
  it('does not know a disabled person, nor again by the same session when they are enabled', async () => {
    const { cookie, userId, sessionId } = await world.enter('bob')
    await world.users.disable(userId)
    expect(await isIn(cookie)).toBe(false)
    await world.auth.sweep()
    expect(world.ended).toEqual([sessionId])
    await world.users.change(userId, { disabled: false })
    expect(await isIn(cookie)).toBe(false)
  })
})

describe('how long a session lives', () => {
  it('ends after the days set without a visit, to the millisecond', async () => {
    const { cookie } = await world.enter('bob')
    world.advance(30 * DAY - 1)
    expect(await isIn(cookie)).toBe(true)
    world.advance(30 * DAY)
    expect(await isIn(cookie)).toBe(false)
  })
  it('each visit prolongs it, so that who comes daily stays', async () => {
    const { cookie } = await world.enter('bob')
    for (let day = 0; day < 100; day += 1) {
      world.advance(DAY)
      expect(await isIn(cookie)).toBe(true)
    }
  })
  it('writes at most once an hour', async () => {
    const { cookie, sessionId } = await world.enter('bob')
    const start = await row(sessionId)
    world.advance(59 * MINUTE)
    await world.auth.authenticate(cookie)
    expect(await row(sessionId)).toEqual(start)
    world.advance(MINUTE)
    const who = await world.auth.authenticate(cookie)
    const later = await row(sessionId)
    expect(later).toMatchObject({
      lastSeenAt: '2026-01-01T01:00:00.000Z',
      expiresAt: '2026-01-31T01:00:00.000Z',
    })
    expect(who?.expiresAt).toBe(later?.expiresAt)
  })
  it('while nothing can be stored, who is signed in stays so, as long as was stored', async () => {
    const bob = await world.enter('bob')
    world.advance(2 * HOUR)
    await sql`pragma query_only = 1`.execute(world.db)
    expect(await world.auth.authenticate(bob.cookie)).toMatchObject({ expiresAt: bob.expiresAt })
    await sql`pragma query_only = 0`.execute(world.db)
    world.advance(30 * DAY)
    expect(await isIn(bob.cookie)).toBe(false)
  })

  it('one shorter than ten hours is prolonged by each visit that matters', async () => {
    const short = await startPeople({ session_days: 1 / 24 })
    const { cookie } = await short.enter('bob')
    for (let visit = 0; visit < 10; visit += 1) {
      short.advance(50 * MINUTE)
      expect(await short.auth.authenticate(cookie)).toBeDefined()
    }
    await short.close()
  })
  it('one that ran out is removed, and said to be over, by the sweep', async () => {
    const old = await world.enter('bob')
    world.advance(20 * DAY)
    const fresh = await world.enter('carol')
    world.advance(11 * DAY)
    expect(await world.auth.stillOpen([old.sessionId, fresh.sessionId, 'x'])).toEqual([
      fresh.sessionId,
    ])
    await world.auth.sweep()
    expect(world.ended).toEqual([old.sessionId])
    expect(await row(old.sessionId)).toBeUndefined()
    expect(await isIn(fresh.cookie)).toBe(true)
  })
  it('stillOpen of nobody is nobody', async () => {
    expect(await world.auth.stillOpen([])).toEqual([])
  })
})

describe('my devices', () => {
  it('lists mine, the last used first, without address or token', async () => {
    const phone = await world.auth.signIn(
      { username: 'bob', password: PASSWORD },
      { userAgent: 'Phone'.repeat(100), address: '198.51.100.1' },
    )
    world.advance(HOUR)
    const laptop = await world.enter('bob')
    await world.enter('carol')
    const list = await world.auth.list(laptop.userId, laptop.sessionId)
    expect(list).toEqual([
      {
        id: laptop.sessionId,
        createdAt: '2026-01-01T01:00:00.000Z',
        lastSeenAt: '2026-01-01T01:00:00.000Z',
        userAgent: 'Laptop',
        current: true,
      },
      expect.objectContaining({ userAgent: 'Phone'.repeat(100).slice(0, 256), current: false }),
    ])
    expect(JSON.stringify(list)).not.toContain(phone.token)
  })
  it('ends one of mine, and only mine', async () => {
    const bob = await world.enter('bob')
    const carol = await world.enter('carol')
    await expect(world.auth.end(bob.userId, carol.sessionId)).rejects.toMatchObject({
      code: 'not-found',
    })
    expect(await isIn(carol.cookie)).toBe(true)
    await world.auth.end(bob.userId, bob.sessionId)
    expect(await isIn(bob.cookie)).toBe(false)
    expect(world.ended).toEqual([bob.sessionId])
    await expect(world.auth.end(bob.userId, bob.sessionId)).rejects.toMatchObject({
      code: 'not-found',
    })
  })
  it('ends all of mine, and nobody else’s', async () => {
    const mine = [await world.enter('bob'), await world.enter('bob')]
    const carol = await world.enter('carol')
    await world.auth.endAllOf(world.bob.id)
    expect(world.ended.sort()).toEqual(mine.map(({ sessionId }) => sessionId).sort())
    for (const { cookie } of mine) expect(await isIn(cookie)).toBe(false)
    expect(await isIn(carol.cookie)).toBe(true)
  })
})

describe('changing my password', () => {
  const next = 'a much better one'
  it('ends my other sessions, keeps this one, and only the new password opens', async () => {
    const here = await world.enter('bob')
    const there = await world.enter('bob')
    await world.auth.changePassword(here, { current: PASSWORD, next }, LAPTOP.address)
    expect(world.ended).toEqual([there.sessionId])
    expect(await isIn(here.cookie)).toBe(true)
    expect(await isIn(there.cookie)).toBe(false)
    await expect(world.enter('bob')).rejects.toMatchObject({ code: 'auth.bad-credentials' })
    await world.enter('bob', next)
  })
  it.each([
    ['a wrong current one', 'wrong', next, 'auth.bad-credentials'],
    ['a weak new one', PASSWORD, 'short', 'users.weak-password'],
  ])('refuses %s, and changes nothing', async (_what, current, wanted, code) => {
    const here = await world.enter('bob')
    const there = await world.enter('bob')
    await expect(
      world.auth.changePassword(here, { current, next: wanted }, LAPTOP.address),
    ).rejects.toMatchObject({ code })
    expect(await isIn(there.cookie)).toBe(true)
    await world.enter('bob')
  })
})

describe('resetting a password', () => {
  it('ends all sessions of the person, and answers a password that opens', async () => {
    const bob = await world.enter('bob')
    const password = await world.auth.resetPasswordBy(world.alice.id, world.bob.id)
    expect(world.ended).toEqual([bob.sessionId])
    expect(await isIn(bob.cookie)).toBe(false)
    await expect(world.enter('bob')).rejects.toMatchObject({ code: 'auth.bad-credentials' })
    await world.enter('bob', password)
  })
  it('only admins may', async () => {
    const bob = await world.enter('bob')
    await expect(world.auth.resetPasswordBy(world.carol.id, world.bob.id)).rejects.toMatchObject({
      code: 'not-allowed',
    })
    expect(await isIn(bob.cookie)).toBe(true)
    await world.enter('bob')
  })
  it('of nobody is not-found', async () => {
    await expect(world.auth.resetPassword('nobody')).rejects.toMatchObject({ code: 'not-found' })
  })
  it('wins over a sign-in that began with the old password', async () => {
    world.meanwhile(() => world.auth.resetPassword(world.bob.id, 'the admin chose this'))
    await expect(world.enter('bob')).rejects.toMatchObject({ code: 'auth.bad-credentials' })
    expect(await world.db.selectFrom('sessions').select('id').execute()).toEqual([])
    await world.enter('bob', 'the admin chose this')
  })
  it('wins over a change that began with the old password', async () => {
    const thief = await world.enter('bob')
    world.meanwhile(() => world.auth.resetPassword(world.bob.id, 'the admin chose this'))
    const change = { current: PASSWORD, next: 'the thief chose this' }
    await expect(world.auth.changePassword(thief, change, LAPTOP.address)).rejects.toMatchObject({
      code: 'auth.bad-credentials',
    })
    await world.enter('bob', 'the admin chose this')
  })
  it('disabling wins over a sign-in that began before', async () => {
    world.meanwhile(() => world.users.disable(world.bob.id))
    await expect(world.enter('bob')).rejects.toMatchObject({ code: 'auth.bad-credentials' })
    expect(await world.db.selectFrom('sessions').select('id').execute()).toEqual([])
  })
})

describe('which sessions still hold', () => {
  it('is known of more than a database is asked for at once', async () => {
    const bob = await world.enter('bob')
    const carol = await world.enter('carol')
    await world.auth.end(carol.userId, carol.sessionId)
    const strangers = Array.from({ length: 40_000 }, (_, n) => `nobody-${n}`)
    const asked = [bob.sessionId, ...strangers, carol.sessionId]
    expect(await world.auth.stillOpen(asked)).toEqual([bob.sessionId])
    expect(await world.auth.stillOpen([])).toEqual([])
  })
})
