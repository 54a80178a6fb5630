// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/preact'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CallCard } from '../../../../../lib/protocol/calls.ts'
import { CallCardView } from '../../../../../src/features/calls-history/index.ts'
import { namesWords } from '../../../../../src/features/calls-history/words.ts'
import { timeOf } from '../../../../../src/ui/dates.ts'

const START = Date.UTC(2026, 0, 1, 10)
const at = (minutes: number) => new Date(START + minutes * 60_000).toISOString()
const card = (more: Partial<CallCard> = {}): CallCard => ({
  ...{ id: 'c', channelSlug: 'garden', rev: 1, startedAt: at(0), endedAt: at(42), brief: false },
  stays: [
    { userId: 'alice', joinedAt: at(0), leftAt: at(42) },
    { userId: 'bob', joinedAt: at(1), leftAt: at(5) },
    { userId: 'bob', joinedAt: at(20), leftAt: at(42) },
  ],
  ...more,
})
const running = card({
  endedAt: null,
  stays: [
    { userId: 'alice', joinedAt: at(0), leftAt: at(3) },
    { userId: 'bob', joinedAt: at(1), leftAt: null },
  ],
})
const nameOf = (id: string) => id.charAt(0).toUpperCase() + id.slice(1)
const draw = (call: CallCard, join?: () => void) =>
  render(<CallCardView call={call} nameOf={nameOf} join={join} />).container

beforeEach(() => {
  vi.useFakeTimers({ now: START + 18 * 60_000 })
  Element.prototype.scrollIntoView = vi.fn()
})
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

describe('the card of a call that is over', () => {
  it('says when it was, how long, and who was in it, and cannot be joined', () => {
    draw(card())
    expect(screen.getByText('42 min, 2 people')).toBeDefined()
    expect(screen.getByText('Alice, Bob')).toBeDefined()
    expect(screen.getByText(timeOf(at(0)))).toBeDefined()
    expect(screen.queryByRole('button', { name: 'Join' })).toBeNull()
  })
  it('tells on request who came and went when, each person once', () => {
    draw(card())
    expect(screen.queryAllByRole('listitem')).toHaveLength(0)
    const toggle = screen.getByRole('button', { name: 'Who was in it' })
    fireEvent.click(toggle)
    expect(toggle.getAttribute('aria-expanded')).toBe('true')
    const [, bob] = screen.getAllByRole('listitem')
    expect(screen.getAllByRole('listitem')).toHaveLength(2)
    expect([...(bob?.querySelectorAll('time') ?? [])].map((time) => time.dateTime)).toEqual(
      [1, 5, 20, 42].map(at),
    )
    fireEvent.click(toggle)
    expect(screen.queryAllByRole('listitem')).toHaveLength(0)
  })
})

describe('the card of a call that runs', () => {
  it('says so, who is in it now, and since when, and takes one in', () => {
    const join = vi.fn()
    draw(running, join)
    expect(screen.getByText('Call in progress')).toBeDefined()
    expect(screen.getByText('18 min, 1 person in it')).toBeDefined()
    fireEvent.click(screen.getByRole('button', { name: 'Join' }))
    expect(join).toHaveBeenCalledTimes(1)
    fireEvent.click(screen.getByRole('button', { name: 'Who was in it' }))
    expect(screen.getByText('in the call').closest('li')?.textContent).toContain('Bob')
  })
  it('counts its minutes, and draws nothing else again for it', async () => {
    const names = vi.fn(nameOf)
    render(<CallCardView call={running} nameOf={names} join={undefined} />)
    const drawn = names.mock.calls.length
    await act(() => void vi.advanceTimersByTime(61_000))
    expect(screen.getByText('19 min, 1 person in it')).toBeDefined()
    expect(names).toHaveBeenCalledTimes(drawn)
  })
  it('stops counting when it ends', () => {
    const { rerender } = render(<CallCardView call={running} nameOf={nameOf} join={undefined} />)
    rerender(<CallCardView call={card()} nameOf={nameOf} join={undefined} />)
    expect(screen.getByText('42 min, 2 people')).toBeDefined()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('names', () => {
  it.each([
    [['Ann'], 'Ann'],
    [['A', 'B', 'C', 'D', 'E'], 'A, B, C, D, E'],
    [['A', 'B', 'C', 'D', 'E', 'F'], 'A, B, C, D and 2 more'],
  ])('%j: %s', (names, words) => {
    expect(namesWords(names)).toBe(words)
  })
})
