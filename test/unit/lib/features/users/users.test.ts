import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PASSWORD, type PeopleWorld, startPeople } from '../../../../support/people.ts'

let world: PeopleWorld
beforeEach(async () => {
  world = await startPeople()
})
afterEach(async () => {
  expect(world.bugs).toEqual([])
  await world.close()
})
const dave = { username: 'dave', displayName: 'Dave', role: 'member' as const }
const storedHash = async (username: string) =>
  (
    await world.db
      .selectFrom('users')
      .select('passwordHash')
      .where('username', '=', username)
      .executeTakeFirst()
  )?.passwordHash

describe('creating a person', () => {
  it('stores them, tells everybody, and keeps only a hash of the password', async () => {
    const { user, password } = await world.users.create({ ...dave, password: PASSWORD })
    expect(user).toEqual({ id: user.id, ...dave, disabled: false })
    expect(password).toBeUndefined()
    expect(await world.users.get(user.id)).toEqual(user)
    expect(world.changed).toEqual([user])
    expect(await storedHash('dave')).not.toContain(PASSWORD)
  })
  it('makes a password where none is given, different each time, and answers it once', async () => {
    const first = await world.users.create(dave)
    const second = await world.users.create({ ...dave, username: 'erin' })
    expect(first.password).toMatch(/^([0-9a-z]{5}-){3}[0-9a-z]{5}$/)
    expect(second.password).not.toBe(first.password)
    await world.enter('dave', first.password)
  })
  it('refuses a username that is taken, and stores nothing', async () => {
    await expect(world.users.create({ ...dave, username: 'bob' })).rejects.toMatchObject({
      code: 'users.username-taken',
    })
    expect((await world.users.list()).map(({ username }) => username)).toEqual([
      'alice',
      'bob',
      'carol',
    ])
    expect(world.changed).toEqual([])
  })
  it('refuses a weak password, and stores nothing', async () => {
    await expect(world.users.create({ ...dave, password: 'short' })).rejects.toMatchObject({
      code: 'users.weak-password',
    })
    expect(await world.users.byUsername('dave')).toBeUndefined()
  })
  it('only admins may', async () => {
    await expect(world.users.createBy(world.bob.id, dave)).rejects.toMatchObject({
      code: 'not-allowed',
    })
    expect(await world.users.byUsername('dave')).toBeUndefined()
    await world.users.createBy(world.alice.id, dave)
    expect(await world.users.byUsername('dave')).toMatchObject(dave)
  })
})

describe('finding people', () => {
  it('by name, whatever the case and the blanks around it', async () => {
    expect(await world.users.byUsername('  BOB ')).toEqual(world.bob)
    expect(await world.users.byUsername('mallory')).toBeUndefined()
  })
  it('by id: not-found for nobody', async () => {
    expect(await world.users.get(world.bob.id)).toEqual(world.bob)
    await expect(world.users.get('nobody')).rejects.toMatchObject({ code: 'not-found' })
  })
  it('nothing that is answered holds a password hash', async () => {
    const answers = [await world.users.list(), await world.users.byUsername('bob'), world.changed]
    expect(JSON.stringify(answers)).not.toContain((await storedHash('bob')) ?? 'missing')
  })
})

describe('changing people', () => {
  it('everybody may change their own display name, and everybody hears of it', async () => {
    const after = await world.users.changeBy(world.bob.id, world.bob.id, { displayName: 'Bobby' })
    expect(after).toEqual({ ...world.bob, displayName: 'Bobby' })
    expect(await world.users.get(world.bob.id)).toEqual(after)
    expect(world.changed).toEqual([after])
  })
  it.each([
    ['another one’s name', 'carol', { displayName: 'Mud' }],
    ['their own role', 'bob', { role: 'admin' as const }],
    ['their own name and role', 'bob', { displayName: 'Boss', role: 'admin' as const }],
    ['whether another may sign in', 'carol', { disabled: true }],
  ])('a member may not change %s', async (_what, whom, change) => {
    const before = await world.users.list()
    const target = before.find(({ username }) => username === whom)?.id ?? ''
    await expect(world.users.changeBy(world.bob.id, target, change)).rejects.toMatchObject({
      code: 'not-allowed',
    })
    expect(await world.users.list()).toEqual(before)
    expect(world.changed).toEqual([])
  })
  it('an admin may change everybody; nobody there is not-found', async () => {
    await world.users.changeBy(world.alice.id, world.bob.id, { role: 'admin', displayName: 'B' })
    expect(await world.users.get(world.bob.id)).toMatchObject({ role: 'admin', displayName: 'B' })
    await expect(world.users.changeBy(world.alice.id, 'nobody', {})).rejects.toMatchObject({
      code: 'not-found',
    })
  })
  it('disabling is told once, and enabling is not called disabling', async () => {
    await world.users.disable(world.bob.id)
    await world.users.disable(world.bob.id)
    expect(world.disabled).toEqual([world.bob.id])
    await world.users.change(world.bob.id, { disabled: false })
    expect(world.disabled).toEqual([world.bob.id])
    expect((await world.users.get(world.bob.id)).disabled).toBe(false)
  })
})

describe('the last admin', () => {
  it.each([
    ['demoted', { role: 'member' as const }],
    ['disabled', { disabled: true }],
  ])('cannot be %s', async (_how, change) => {
    await expect(world.users.change(world.alice.id, change)).rejects.toMatchObject({
      code: 'users.last-admin',
    })
    expect(await world.users.get(world.alice.id)).toEqual(world.alice)
    expect(world.changed).toEqual([])
    expect(world.disabled).toEqual([])
  })
  it('may go when there is another who can sign in; a disabled one does not count', async () => {
    await world.users.change(world.bob.id, { role: 'admin', disabled: true })
    await expect(world.users.disable(world.alice.id)).rejects.toMatchObject({
      code: 'users.last-admin',
    })
    await world.users.change(world.bob.id, { disabled: false })
    await world.users.disable(world.alice.id)
    expect((await world.users.get(world.alice.id)).disabled).toBe(true)
  })
  it('two admins who demote each other at once: one stays', async () => {
    await world.users.change(world.bob.id, { role: 'admin' })
    const outcomes = await Promise.allSettled([
      world.users.changeBy(world.alice.id, world.bob.id, { role: 'member' }),
      world.users.changeBy(world.bob.id, world.alice.id, { role: 'member' }),
    ])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const admins = (await world.users.list()).filter(({ role }) => role === 'admin')
    expect(admins).toHaveLength(1)
  })
  it('who was an admin and is disabled now may not act as one', async () => {
    await world.users.change(world.bob.id, { role: 'admin' })
    await world.users.disable(world.bob.id)
    await expect(world.users.mustBeAdmin(world.bob.id)).rejects.toMatchObject({
      code: 'not-allowed',
    })
  })
})
