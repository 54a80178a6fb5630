import { describe, expect, it } from 'vitest'
import { entriesAmong } from '../../../../../src/features/chat/beside.ts'
import { rowsOf } from '../../../../../src/features/chat/rows.ts'
import { message } from '../../../../support/messages.ts'

const noon = new Date(2026, 10, 19, 12).getTime()
const at = (minutes: number) => new Date(noon + minutes * 60_000).toISOString()
const said = (...minutes: number[]) =>
  minutes.map((one, nth) => message(nth + 1, { postedAt: at(one) }))
const entry = (minutes: number) => ({ key: `e${minutes}`, at: at(minutes) })
const drawn = (...rows: Parameters<typeof rowsOf>) =>
  rowsOf(...rows).map((row) => (row.is === 'message' ? `${row.message.seq}` : row.key))

describe('what stands beside messages', () => {
  it('is put in its place in time, under its own day', () => {
    const rows = drawn(said(0, 10), undefined, [entry(-2_000), entry(5), entry(10), entry(20)])
    expect(rows.filter((row) => !row.startsWith('day'))).toEqual([
      ...['e-2000', '1', 'e5', '2', 'e10', 'e20'],
    ])
    expect(rows.filter((row) => row.startsWith('day'))).toHaveLength(2)
  })
  it('stands alone where nobody has written', () => {
    expect(drawn([], undefined, [entry(1)])).toEqual([expect.stringMatching(/^day/), 'e1'])
  })
  it('ends the run of whoever wrote before', () => {
    const rows = rowsOf(said(0, 2), undefined, [entry(1)])
    expect(rows.flatMap((row) => (row.is === 'message' ? [row.starts] : []))).toEqual([true, true])
  })
})

describe('of a part of the messages', () => {
  const messages = said(0, 10, 20, 30)
  const entries = [-5, 5, 15, 25, 35].map(entry)
  const among = (from: number, to: number, isWhole: boolean) =>
    entriesAmong(entries, { messages, shown: messages.slice(from, to), isWhole }).map(
      ({ key }) => key,
    )
  it('only what belongs to it is drawn, and each entry belongs to one part', () => {
    expect(among(0, 2, true)).toEqual(['e-5', 'e5', 'e15'])
    expect(among(2, 4, true)).toEqual(['e25', 'e35'])
  })
  it('nothing from before it while older messages are still to come', () => {
    expect(among(0, 4, false)).toEqual(['e5', 'e15', 'e25', 'e35'])
  })
})
