// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ChannelPanel } from '../../../../../src/features/channels/index.ts'
import { createChannelsStore } from '../../../../../src/features/channels/store.ts'
import { fakeWire } from '../../../../support/fake-wire.ts'
import { myChannel } from '../../../../support/messages.ts'

const people = {
  list: [],
  person: () => undefined,
  nameOf: (id: string) => id,
  isOnline: () => false,
}
let fake: ReturnType<typeof fakeWire>
beforeEach(() => {
  fake = fakeWire()
})
afterEach(cleanup)

const panel = (slug: string, more: object = {}) => (
  <ChannelPanel
    channel={myChannel(slug, { role: 'moderator', ...more })}
    channels={createChannelsStore({ wire: fake.wire, me: () => 'alice' })}
    people={people}
    wire={fake.wire}
    me={{ id: 'alice', role: 'member' }}
    onClose={() => undefined}
    onLeft={() => undefined}
  />
)
const button = (name: string) => screen.getByRole('button', { name })
const asked = (type: string) => fake.asked.filter((one) => one.type === type).length

describe("a channel's panel", () => {
  it('is filled in anew when the address leads to another channel beneath it', () => {
    const { rerender } = render(panel('garden', { name: 'Garden' }))
    fireEvent.input(screen.getByLabelText('Name'), { target: { value: 'Half a name' } })
    rerender(panel('attic', { name: 'Attic' }))
    expect((screen.getByLabelText('Name') as HTMLInputElement).value).toBe('Attic')
  })

  it('lets nobody leave a private channel by a double click', () => {
    render(panel('garden', { private: true }))
    fireEvent.click(button('Leave channel'), { detail: 1 })
    expect(document.activeElement).toBe(button('Stay'))
    fireEvent.click(button('Leave channel'), { detail: 2 })
    expect(asked('channels.leave')).toBe(0)
    fireEvent.click(button('Leave channel'), { detail: 1 })
    expect(asked('channels.leave')).toBe(1)
  })

  it('removes one person by a double click at most, and only when that is asked twice', async () => {
    render(panel('garden'))
    const members = ['alice', 'bob', 'carol'].map((userId) => ({ userId, role: 'member' }))
    fake.next('channels.members').answer({ members })
    await screen.findByLabelText('Remove bob')
    fireEvent.click(screen.getByLabelText('Remove bob'), { detail: 1 })
    fireEvent.click(button('Remove'), { detail: 2 })
    expect(asked('channels.remove-member')).toBe(0)
    fireEvent.click(button('Remove'), { detail: 1 })
    fireEvent.click(button('Remove'), { detail: 1 })
    expect(asked('channels.remove-member')).toBe(1)
    fake.next('channels.remove-member').answer({})
    await vi.waitFor(() => expect(screen.queryByText('bob')).toBeNull())
  })
})
