import { describe, expect, it } from 'vitest'
import {
  downward,
  following,
  MOST,
  newest,
  type PageWindow,
  STEP,
  upward,
  visible,
} from '../../../../../src/features/chat/page-window.ts'
import { firstNew, RUN_MS, rowsOf } from '../../../../../src/features/chat/rows.ts'
import { message, messages } from '../../../../support/messages.ts'

const at = (ms: number) => new Date(Date.UTC(2026, 10, 19, 12) + ms).toISOString()
const startsOf = (list: Parameters<typeof rowsOf>[0]) =>
  rowsOf(list, undefined).flatMap((row) => (row.is === 'message' ? [row.starts] : []))

describe('runs', () => {
  it('hold one person’s messages within five minutes', () => {
    const list = [
      message(1, { postedAt: at(0) }),
      message(2, { postedAt: at(RUN_MS - 1) }),
      message(3, { postedAt: at(2 * RUN_MS - 1) }),
      message(4, { postedAt: at(2 * RUN_MS), authorId: 'carol' }),
      message(5, { postedAt: at(2 * RUN_MS), authorId: 'carol', kind: 'me' }),
    ]
    expect(startsOf(list)).toEqual([true, false, true, true, true])
  })
  it('end with the day', () => {
    const late = new Date(2026, 10, 19, 23, 59, 59).toISOString()
    const early = new Date(2026, 10, 20, 0, 0, 1).toISOString()
    const rows = rowsOf(
      [message(1, { postedAt: late }), message(2, { postedAt: early })],
      undefined,
    )
    expect(rows.map(({ is }) => is)).toEqual(['day', 'message', 'day', 'message'])
  })
})

describe('the New line', () => {
  it('stands before the first message of somebody else after the read position', () => {
    const list = [message(1), message(2, { authorId: 'alice' }), message(3), message(4)]
    expect(firstNew(list, 1, 'alice')).toBe(3)
    expect(rowsOf(list, 3).map(({ is }) => is)).toEqual([
      'day',
      'message',
      'message',
      'new',
      'message',
      'message',
    ])
  })
  it('waits until its place is loaded', () => {
    expect(firstNew(messages(51, 100), 10, 'alice')).toBeUndefined()
    expect(firstNew(messages(11, 100), 10, 'alice')).toBe(11)
  })
  it('is not drawn when nothing was unread', () => {
    expect(firstNew(messages(1, 3), undefined, 'alice')).toBeUndefined()
    expect(firstNew(messages(1, 3), 3, 'alice')).toBeUndefined()
  })
})

describe('the drawn part of 5,000 messages', () => {
  const all = messages(1, 5_000)
  const ends = (window: PageWindow) => {
    const shown = visible(all, window)
    return [shown[0]?.seq, shown.at(-1)?.seq, shown.length]
  }
  it('is the newest step at first', () => {
    expect(ends(newest(all))).toEqual([4_951, 5_000, STEP])
  })
  it('never holds more than the most, all the way up and down again', () => {
    let window = newest(all)
    for (let step = 0; step < 200; step += 1) {
      window = upward(all, window)
      expect(visible(all, window).length).toBeLessThanOrEqual(MOST)
    }
    expect(ends(window)).toEqual([1, MOST, MOST])
    for (let step = 0; step < 200; step += 1) {
      const next = downward(all, window)
      const overlap = visible(all, next).filter((one) => visible(all, window).includes(one))
      expect(overlap.length).toBeGreaterThan(0)
      window = next
    }
    expect(window.to).toBeUndefined()
    expect(visible(all, window).at(-1)?.seq).toBe(5_000)
  })
  it('stays bounded while it follows the newest', () => {
    const window = { from: 4_951, to: undefined }
    expect(following(messages(1, 5_100), window)).toBe(window)
    expect(following(messages(1, 5_151), window).from).toBe(5_102)
  })
  it('does not move when the reader is further up', () => {
    const window = { from: 100, to: 250 }
    expect(following(all, window)).toBe(window)
  })
})
