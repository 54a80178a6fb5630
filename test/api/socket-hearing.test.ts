import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Workspace } from '../../lib/protocol/workspace.ts'
import type { Client, Socket } from '../support/client.ts'
import { type Pyrite, startPyrite } from '../support/pyrite.ts'

let pyrite: Pyrite
let clients: Record<'alice' | 'bob' | 'carol' | 'mallory', Client>
let sockets: Record<keyof typeof clients, Socket>
beforeAll(async () => {
  pyrite = await startPyrite()
  const [alice, bob, carol, mallory] = await Promise.all([
    pyrite.signIn('alice'),
    pyrite.signIn('bob'),
    pyrite.signIn('carol'),
    pyrite.signIn('mallory'),
  ])
  clients = { alice, bob, carol, mallory }
  sockets = {
    alice: await alice.socket(),
    bob: await bob.socket(),
    carol: await carol.socket(),
    mallory: await mallory.socket(),
  }
})
afterAll(() => pyrite.stop())

/** Everything the server had to tell somebody until now has arrived. */
const settled = (...who: Socket[]) => Promise.all(who.map((socket) => socket.ask('ping')))
const plan = { channelSlug: 'the-plan' }

describe('a private channel', () => {
  it('is heard by those in it, and not a byte of it by anybody else [WS-20] [CHAT-2] [CH-5]', async () => {
    const { alice, bob, carol, mallory } = sockets
    await bob.ask('channels.create', { name: 'The Plan', topic: 'plan-topic', private: true })
    await bob.ask('channels.set-member', { ...plan, userId: clients.carol.user.id })
    await bob.ask('chat.post', { ...plan, clientId: 'client-1', text: 'plan-text' })
    await bob.ask('chat.typing', plan)
    await bob.ask('channels.change', { ...plan, topic: 'plan-b' })
    await settled(alice, carol, mallory)
    expect(carol.of('chat.message').map(({ text }) => text)).toEqual(['plan-text'])
    expect(carol.of('chat.typing')).toHaveLength(1)
    for (const outsider of [alice, mallory]) {
      expect(JSON.stringify(outsider.heard).toLowerCase()).not.toContain('plan')
    }
  })

  it('is in the workspace of those in it, and of nobody else [WS-21]', async () => {
    const { body } = await clients.carol.send('GET', '/api/workspace')
    const { channels } = body as Workspace
    expect(channels.map(({ slug }) => slug)).toEqual(['general', 'the-plan'])
    for (const outsider of ['alice', 'mallory'] as const) {
      const answer = await clients[outsider].send('GET', '/api/workspace')
      expect(JSON.stringify(answer.body).toLowerCase()).not.toContain('plan')
      expect(JSON.stringify(await sockets[outsider].ask('workspace.load'))).not.toContain('plan')
    }
  })

  it('stops being heard by somebody the moment they are removed [WS-20] [CH-10]', async () => {
    const { bob, carol } = sockets
    const before = carol.of('chat.message').length
    await bob.ask('channels.remove-member', { ...plan, userId: clients.carol.user.id })
    await bob.ask('chat.post', { ...plan, clientId: 'client-2', text: 'without carol' })
    await settled(carol)
    expect(carol.of('channels.gone')).toEqual([plan])
    expect(carol.of('chat.message')).toHaveLength(before)
  })
})

describe('workspace.load', () => {
  it('answers what the first screen needs, over both doors [WS-21] [WS-22]', async () => {
    const loaded = await sockets.alice.ask<Workspace>('workspace.load')
    expect(loaded.me).toEqual(clients.alice.user)
    expect(loaded.users.map(({ username }) => username).sort()).toEqual([
      'alice',
      'bob',
      'carol',
      'mallory',
    ])
    expect(loaded.online).toHaveLength(4)
    expect(loaded.channels).toMatchObject([{ slug: 'general', role: 'moderator' }])
    expect(JSON.stringify(loaded)).not.toMatch(/password|hash/i)
    expect((await clients.alice.send('GET', '/api/workspace')).body).toEqual(loaded)
  })
})

describe('REST', () => {
  it('tells the sockets what it did, by the same rules and codes [WS-22]', async () => {
    const { alice, mallory } = clients
    const path = '/api/channels/general/messages'
    const body = { clientId: 'client-rest', text: 'by REST' }
    const posted = await alice.send('POST', path, body)
    expect(posted).toMatchObject({ status: 201, body: { text: 'by REST' } })
    const heard = await sockets.bob.hear('chat.message', ({ text }) => text === 'by REST')
    expect(heard).toEqual(posted.body)
    expect(await mallory.send('POST', '/api/channels/the-plan/messages', body)).toEqual({
      status: 404,
      body: { error: (await sockets.mallory.reply('chat.post', { ...plan, ...body })).error },
    })
  })
})

describe('new people', () => {
  it('are in #general from the start, and everybody hears of them [CH-13]', async () => {
    const { alice, bob } = sockets
    const dave = { username: 'dave', displayName: 'Dave', password: 'correct horse battery' }
    const { status } = await clients.alice.send('POST', '/api/users', dave)
    expect(status).toBe(201)
    const { id } = await bob.hear('users.changed', ({ username }) => username === 'dave')
    await alice.hear('channels.member', ({ member }) => member.userId === id)
  })
})

describe('presence', () => {
  it('is told for the first connection and after the last, not for those between [PRES-1] [PRES-2] [PRES-3]', async () => {
    const { alice } = sockets
    const { id } = clients.carol.user
    const ofCarol = () => alice.of('presence.changed').filter(({ userId }) => userId === id)
    expect(ofCarol()).toEqual([{ userId: id, online: true }])
    const second = await clients.carol.socket()
    sockets.carol.close()
    second.close()
    await alice.hear('presence.changed', ({ userId, online }) => userId === id && !online)
    expect(ofCarol()).toEqual([
      { userId: id, online: true },
      { userId: id, online: false },
    ])
    expect((await alice.ask<Workspace>('workspace.load')).online).not.toContain(id)
  })
})
