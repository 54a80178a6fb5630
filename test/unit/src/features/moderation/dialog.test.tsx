// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { MyChannel } from '../../../../../lib/protocol/channels.ts'
import type { ModerationAct, ModerationWish } from '../../../../../lib/protocol/moderation.ts'
import type { User } from '../../../../../lib/protocol/users.ts'
import { ModerateDialog, type Place } from '../../../../../src/features/moderation/index.ts'
import { type Asking, createModerationStore } from '../../../../../src/features/moderation/store.ts'
import { RequestError } from '../../../../../src/platform/request-error.ts'
import { fakeWire, settled } from '../../../../support/fake-wire.ts'

const person = (id: string): User =>
  ({ id, username: id, displayName: id, role: 'member', disabled: false }) as User
const channel = { slug: 'general', name: 'general', role: 'moderator', call: [] } as unknown
const place: Place = {
  channel: channel as MyChannel,
  me: person('alice'),
  people: ['alice', 'bob', 'carol'].map(person),
  roles: undefined,
  acts: [],
}
const done = (wish: ModerationWish): ModerationAct => ({
  ...{ id: 'a', channelSlug: 'general', kind: wish.kind, userId: 'bob', byUserId: 'alice' },
  ...{ reason: '', at: '', until: null, endedAt: null, endedBy: null, lock: null },
})

const start = () => {
  const fake = fakeWire()
  const store = createModerationStore({ wire: fake.wire, me: () => 'alice', now: () => new Date() })
  const toasts = { say: vi.fn(), fail: vi.fn() }
  const ask = (asking: Omit<Asking, 'channelSlug'>) => {
    store.ask({ channelSlug: 'general', ...asking })
    const opened = store.state.asking
    if (!opened) throw new Error('nothing is asked')
    return render(<ModerateDialog store={store} place={place} asking={opened} toasts={toasts} />)
  }
  return { ...fake, store, toasts, ask }
}

beforeEach(() => vi.stubGlobal('matchMedia', () => ({ matches: true })))
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

describe('the dialog that asks for a reason', () => {
  it('leaves another one open that was opened before the answer came', async () => {
    const { store, next, toasts, ask } = start()
    const first = ask({ kind: 'ban', userId: 'bob' })
    fireEvent.click(screen.getByText('Ban'))
    first.unmount()
    store.ask(undefined)
    ask({ kind: 'timeout', userId: 'carol' })
    const asked = next('moderation.act')
    asked.answer(done(asked.body as ModerationWish))
    await settled()
    expect(store.state.asking?.userId).toBe('carol')
    expect(toasts.say).toHaveBeenCalledWith('bob is banned from this channel.')
  })

  it('says a refusal that comes after it was closed', async () => {
    const { store, next, toasts, ask } = start()
    const first = ask({ kind: 'ban', userId: 'bob' })
    fireEvent.click(screen.getByText('Ban'))
    first.unmount()
    store.ask(undefined)
    next('moderation.act').refuse(new RequestError('not-allowed', 'no'))
    await settled()
    expect(toasts.fail).toHaveBeenCalledWith(expect.stringContaining('not allowed'))
  })

  it('takes everything that is filled in at once, and acts once', async () => {
    const { asked, ask } = start()
    ask({ kind: 'lock', userId: null })
    const reason = screen.getByLabelText('Reason')
    // Two changes before anything is drawn anew.
    screen.getByLabelText(/The whole channel/).dispatchEvent(new Event('change'))
    Object.assign(reason, { value: 'interviews' })
    reason.dispatchEvent(new Event('input', { bubbles: true }))
    await settled()
    const form = reason.closest('form')
    if (!form) throw new Error('there is no form')
    fireEvent.submit(form)
    fireEvent.submit(form)
    expect(asked.map(({ body }) => body)).toEqual([
      expect.objectContaining({ scope: 'channel', reason: 'interviews' }),
    ])
  })

  it('goes with the channel, and does not come back with it', () => {
    const { store, push, ask } = start()
    ask({ kind: 'ban', userId: 'bob' })
    push('channels.gone', { channelSlug: 'general' })
    expect(store.state.asking).toBeUndefined()
  })
})
