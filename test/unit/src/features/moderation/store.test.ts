import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ModerationAct } from '../../../../../lib/protocol/moderation.ts'
import { createModerationLog } from '../../../../../src/features/moderation/log.ts'
import { createModerationStore } from '../../../../../src/features/moderation/store.ts'
import { RequestError } from '../../../../../src/platform/request-error.ts'
import { fakeWire, settled } from '../../../../support/fake-wire.ts'

const NOW = Date.parse('2026-11-21T12:00:00.000Z')
const inMinutes = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString()
const act = (more: Partial<ModerationAct> = {}): ModerationAct => ({
  ...{ id: 'a1', channelSlug: 'general', kind: 'timeout', userId: 'bob', byUserId: 'alice' },
  ...{ reason: '', at: inMinutes(0), until: null, endedAt: null, endedBy: null, lock: null },
  ...more,
})
const hello = (serverTime: string) => ({
  ...{ protocol: 1, connectionId: 'c', userId: 'me', heartbeatSeconds: 30, serverTime },
  serverVersion: '',
})

beforeEach(() => {
  vi.useFakeTimers({ now: NOW })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('what is in force in a channel', () => {
  const start = async (acts: ModerationAct[] = []) => {
    const fake = fakeWire()
    const store = createModerationStore({
      wire: fake.wire,
      me: () => 'me',
      now: () => new Date(),
    })
    store.watch('general', true)
    fake.next('moderation.state').answer({ acts, rights: {} })
    fake.next('channels.members').answer({ members: [{ userId: 'bob', role: 'member' }] })
    await settled()
    const held = () => store.actsIn('general').map(({ id }) => id)
    return { ...fake, store, held }
  }

  it('is asked once, and follows what is pushed', async () => {
    const { store, held, push, asked } = await start([act()])
    store.watch('general', true)
    expect(asked).toEqual([])
    push('moderation.changed', act({ id: 'a2', userId: 'carol' }))
    expect(held()).toEqual(['a1', 'a2'])
    push('moderation.changed', act({ endedAt: inMinutes(1), endedBy: 'alice' }))
    expect(held()).toEqual(['a2'])
    push('moderation.changed', act({ id: 'a3', channelSlug: 'elsewhere' }))
    expect(store.actsIn('elsewhere')).toEqual([])
  })

  it('runs out by itself, by the clock of the server', async () => {
    const { store, held, push } = await start([act({ until: inMinutes(10) })])
    expect(held()).toEqual(['a1'])
    const before = store.state.ticks
    await vi.advanceTimersByTimeAsync(10 * 60_000 + 100)
    expect(held()).toEqual([])
    expect(store.state.ticks).toBeGreaterThan(before)
    push('moderation.changed', act({ id: 'a2', until: inMinutes(15) }))
    expect(held()).toEqual(['a2'])
    push('hello', hello(inMinutes(30)))
    expect(held()).toEqual([])
  })

  it('is asked again after a reconnect', async () => {
    const { store, next, held } = await start([act()])
    store.resumed()
    next('moderation.state').answer({ acts: [], rights: {} })
    await settled()
    expect(held()).toEqual([])
  })

  it('keeps who is in it as what, and forgets all when it is mine no more', async () => {
    const { store, push } = await start([act()])
    const member = { userId: 'carol', role: 'listener', joinedAt: inMinutes(0) } as const
    push('channels.member', { channelSlug: 'general', member })
    push('channels.member-left', { channelSlug: 'general', userId: 'bob' })
    expect([...(store.state.roles.get('general') ?? [])]).toEqual([['carol', 'listener']])
    push('channels.gone', { channelSlug: 'general' })
    expect(store.state.roles.size).toBe(0)
    expect(store.actsIn('general')).toEqual([])
  })

  it('takes what I do at once, and a refusal changes nothing', async () => {
    const { store, held, next } = await start()
    const wish = { kind: 'timeout', channelSlug: 'general', userId: 'bob', reason: '' } as const
    const done = store.act({ ...wish, seconds: 60 })
    next('moderation.act').answer(act())
    await done
    expect(held()).toEqual(['a1'])
    const refused = expect(store.end(act())).rejects.toMatchObject({ code: 'not-allowed' })
    next('moderation.end').refuse(new RequestError('not-allowed', ''))
    await refused
    expect(held()).toEqual(['a1'])
  })

  it('a request to stay muted is known as mine, whether it names me or means everybody', async () => {
    const { store, push } = await start()
    const mute = act({ kind: 'mute', endedAt: inMinutes(0), endedBy: 'alice' })
    push('moderation.changed', { ...mute, userId: 'bob' })
    push('moderation.changed', { ...mute, userId: null, byUserId: 'me' })
    expect(store.state.lastMute).toBeUndefined()
    push('moderation.changed', { ...mute, id: 'm1', userId: null })
    expect(store.state.lastMute).toMatchObject({ id: 'm1', byUserId: 'alice' })
    push('moderation.changed', { ...mute, id: 'm2', userId: 'me' })
    expect(store.state.lastMute).toMatchObject({ id: 'm2' })
  })

  it('a ban of mine is known while it holds, from a push or from a refusal', async () => {
    const { store, push, next } = await start()
    const ban = act({ id: 'b1', kind: 'ban', userId: 'me' })
    push('channels.gone', { channelSlug: 'general' })
    push('moderation.changed', ban)
    expect(store.state.bans.get('general')).toEqual({ act: ban })
    push('moderation.changed', { ...ban, endedAt: inMinutes(1), endedBy: 'alice' })
    expect(store.state.bans.has('general')).toBe(false)
    store.look('garden')
    next('moderation.state').refuse(new RequestError('moderation.banned', 'you are banned'))
    await settled()
    expect(store.state.bans.get('garden')).toEqual({ message: 'you are banned' })
  })
})

describe('the log of a channel', () => {
  const start = async () => {
    const fake = fakeWire()
    const log = createModerationLog({ wire: fake.wire, channelSlug: 'general' })
    const page = [act({ id: 'a3', at: inMinutes(3) }), act({ id: 'a2', at: inMinutes(2) })]
    fake.next('moderation.log').answer({ acts: page, hasMore: true })
    await settled()
    return { ...fake, log, ids: () => log.state.acts.map(({ id }) => id) }
  }

  it('has the newest first, and older pages behind', async () => {
    const { log, ids, next } = await start()
    log.loadOlder?.()
    expect(log.loadOlder).toBeUndefined()
    const asked = next('moderation.log')
    expect(asked.body).toMatchObject({ before: 'a2' })
    asked.answer({ acts: [act({ id: 'a1', at: inMinutes(1) })], hasMore: false })
    await settled()
    expect(ids()).toEqual(['a3', 'a2', 'a1'])
    expect(log.loadOlder).toBeUndefined()
  })

  it('takes news in its place, and nothing of another channel', async () => {
    const { log, ids, push } = await start()
    push('moderation.changed', act({ id: 'a4', at: inMinutes(4) }))
    push('moderation.changed', act({ id: 'x', channelSlug: 'garden' }))
    push('moderation.changed', act({ id: 'a2', at: inMinutes(2), endedAt: inMinutes(5) }))
    expect(ids()).toEqual(['a4', 'a3', 'a2'])
    expect(log.state.acts[2]?.endedAt).toBe(inMinutes(5))
    push('moderation.changed', act({ id: 'a0', at: inMinutes(0), endedAt: inMinutes(5) }))
    expect(ids()).toEqual(['a4', 'a3', 'a2'])
  })

  it('that did not come can be asked again', async () => {
    const { wire, next } = fakeWire()
    const log = createModerationLog({ wire, channelSlug: 'general' })
    next('moderation.log').refuse(new RequestError('internal', ''))
    await settled()
    expect(log.state.is).toBe('failed')
    log.retry?.()
    next('moderation.log').answer({ acts: [], hasMore: false })
    await settled()
    expect(log.state.is).toBe('ready')
  })
})
