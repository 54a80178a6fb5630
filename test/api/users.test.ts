import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { User } from '../../lib/protocol/users.ts'
import { type Client, signIn } from '../support/client.ts'
import { PASSWORD, type Pyrite, startPyrite } from '../support/pyrite.ts'

let pyrite: Pyrite, alice: Client, bob: Client
beforeAll(async () => {
  pyrite = await startPyrite({ settings: { auth: { sign_in_attempts: 1_000 } } })
})
afterAll(() => pyrite.stop())
beforeEach(async () => {
  alice = await pyrite.signIn('alice')
  bob = await pyrite.signIn('bob')
})
let made = 0
const newcomer = async () => {
  made += 1
  const username = `person-${made}`
  const wanted = { username, displayName: `Person ${made}`, password: PASSWORD }
  const { body } = await alice.send('POST', '/api/users', wanted)
  return (body as { user: User }).user
}
const names = async () =>
  ((await bob.send('GET', '/api/users')).body as User[]).map(({ username }) => username)

describe('GET /api/users', () => {
  it('lists everybody to everybody who is signed in, and never a hash', async () => {
    const { status, body } = await bob.send('GET', '/api/users')
    expect(status).toBe(200)
    expect((body as User[]).slice(0, 2)).toEqual([alice.user, bob.user])
    expect(Object.keys((body as User[])[0] ?? {}).sort()).toEqual([
      'disabled',
      'displayName',
      'id',
      'role',
      'username',
    ])
  })
})

describe('POST /api/users', () => {
  it('an admin adds a person; everybody hears it; the password is answered once and opens', async () => {
    const socket = await bob.socket()
    const { status, body } = await alice.send('POST', '/api/users', {
      username: 'dave',
      displayName: ' Dave ',
    })
    expect(status).toBe(201)
    const { user, password } = body as { user: User; password: string }
    expect(user).toMatchObject({ username: 'dave', displayName: 'Dave', role: 'member' })
    expect(await socket.hear('users.changed', ({ id }) => id === user.id)).toEqual(user)
    expect((await signIn(pyrite.url, 'dave', password)).user).toEqual(user)
    expect(pyrite.logLines.join('').includes(password)).toBe(false)
    socket.close()
  })
  it.each([
    ['a taken name', { username: 'bob', displayName: 'B' }, 409, 'users.username-taken'],
    [
      'a weak password',
      { username: 'erin', displayName: 'E', password: 'short' },
      422,
      'users.weak-password',
    ],
    ['capitals in the name', { username: 'Erin', displayName: 'E' }, 400, 'malformed'],
    ['a path as a name', { username: '../erin', displayName: 'E' }, 400, 'malformed'],
    ['an empty display name', { username: 'erin', displayName: '  ' }, 400, 'malformed'],
    ['an unknown role', { username: 'erin', displayName: 'E', role: 'owner' }, 400, 'malformed'],
  ])('refuses %s, and adds nobody', async (_what, wanted, status, code) => {
    const before = await names()
    expect(await alice.send('POST', '/api/users', wanted)).toMatchObject({
      status,
      body: { error: { code } },
    })
    expect(await names()).toEqual(before)
  })
  it('a member may not, whatever they send', async () => {
    const before = await names()
    const wanted = { username: 'erin', displayName: 'E', role: 'admin' }
    expect(await bob.send('POST', '/api/users', wanted)).toMatchObject({
      status: 403,
      body: { error: { code: 'not-allowed' } },
    })
    expect(await names()).toEqual(before)
  })
})

describe('PATCH /api/users/:userId', () => {
  it('I may rename myself; everybody hears it', async () => {
    const carol = await pyrite.signIn('carol')
    const socket = await bob.socket()
    const renamed = { ...carol.user, displayName: 'Caroline' }
    const path = `/api/users/${carol.user.id}`
    const answer = await carol.send('PATCH', path, { displayName: 'Caroline' })
    expect(answer).toEqual({ status: 200, body: renamed })
    expect(await socket.hear('users.changed', ({ id }) => id === renamed.id)).toEqual(renamed)
    socket.close()
  })
  it('a member may not raise themselves, nor touch others', async () => {
    const before = (await bob.send('GET', '/api/users')).body
    const attempts = [
      [bob.user.id, { role: 'admin' }],
      [bob.user.id, { disabled: false, role: 'admin', displayName: 'Bob' }],
      [alice.user.id, { displayName: 'Mud' }],
      [alice.user.id, { disabled: true }],
    ] as const
    for (const [id, change] of attempts) {
      expect((await bob.send('PATCH', `/api/users/${id}`, change)).status).toBe(403)
    }
    expect((await bob.send('GET', '/api/users')).body).toEqual(before)
  })
  it('fields that are not theirs to send are ignored', async () => {
    const body = { displayName: 'Bob', username: 'root', id: 'x', passwordHash: 'x' }
    const answer = await bob.send('PATCH', `/api/users/${bob.user.id}`, body)
    expect(answer.body).toEqual({ ...bob.user, displayName: 'Bob' })
  })
  it('a disabled person is out at once, everywhere, and cannot come back until enabled', async () => {
    const user = await newcomer()
    const theirs = await signIn(pyrite.url, user.username, PASSWORD)
    const socket = await theirs.socket()
    const path = `/api/users/${user.id}`
    expect((await alice.send('PATCH', path, { disabled: true })).status).toBe(200)
    expect((await socket.closed).code).toBe(4401)
    expect((await theirs.send('GET', '/api/session')).status).toBe(204)
    await expect(theirs.socket()).rejects.toThrow('401')
    await expect(signIn(pyrite.url, user.username, PASSWORD)).rejects.toThrow(
      'auth.bad-credentials',
    )
    await alice.send('PATCH', path, { disabled: false })
    expect((await theirs.send('GET', '/api/session')).status).toBe(204)
    await signIn(pyrite.url, user.username, PASSWORD)
  })
  it('the last admin can be neither demoted nor disabled', async () => {
    for (const change of [{ role: 'member' }, { disabled: true }]) {
      expect(await alice.send('PATCH', `/api/users/${alice.user.id}`, change)).toMatchObject({
        status: 409,
        body: { error: { code: 'users.last-admin' } },
      })
    }
    expect((await alice.send('GET', '/api/session')).status).toBe(200)
  })
  it('nobody there is not-found', async () => {
    expect((await alice.send('PATCH', '/api/users/nobody', { role: 'member' })).status).toBe(404)
  })
})

describe('POST /api/users/:userId/password-reset', () => {
  it('answers a new password once, ends the sessions of the person, and the old one is worth nothing', async () => {
    const user = await newcomer()
    const theirs = await signIn(pyrite.url, user.username, PASSWORD)
    const socket = await theirs.socket()
    const { status, body } = await alice.send('POST', `/api/users/${user.id}/password-reset`)
    expect(status).toBe(200)
    const { password } = body as { password: string }
    expect((await socket.closed).code).toBe(4401)
    expect((await theirs.send('GET', '/api/session')).status).toBe(204)
    await expect(signIn(pyrite.url, user.username, PASSWORD)).rejects.toThrow('401')
    await signIn(pyrite.url, user.username, password)
    expect(pyrite.logLines.join('').includes(password)).toBe(false)
  })
  it('a member may not, not even for themselves', async () => {
    for (const { user } of [alice, bob]) {
      const answer = await bob.send('POST', `/api/users/${user.id}/password-reset`)
      expect(answer.status).toBe(403)
    }
    await pyrite.signIn('bob')
  })
})
