import { afterEach, expect, it } from 'vitest'
import type { ModerationAct, ModerationState } from '../../lib/protocol/moderation.ts'
import type { Client } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'

let pyrite: Pyrite
afterEach(() => pyrite.stop())

const AT = '/api/channels/general/moderation'
const act = async (who: Client, wish: object): Promise<ModerationAct> =>
  (await who.send('POST', AT, wish)).body
const state = async (who: Client): Promise<ModerationState> =>
  (await who.send('GET', `${AT}/state`)).body
const post = (who: Client) =>
  who.send('POST', '/api/channels/general/messages', {
    ...{ clientId: `client-${Math.random()}`, text: 'hello' },
  })
const restart = async () => {
  await pyrite.stop({ keep: true })
  pyrite = await startPyrite({ folder: pyrite.folder })
}

it('what holds still holds after a restart, and ends at its time [MOD-10]', async () => {
  pyrite = await startPyrite()
  const before = await pyrite.signIn('alice')
  const bob = (await pyrite.signIn('bob')).user.id
  const carol = (await pyrite.signIn('carol')).user.id
  const timeout = await act(before, { kind: 'timeout', userId: bob, seconds: 8 })
  await act(before, { kind: 'ban', userId: carol, reason: 'spam' })
  await act(before, { kind: 'lock' })
  await restart()
  const alice = await pyrite.signIn('alice')
  const muted = await pyrite.signIn('bob')
  const banned = await pyrite.signIn('carol')
  expect((await state(alice)).acts.map(({ kind }) => kind)).toEqual(['timeout', 'ban', 'lock'])
  expect((await post(muted)).status).toBe(403)
  expect(await banned.send('POST', '/api/channels/general/join')).toMatchObject({
    status: 403,
    body: { error: { code: 'moderation.banned' } },
  })
  const status = await alice.send('GET', '/api/channels/general/sfu_status')
  expect(status.body).toMatchObject({ locked: true })
  const socket = await muted.socket()
  const ended = await socket.hear('moderation.changed', ({ id }) => id === timeout.id, 10_000)
  expect(ended).toEqual({ ...timeout, endedAt: timeout.until, endedBy: null })
  expect(Date.now() - Date.parse(String(timeout.until))).toBeLessThan(1_000)
  expect((await post(muted)).status).toBe(201)
  socket.close()
})

it('what ran out while nobody ran is over from the start, at its own time [MOD-10]', async () => {
  pyrite = await startPyrite()
  const before = await pyrite.signIn('alice')
  const bob = (await pyrite.signIn('bob')).user.id
  const made = await act(before, { kind: 'timeout', userId: bob, seconds: 1 })
  await pyrite.stop({ keep: true })
  await eventually(() => expect(Date.now()).toBeGreaterThan(Date.parse(String(made.until))))
  pyrite = await startPyrite({ folder: pyrite.folder })
  const alice = await pyrite.signIn('alice')
  expect((await post(await pyrite.signIn('bob'))).status).toBe(201)
  const { body } = await alice.send('GET', AT)
  expect(body).toEqual({ acts: [{ ...made, endedAt: made.until, endedBy: null }], hasMore: false })
})
