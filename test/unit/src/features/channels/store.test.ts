import { beforeEach, describe, expect, it } from 'vitest'
import { matching } from '../../../../../src/features/channels/matching.ts'
import { loadSlugMaker } from '../../../../../src/features/channels/slugs.ts'
import {
  type ChannelsStore,
  createChannelsStore,
} from '../../../../../src/features/channels/store.ts'
import { RequestError } from '../../../../../src/platform/request-error.ts'
import { fakeWire, settled } from '../../../../support/fake-wire.ts'
import { message, myChannel } from '../../../../support/messages.ts'

let wire: ReturnType<typeof fakeWire>
let channels: ChannelsStore
beforeEach(() => {
  wire = fakeWire()
  channels = createChannelsStore({ wire: wire.wire, me: () => 'alice' })
  channels.loaded([myChannel('garden', { lastSeq: 5, readSeq: 5 }), myChannel('attic')], [])
})
const garden = () => channels.get('garden')

describe('unread counts', () => {
  it('grow with messages of others, once each', () => {
    wire.push('chat.message', message(6))
    wire.push('chat.message', message(6, { rev: 9, text: 'edited' }))
    wire.push('chat.message', message(7))
    expect(garden()).toMatchObject({ lastSeq: 7, unread: 2, readSeq: 5 })
    expect(channels.unread).toBe(2)
  })
  it('end when I post, from whichever device [CHAT-14]', () => {
    wire.push('chat.message', message(6))
    wire.push('chat.message', message(7, { authorId: 'alice' }))
    expect(garden()).toMatchObject({ unread: 0, readSeq: 7 })
  })
  it('shrink when an unread message is deleted [CH-14]', () => {
    wire.push('chat.message', message(6))
    wire.push('chat.message', message(6, { rev: 7, text: '', deletedAt: 'x' }))
    wire.push('chat.message', message(2, { rev: 8, text: '', deletedAt: 'x' }))
    expect(garden()?.unread).toBe(0)
  })
  it('end at once when I read, and the server is told', async () => {
    wire.push('chat.message', message(6))
    channels.markRead('garden', 6)
    expect(garden()).toMatchObject({ unread: 0, readSeq: 6 })
    expect(wire.next('chat.read').body).toEqual({ channelSlug: 'garden', seq: 6 })
    channels.markRead('garden', 6)
    expect(wire.asked).toEqual([])
  })
  it('follow my other tabs, forward only', () => {
    wire.push('chat.message', message(6))
    wire.push('chat.read', { channelSlug: 'garden', readSeq: 6, unread: 0 })
    wire.push('chat.read', { channelSlug: 'garden', readSeq: 5, unread: 1 })
    expect(garden()).toMatchObject({ unread: 0, readSeq: 6 })
  })
})

describe('the list', () => {
  it('gains and loses channels, sorted by name', () => {
    wire.push('channels.changed', myChannel('bench'))
    wire.push('channels.opened', myChannel('cellar'))
    wire.push('channels.gone', { channelSlug: 'attic' })
    expect(channels.state.mine.map(({ slug }) => slug)).toEqual(['bench', 'garden'])
    expect(channels.state.open.map(({ slug }) => slug)).toEqual(['cellar'])
    wire.push('channels.changed', myChannel('cellar'))
    expect(channels.state.open).toEqual([])
  })
  it('shows who is in a call now', () => {
    const participants = [{ userId: 'bob', connectionId: 'c1', joinedAt: 'x' }]
    wire.push('calls.participants', { channelSlug: 'garden', participants })
    expect(garden()?.call).toEqual(participants)
    wire.push('calls.participants', { channelSlug: 'garden', participants: [] })
    expect(garden()?.call).toEqual([])
  })
  it('stays as it was when a creation is refused', async () => {
    const made = channels.create({ name: 'Garden', topic: '', private: false })
    wire
      .next('channels.create')
      .refuse(new RequestError('channels.slug-taken', 'x', { suggestion: 'garden-2' }))
    await expect(made).rejects.toMatchObject({ suggestion: 'garden-2' })
    expect(channels.state.mine).toHaveLength(2)
  })
  it('has a channel as soon as I made or joined it', async () => {
    const joined = channels.join('shed')
    wire.next('channels.join').answer(myChannel('shed'))
    await joined
    await settled()
    expect(channels.get('shed')).toBeDefined()
  })
})

it('finds names by any part, whatever the accents and capitals', () => {
  const list = ['Équipe', 'general', 'the-equipment'].map((name) => ({ name }))
  expect(matching(list, 'equip').map(({ name }) => name)).toEqual(['Équipe', 'the-equipment'])
  expect(matching(list, '')).toHaveLength(3)
})

it.each([
  ['Équipe Été & co', 'equipe-ete-and-co'],
  ['  Design -- review!  ', 'design-review'],
  [`${'a'.repeat(62)} b`, 'a'.repeat(62)],
  ['...', ''],
])('previews the address of %j as %j', async (name, slug) => {
  expect((await loadSlugMaker())(name)).toBe(slug)
})

describe('devices that stream into a call', () => {
  const roof = { id: 'key-1', name: 'Roof', by: 'bob', since: '2026-01-01T10:00:00.000Z' }
  const status = {
    ...{ reachable: true, endpoint: '/sfu', group: 'garden', locked: false, recording: false },
    ...{ sync: { state: 'in-step' as const }, participants: [], checkedAt: roof.since },
  }

  it('are in their channel, and nobody in its call, until the server tells that they are gone [WHIP-10]', () => {
    wire.push('calls.status', { channelSlug: 'garden', status: { ...status, devices: [roof] } })
    expect(garden()).toMatchObject({ devices: [roof], call: [] })
    expect(channels.get('attic')?.devices).toBeUndefined()
    wire.push('calls.status', { channelSlug: 'garden', status })
    expect(garden()?.devices).toBeUndefined()
  })
})
