import { utimes, writeFile } from 'node:fs/promises'
import { join as joinPath } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  connect,
  type Json,
  LISTENER,
  MEMBER,
  MODERATOR,
  startBuiltinSfu,
  type TestSfu,
} from '../support/builtin-sfu.ts'
import { eventually } from '../support/eventually.ts'

let sfu: TestSfu

beforeEach(async () => {
  sfu = await startBuiltinSfu({
    general: { displayName: 'General' },
    small: { 'max-clients': 1 },
    later: { 'not-before': new Date(Date.now() + 60_000).toISOString() },
    over: { expires: new Date(Date.now() - 60_000).toISOString() },
    guarded: { autolock: true },
    supervised: { autokick: true },
    elsewhere: { redirect: 'https://other.example/group/elsewhere/' },
    wrong: { colour: 'red' },
  })
})
afterEach(() => sfu.stop())

const types = (heard: Json[]) =>
  heard.map(({ type, kind }) => [type, kind].filter(Boolean).join('/'))

/** What a try to join is answered. */
const tryToJoin = async (group: string, permissions: string[] = MEMBER) =>
  (await sfu.join('carol', permissions, { group })).joined

test('a handshake is answered with version 2 in the same words', async () => {
  const connection = await connect(sfu.url)
  connection.send({ type: 'handshake', version: ['2'], id: 'one' })
  await connection.hears({ type: 'handshake' })
  expect(connection.heard).toEqual([{ type: 'handshake', version: ['2'] }])
})

test('another version is warned about, and goes on', async () => {
  const connection = await connect(sfu.url)
  connection.send({ type: 'handshake', version: ['9'], id: 'one' })
  expect(await connection.hears({ type: 'usermessage' })).toMatchObject({
    kind: 'warning',
    privileged: true,
  })
  connection.send({ type: 'ping' })
  await connection.hears({ type: 'pong' })
})

test('whoever does not shake hands first is closed with 1002', async () => {
  const connection = await connect(sfu.url)
  connection.send({ type: 'join', kind: 'join', group: 'general' })
  expect(await connection.isClosed()).toEqual({ code: 1002, reason: 'you must handshake first' })
})

test('a first frame that is no JSON ends the connection without a word', async () => {
  const connection = await connect(sfu.url)
  connection.raw('hello')
  expect(await connection.isClosed()).toMatchObject({ code: 1006 })
})

test('a second handshake is unexpected: 1002', async () => {
  const person = await sfu.handshaken()
  person.send({ type: 'handshake', version: ['2'], id: 'other' })
  expect(await person.isClosed()).toMatchObject({ code: 1002 })
})

test('after joined come oneself, then the others, each once', async () => {
  const alice = await sfu.join('alice', MODERATOR)
  const bob = await sfu.join('bob', MEMBER, { data: { camera: true } })
  await bob.hears({ type: 'user', username: 'alice' })
  expect(types(bob.heard)).toEqual(['handshake', 'joined/join', 'user/add', 'user/add'])
  expect(bob.heard[1]).toMatchObject({
    group: 'general',
    username: 'bob',
    permissions: MEMBER,
    status: { name: 'general', displayName: 'General', clientCount: 2 },
    rtcConfiguration: {},
  })
  expect(bob.heard[2]).toEqual({
    type: 'user',
    kind: 'add',
    id: bob.id,
    username: 'bob',
    permissions: MEMBER,
    data: { camera: true },
  })
  expect(bob.heard[3]).toMatchObject({ id: alice.id, username: 'alice', permissions: MODERATOR })
  await alice.hears({ type: 'user', kind: 'add', id: bob.id })
  bob.close()
  expect(await alice.hears({ type: 'user', kind: 'delete' })).toEqual({
    type: 'user',
    kind: 'delete',
    id: bob.id,
    username: 'bob',
  })
})

test('someone without permissions joins with none, and the field is left out', async () => {
  const { joined } = await sfu.join('bob', [])
  expect(joined).toMatchObject({ kind: 'join' })
  expect(joined).not.toHaveProperty('permissions')
})

test('the name in the token wins over the name in the message', async () => {
  const person = await sfu.handshaken()
  const token = await sfu.issuer.mint('bob', 'general', MEMBER)
  person.send({ type: 'join', kind: 'join', group: 'general', username: 'alice', token })
  expect(await person.hears({ type: 'joined' })).toMatchObject({ kind: 'join', username: 'bob' })
})

test.each([
  ['nowhere', 'group does not exist'],
  ['../general', 'illegal group name'],
  ['a/b', 'illegal group name'],
  ['.', 'illegal group name'],
  ['x'.repeat(64), 'illegal group name'],
  ['later', 'this group is not open yet'],
  ['over', 'this group is closed'],
  ['guarded', 'this group is locked'],
  ['supervised', 'there are no operators in this group'],
  ['wrong', 'internal server error'],
])('joining %s fails: %s', async (group, value) => {
  expect(await tryToJoin(group)).toMatchObject({ kind: 'fail', group, value })
  expect(await sfu.stats()).toMatchObject({ groups: 0 })
})

test('a join that names no group fails', async () => {
  expect(await tryToJoin('')).toMatchObject({ kind: 'fail', value: 'illegal group name' })
})

test.each(['later', 'over', 'guarded', 'supervised'])('an operator enters %s', async (group) => {
  expect(await tryToJoin(group, MODERATOR)).toMatchObject({ kind: 'join', group })
})

test('a group that lives elsewhere says where', async () => {
  expect(await tryToJoin('elsewhere')).toMatchObject({
    kind: 'redirect',
    value: 'https://other.example/group/elsewhere/',
  })
})

test('a full group takes operators only', async () => {
  expect(await tryToJoin('small')).toMatchObject({ kind: 'join' })
  expect(await tryToJoin('small')).toMatchObject({ kind: 'fail', value: 'too many users' })
  expect(await tryToJoin('small', MODERATOR)).toMatchObject({ kind: 'join' })
})

test('the seventeenth person is refused, and an operator is no exception', async () => {
  for (let count = 0; count < 16; count++) await sfu.join('bob')
  expect(await tryToJoin('general', MODERATOR)).toMatchObject({
    kind: 'fail',
    value: 'too many users',
  })
  expect(await sfu.stats()).toMatchObject({ clients: 17, groups: 1 })
})

test('a failed join leaves the connection open for another try', async () => {
  const person = await sfu.handshaken()
  person.send({ type: 'join', kind: 'join', group: 'general', token: 'nonsense' })
  expect(await person.hears({ type: 'joined' })).toMatchObject({
    kind: 'fail',
    value: 'not authorised',
  })
  const token = await sfu.issuer.mint('bob', 'general', MEMBER)
  person.send({ type: 'join', kind: 'join', group: 'general', token })
  await person.hears({ type: 'joined', kind: 'join' })
})

test('a password lets nobody in, even one that the group file lists', async () => {
  await sfu.writeGroup('pub', { users: { mallory: { password: 'secret', permissions: 'op' } } })
  const person = await sfu.handshaken()
  const login = { group: 'pub', username: 'mallory', password: 'secret' }
  person.send({ type: 'join', kind: 'join', ...login })
  expect(await person.hears({ type: 'joined' })).toMatchObject({
    kind: 'fail',
    value: 'not authorised',
  })
})

test('neither a name nor a token is no way to ask', async () => {
  const person = await sfu.handshaken()
  person.send({ type: 'join', kind: 'join', group: 'general' })
  expect(await person.hears({ type: 'joined' })).toMatchObject({ value: 'internal server error' })
})

test('one client id joins a group once, and nobody is without one', async () => {
  const bob = await sfu.join('bob')
  for (const id of [bob.id, '']) {
    const other = await sfu.handshaken(id)
    const token = await sfu.issuer.mint('mallory', 'general', MEMBER)
    other.send({ type: 'join', kind: 'join', group: 'general', token })
    expect(await other.hears({ type: 'joined' })).toMatchObject({
      kind: 'fail',
      value: 'internal server error',
    })
  }
  expect(types(bob.heard)).not.toContain('user/delete')
})

test('a second join, or an unknown kind of it, is closed with 1002', async () => {
  const bob = await sfu.join('bob')
  bob.send({ type: 'join', kind: 'join', group: 'general' })
  expect(await bob.isClosed()).toMatchObject({ code: 1002 })
  const carol = await sfu.handshaken()
  carol.send({ type: 'join', kind: 'stay', group: 'general' })
  expect(await carol.isClosed()).toMatchObject({ code: 1002 })
})

test('leaving keeps the connection, and another group can be joined', async () => {
  const alice = await sfu.join('alice', MODERATOR)
  const bob = await sfu.join('bob')
  bob.send({ type: 'join', kind: 'leave', group: 'general' })
  await bob.hears({ type: 'joined', kind: 'leave' })
  await alice.hears({ type: 'user', kind: 'delete', id: bob.id })
  const token = await sfu.issuer.mint('bob', 'small', MEMBER)
  bob.send({ type: 'join', kind: 'join', group: 'small', token })
  await bob.hears({ type: 'joined', kind: 'join', group: 'small' })
  bob.send({ type: 'join', kind: 'leave', group: 'general' })
  expect(await bob.isClosed()).toMatchObject({ code: 1000 })
})

test('asking for a group by .status makes members hear of a new name', async () => {
  const bob = await sfu.join('bob')
  await sfu.writeGroup('general', { displayName: 'The square' })
  const answer = await fetch(`${sfu.url}/group/general/.status`)
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({ name: 'general', displayName: 'The square' })
  expect(await bob.hears({ type: 'joined', kind: 'change' })).toMatchObject({
    permissions: MEMBER,
    status: { displayName: 'The square' },
  })
})

test('a file of the same size and time is not read again', async () => {
  const path = joinPath(sfu.groupsDir, 'plain.json')
  const at = new Date('2026-01-01T00:00:00Z')
  const nameNow = async (displayName: string) => {
    await writeFile(path, JSON.stringify({ displayName }))
    await utimes(path, at, at)
    return (await (await fetch(`${sfu.url}/group/plain/.status`)).json()).displayName
  }
  expect(await nameNow('One')).toBe('One')
  expect(await nameNow('Two')).toBe('One')
  expect(await nameNow('Three')).toBe('Three')
})

test.each([
  ['/group/general/.status', 200],
  ['/group/nowhere/.status', 404],
  ['/group/wrong/.status', 500],
  ['/group/..%2Fgeneral/.status', 404],
  ['/group/general/.whip', 404],
  ['/healthz', 200],
  ['/galene-api/v0/.stats', 404],
  ['/ws/', 404],
  ['/', 404],
])('GET %s answers %i', async (path, status) => {
  expect((await fetch(`${sfu.url}${path}`)).status).toBe(status)
})

test('numbers of a group are shown to strangers when it is public only', async () => {
  await sfu.join('bob')
  const status = async () => (await fetch(`${sfu.url}/group/general/.status`)).json()
  expect(await status()).not.toHaveProperty('clientCount')
  await sfu.writeGroup('general', { public: true })
  expect(await status()).toMatchObject({ clientCount: 1 })
})

test('a lock keeps members out, with its reason, until it is taken off', async () => {
  const alice = await sfu.join('alice', MODERATOR)
  const bob = await sfu.join('bob')
  bob.send({ type: 'groupaction', kind: 'lock' })
  expect(await bob.hears({ type: 'usermessage' })).toMatchObject({ value: 'not authorised' })
  alice.send({ type: 'groupaction', kind: 'lock', value: 'back at nine' })
  expect(await bob.hears({ type: 'joined', kind: 'change' })).toMatchObject({
    status: { locked: true },
  })
  expect(await tryToJoin('general')).toMatchObject({ kind: 'fail', value: 'back at nine' })
  expect(await tryToJoin('general', MODERATOR)).toMatchObject({ kind: 'join' })
  alice.send({ type: 'groupaction', kind: 'unlock' })
  await eventually(async () => expect(await tryToJoin('general')).toMatchObject({ kind: 'join' }))
})

test('when the last operator goes, a group that wants one locks itself or empties', async () => {
  const operator = await sfu.join('alice', MODERATOR, { group: 'guarded' })
  operator.send({ type: 'groupaction', kind: 'unlock' })
  await operator.hears({ type: 'joined', kind: 'change' })
  const bob = await sfu.join('bob', MEMBER, { group: 'guarded' })
  operator.close()
  expect(await bob.hears({ type: 'joined', kind: 'change' })).toMatchObject({
    status: { locked: true },
  })
  const other = await sfu.join('alice', MODERATOR, { group: 'supervised' })
  const carol = await sfu.join('carol', LISTENER, { group: 'supervised' })
  other.close()
  expect(await carol.hears({ type: 'usermessage', kind: 'kicked' })).toMatchObject({
    privileged: true,
  })
  expect(await carol.isClosed()).toMatchObject({ code: 1000 })
})
