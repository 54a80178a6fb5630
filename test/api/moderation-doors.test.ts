import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ModerationAct } from '../../lib/protocol/moderation.ts'
import type { Client, Socket } from '../support/client.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'

let pyrite: Pyrite
let alice: Client, bob: Client, carol: Client, mallory: Client
beforeAll(async () => {
  pyrite = await startPyrite()
  alice = await pyrite.signIn('alice')
  bob = await pyrite.signIn('bob')
  carol = await pyrite.signIn('carol')
  mallory = await pyrite.signIn('mallory')
})
afterAll(() => pyrite.stop())

const act = async (slug: string, wish: object): Promise<ModerationAct> =>
  (await alice.send('POST', `/api/channels/${slug}/moderation`, wish)).body
const post = (who: Client, slug: string, text: string) =>
  who.send('POST', `/api/channels/${slug}/messages`, { clientId: `client-${text}`, text })
/** Resolves when everything that was pushed before has arrived. */
const settled = (...sockets: Socket[]) => Promise.all(sockets.map((socket) => socket.ask('ping')))

describe('a ban, for somebody with two tabs', () => {
  it('closes the channel in both at once, on the sockets and over REST, and in a third [MOD-5]', async () => {
    const tabs = [await bob.socket(), await bob.socket()] as const
    const moderator = await alice.socket()
    await post(alice, 'general', 'before')
    const made = await act('general', { kind: 'ban', userId: bob.user.id, seconds: 60 })
    for (const tab of tabs) {
      expect(await tab.hear('moderation.changed', undefined, 1_000)).toEqual(made)
      await tab.hear('channels.gone', undefined, 1_000)
    }
    await moderator.hear('moderation.changed')
    await post(alice, 'general', 'after')
    const late = await bob.socket()
    await post(alice, 'general', 'later')
    await settled(...tabs, late)
    for (const tab of tabs) {
      expect(tab.of('chat.message').map(({ text }) => text)).toEqual(['before'])
    }
    expect(late.of('chat.message')).toEqual([])
    const workspace = await late.ask<{ channels: { slug: string }[]; open: { slug: string }[] }>(
      'workspace.load',
    )
    expect(workspace.channels).toEqual([])
    expect(workspace.open).toMatchObject([{ slug: 'general' }])
    for (const who of [bob, await pyrite.signIn('bob')]) {
      const { status, body } = await who.send('GET', '/api/channels/general/messages')
      expect([status, body]).toMatchObject([403, { error: { code: 'moderation.banned' } }])
    }
    expect((await tabs[0].reply('channels.join', { channelSlug: 'general' })).error).toMatchObject({
      ...{ code: 'moderation.banned', retryAfter: expect.any(Number) },
    })
    for (const socket of [...tabs, late, moderator]) socket.close()
  })
})

describe('acts', () => {
  it('are heard by those who manage the channel and the person concerned, and by nobody else [MOD-11]', async () => {
    const sockets = {
      alice: await alice.socket(),
      carol: await carol.socket(),
      mallory: await mallory.socket(),
    }
    await mallory.send('POST', '/api/channels/general/join')
    const made = await act('general', { kind: 'timeout', userId: carol.user.id, seconds: 60 })
    await act('general', { kind: 'lock' })
    await settled(...Object.values(sockets))
    const heard = (name: keyof typeof sockets) =>
      sockets[name].of('moderation.changed').map(({ kind }) => kind)
    expect([heard('alice'), heard('carol'), heard('mallory')]).toEqual([
      ['timeout', 'lock'],
      ['timeout', 'lock'],
      ['lock'],
    ])
    const { body } = await mallory.send('GET', '/api/channels/general/moderation')
    expect((body as { acts: ModerationAct[] }).acts.map(({ kind }) => kind)).toEqual(['lock'])
    const lift = await carol.send('DELETE', `/api/channels/general/moderation/${made.id}`)
    expect(lift.status).toBe(403)
    expect((await post(carol, 'general', 'let me')).body).toMatchObject({
      error: { code: 'moderation.timed-out' },
    })
    for (const socket of Object.values(sockets)) socket.close()
  })

  it('asked for on the socket are the same as over REST [MOD-3]', async () => {
    const socket = await alice.socket()
    const wish = { kind: 'timeout', channelSlug: 'general', userId: mallory.user.id, seconds: 5 }
    const made = await socket.ask<ModerationAct>('moderation.act', wish)
    const log = await socket.ask<{ acts: ModerationAct[] }>('moderation.log', {
      ...{ channelSlug: 'general', limit: 1 },
    })
    expect(log.acts).toEqual([made])
    const where = { channelSlug: 'general', actId: made.id }
    expect(await socket.ask('moderation.end', where)).toMatchObject({ endedBy: alice.user.id })
    const kick = { kind: 'kick', channelSlug: 'general', userId: mallory.user.id }
    expect((await socket.reply('moderation.act', kick)).error?.code).toBe('moderation.not-in-call')
    socket.close()
  })
})

describe('removal from a private channel', () => {
  it('ends its pushes and its history at once, on every connection [MOD-17]', async () => {
    await alice.send('POST', '/api/channels', { name: 'Secret', slug: 'secret', private: true })
    const member = `/api/channels/secret/members/${carol.user.id}`
    await alice.send('PUT', member, {})
    const tabs = [await carol.socket(), await carol.socket()]
    await post(alice, 'secret', 'seen')
    for (const tab of tabs) await tab.hear('chat.message')
    const removed = alice.send('DELETE', member)
    await removed
    await post(alice, 'secret', 'unseen')
    await settled(...tabs)
    for (const tab of tabs) {
      expect(tab.of('chat.message').map(({ text }) => text)).toEqual(['seen'])
      expect(tab.of('channels.gone')).toEqual([{ channelSlug: 'secret' }])
      const since = await tab.reply('chat.since', { channelSlug: 'secret', since: 0 })
      expect(since.error?.code).toBe('channels.not-found')
      tab.close()
    }
    expect((await carol.send('GET', '/api/channels/secret/messages')).status).toBe(404)
  })
})
