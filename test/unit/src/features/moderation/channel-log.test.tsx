// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact'
import { afterEach, expect, it, vi } from 'vitest'
import type { MyChannel } from '../../../../../lib/protocol/channels.ts'
import type { ModerationAct } from '../../../../../lib/protocol/moderation.ts'
import type { User } from '../../../../../lib/protocol/users.ts'
import { ChannelLog, type Place } from '../../../../../src/features/moderation/index.ts'
import { createModerationStore } from '../../../../../src/features/moderation/store.ts'
import { fakeWire } from '../../../../support/fake-wire.ts'

afterEach(cleanup)

it('the keyboard goes on where somebody ended what ran', async () => {
  const { wire, next, push } = fakeWire()
  const store = createModerationStore({ wire, me: () => 'alice', now: () => new Date() })
  const channel = { slug: 'general', role: 'moderator', call: [] } as unknown as MyChannel
  const me = { id: 'alice', displayName: 'Alice', role: 'member' } as User
  const place: Place = { channel, me, people: [me], roles: undefined, acts: [] }
  const act: ModerationAct = {
    ...{ id: 'a', channelSlug: 'general', kind: 'timeout', userId: 'bob', byUserId: 'alice' },
    ...{ reason: '', until: null, endedAt: null, endedBy: null, lock: null },
    at: new Date().toISOString(),
  }
  render(<ChannelLog store={store} place={place} wire={wire} />)
  next('moderation.log').answer({ acts: [act], hasMore: false })
  const end = await screen.findByRole('button', { name: /^End now/ })
  end.focus()
  fireEvent.click(end)
  const over = { ...act, endedAt: new Date().toISOString(), endedBy: 'alice' }
  next('moderation.end').answer(over)
  push('moderation.changed', over)
  await vi.waitFor(() => expect(screen.queryByRole('button', { name: /^End now/ })).toBeNull())
  await vi.waitFor(() => expect(document.activeElement).toBe(screen.getByRole('listitem')))
})
