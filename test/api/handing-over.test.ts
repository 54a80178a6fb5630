import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ChannelMember } from '../../lib/protocol/channels.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'

let pyrite: Pyrite
beforeAll(async () => {
  pyrite = await startPyrite()
})
afterAll(() => pyrite.stop())

it('a private channel whose last moderator is disabled is managed by one of its people, and seen by no admin [CH-16]', async () => {
  const alice = await pyrite.signIn('alice')
  const bob = await pyrite.signIn('bob')
  const carol = await pyrite.signIn('carol')
  const mallory = await pyrite.signIn('mallory')
  await bob.send('POST', '/api/channels', { name: 'Secret', private: true })
  const member = ({ user }: typeof bob) => `/api/channels/secret/members/${user.id}`
  await bob.send('PUT', member(carol), { role: 'member' })
  const socket = await carol.socket()
  const disable = (disabled: boolean) =>
    alice.send('PATCH', `/api/users/${bob.user.id}`, { disabled })

  expect((await carol.send('PUT', member(mallory), { role: 'member' })).status).toBe(403)
  expect(await disable(true)).toMatchObject({ status: 200 })
  await socket.hear(
    'channels.changed',
    ({ slug, role }) => slug === 'secret' && role === 'moderator',
  )
  expect((await carol.send('PUT', member(mallory), { role: 'listener' })).status).toBe(200)
  for (const path of ['secret', 'secret/members', 'secret/messages']) {
    expect(await alice.send('GET', `/api/channels/${path}`)).toMatchObject({ status: 404 })
  }

  await disable(false)
  const { body } = await mallory.send('GET', '/api/channels/secret/members')
  const { members } = body as { members: ChannelMember[] }
  expect(new Map(members.map(({ userId, role }) => [userId, role]))).toEqual(
    new Map([
      [bob.user.id, 'moderator'],
      [carol.user.id, 'moderator'],
      [mallory.user.id, 'listener'],
    ]),
  )
})
