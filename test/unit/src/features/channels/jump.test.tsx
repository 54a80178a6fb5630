// @vitest-environment happy-dom
import { cleanup, render, screen } from '@testing-library/preact'
import { afterEach, expect, it, vi } from 'vitest'
import { type Destination, JumpDialog } from '../../../../../src/features/channels/JumpDialog.tsx'

afterEach(cleanup)

it('the list to jump from counts what is unread as the list of channels does', () => {
  const to = (name: string, unread: number): Destination => ({
    key: name,
    name,
    what: 'Channel',
    unread,
    go: vi.fn(),
  })
  render(<JumpDialog destinations={[to('busy', 1_000), to('read', 0)]} onClose={vi.fn()} />)
  expect(screen.getAllByRole('option', { hidden: true }).map((one) => one.textContent)).toEqual([
    'busy999+ unreadChannel',
    'readChannel',
  ])
})
