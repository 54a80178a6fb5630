import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LAPTOP, PASSWORD, type PeopleWorld, startPeople } from '../../../../support/people.ts'

let world: PeopleWorld
beforeEach(async () => {
  world = await startPeople()
})
afterEach(async () => {
  vi.useRealTimers()
  expect(world.bugs).toEqual([])
  await world.close()
})
const from = (address: string) => ({ userAgent: 'x', address })
const attempt = (username: string, password: string, address = LAPTOP.address) =>
  world.auth.signIn({ username, password }, from(address))
const sessions = () => world.db.selectFrom('sessions').selectAll().execute()

describe('signing in', () => {
  it('opens a session whose token is in the database only as a hash', async () => {
    const { token, info } = await attempt('bob', PASSWORD)
    expect(info).toEqual({ user: world.bob, expiresAt: '2026-01-31T00:00:00.000Z' })
    expect(await world.auth.authenticate(world.cookieOf(token))).toMatchObject({
      userId: world.bob.id,
      username: 'bob',
      displayName: 'bob',
      role: 'member',
      byCookie: true,
    })
    expect(Buffer.from(token, 'base64url')).toHaveLength(32)
    expect(JSON.stringify(await sessions())).not.toContain(token)
  })
  it('takes the name whatever its case and the blanks around it', async () => {
    expect((await attempt(' BOB ', PASSWORD)).info.user).toEqual(world.bob)
  })
  it('ends the session this browser had, and gives a new token', async () => {
    const first = await world.enter('bob')
    const { token } = await world.auth.signIn(
      { username: 'bob', password: PASSWORD },
      LAPTOP,
      first,
    )
    expect(token).not.toBe(first.token)
    expect(world.ended).toEqual([first.sessionId])
    expect(await world.auth.authenticate(first.cookie)).toBeUndefined()
    expect(await sessions()).toHaveLength(1)
  })
  it('a failed attempt leaves the session this browser had', async () => {
    const first = await world.enter('bob')
    const again = world.auth.signIn({ username: 'bob', password: 'wrong' }, LAPTOP, first)
    await expect(again).rejects.toMatchObject({ code: 'auth.bad-credentials' })
    expect(await world.auth.authenticate(first.cookie)).toMatchObject({ userId: world.bob.id })
  })
})

describe('what a failed sign-in tells', () => {
  const cases = [
    ['an unknown name', 'mallory', PASSWORD],
    ['a wrong password', 'bob', 'wrong horse battery'],
    ['a disabled person with the right password', 'carol', PASSWORD],
    ['a disabled person with a wrong password', 'carol', 'wrong horse battery'],
    ['an empty name', '', PASSWORD],
  ] as const

  it('is the same whatever was wrong, down to the wording, and opens nothing', async () => {
    await world.users.disable(world.carol.id)
    const answers = new Set<string>()
    for (const [, name, password] of cases) {
      const error = await attempt(name, password).catch((thrown: unknown) => thrown)
      const { code, message, retryAfter } = error as {
        code: string
        message: string
        retryAfter?: number
      }
      answers.add(JSON.stringify({ code, message, retryAfter }))
    }
    expect([...answers]).toEqual([
      JSON.stringify({
        code: 'auth.bad-credentials',
        message: 'the name or the password is wrong',
      }),
    ])
    expect(await sessions()).toEqual([])
  })
  it.each(cases)(
    'costs one verification and no other hash for %s',
    async (_what, name, password) => {
      await world.users.disable(world.carol.id)
      await attempt(name, password).catch(() => undefined)
      expect(world.count).toMatchObject({ hashed: 0, verified: 1 })
    },
  )
  it('a right one costs as much', async () => {
    await attempt('bob', PASSWORD)
    expect(world.count).toEqual({ hashed: 0, verified: 1, forNobody: 0 })
  })
  it('is counted the same for a name nobody has', async () => {
    const codes = async (name: string, address: string) => {
      const seen: string[] = []
      for (let n = 0; n < 102; n += 1) {
        const error = await attempt(name, 'wrong', `${address}${n}`).catch(
          (thrown: unknown) => thrown,
        )
        seen.push((error as { code: string }).code)
      }
      return seen
    }
    const known = await codes('bob', '198.51.100.')
    expect(known).toEqual(await codes('mallory', '203.0.113.'))
    expect(known.slice(99)).toEqual([
      'auth.bad-credentials',
      'too-many-requests',
      'too-many-requests',
    ])
  })
})

describe('the throttle', () => {
  const fail = (name: string, address: string) =>
    expect(attempt(name, 'wrong', address)).rejects.toMatchObject({ code: 'auth.bad-credentials' })

  /** Fails with a name from 100 networks, which is as often as it may. */
  const useUp = async (name: string) => {
    for (let n = 0; n < 100; n += 1) await fail(name, `198.51.100.${n}`)
  }
  const tooMany = { code: 'too-many-requests' }

  it('lets nobody lock out by one address whom they know by name, alone or of a whole IPv6 network', async () => {
    for (let n = 0; n < 10; n += 1) await fail('bob', '198.51.100.7')
    for (let n = 0; n < 10; n += 1) await fail('bob', `2001:db8::${n + 1}`)
    await expect(attempt('bob', PASSWORD, '198.51.100.7')).rejects.toMatchObject(tooMany)
    await expect(attempt('bob', PASSWORD, '2001:db8::99')).rejects.toMatchObject(tooMany)
    await attempt('bob', PASSWORD, '203.0.113.9')
  })
  it('makes a name wait that many addresses try, with the seconds, from elsewhere and even with the right password', async () => {
    await useUp('bob')
    const error = await attempt('BOB ', PASSWORD, '203.0.113.9').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject(tooMany)
    expect((error as { retryAfter: number }).retryAfter).toBeGreaterThan(2_990)
    expect((error as { retryAfter: number }).retryAfter).toBeLessThanOrEqual(3_000)
    await attempt('carol', PASSWORD, '203.0.113.9')
  })
  it('lets a person in where they are signed in though many addresses used up the name, and tells nobody else there', async () => {
    await world.enter('bob')
    await useUp('bob')
    await useUp('mallory')
    const answers = async (name: string) => {
      const before = world.count.verified
      const error = await attempt(name, 'wrong').catch((thrown: unknown) => thrown)
      const { code, message } = error as { code: string; message: string }
      // The seconds left to wait go on while the test does.
      const said = message.replace(/\d+/g, 'some')
      return { code, said, verified: world.count.verified - before }
    }
    expect(await answers('bob')).toEqual(await answers('mallory'))
    expect(await answers('bob')).toMatchObject(tooMany)
    await attempt('bob', PASSWORD)
    await expect(attempt('bob', PASSWORD, '203.0.113.9')).rejects.toMatchObject(tooMany)
  })
  it('makes an address wait, whichever names it tries, and nobody else', async () => {
    for (let n = 0; n < 10; n += 1) await fail(`nobody-${n}`, '198.51.100.7')
    await expect(attempt('bob', PASSWORD, '198.51.100.7')).rejects.toMatchObject({
      code: 'too-many-requests',
    })
    await attempt('bob', PASSWORD, '198.51.100.8')
  })
  it('lets nobody slip through by trying many at once', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, (_, n) => attempt('bob', `guess ${n}`, '198.51.100.7')),
    )
    expect(world.count.verified).toBe(10)
    const codes = outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason.code)
    expect(codes.filter((code) => code === 'too-many-requests')).toHaveLength(40)
  })
  it('a success costs neither the name nor the address anything', async () => {
    for (let round = 0; round < 120; round += 1) await attempt('bob', PASSWORD, '198.51.100.7')
    for (let n = 0; n < 9; n += 1) await fail('carol', '203.0.113.7')
    await attempt('carol', PASSWORD, '203.0.113.7')
    await fail('carol', '203.0.113.7')
    await expect(attempt('carol', PASSWORD, '203.0.113.7')).rejects.toMatchObject(tooMany)
  })
  it('ends after the window, and trying meanwhile does not prolong it', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
    for (let n = 0; n < 10; n += 1) await fail('bob', '198.51.100.7')
    vi.advanceTimersByTime(200_000)
    const again = () => attempt('bob', PASSWORD, '198.51.100.7')
    await expect(again()).rejects.toMatchObject({ retryAfter: 100 })
    vi.advanceTimersByTime(101_000)
    await again()
  })
  it('counts guesses at the current password as well', async () => {
    const bob = await world.enter('bob')
    const guess = () =>
      world.auth.changePassword(bob, { current: 'wrong', next: 'another good one' }, '192.0.2.1')
    for (let n = 0; n < 10; n += 1) {
      await expect(guess()).rejects.toMatchObject({ code: 'auth.bad-credentials' })
    }
    await expect(guess()).rejects.toMatchObject({ code: 'too-many-requests' })
  })
})
