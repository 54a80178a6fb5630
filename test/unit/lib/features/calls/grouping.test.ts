import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BRIEF_MS,
  CALL_GAP_MS,
  callAt,
  isBrief,
  type KeptCall,
  MOST_STAYS,
  type Present,
} from '../../../../../lib/features/calls/grouping.ts'

const START = Date.UTC(2026, 0, 1, 10)
const at = (seconds: number) => new Date(START + seconds * 1_000).toISOString()
const GAP = CALL_GAP_MS / 1_000
const BRIEF = BRIEF_MS / 1_000

/** Who is there from this second on; those who stay keep the time at which they came. */
type Seen = [second: number, ...people: string[]]

/** Who is there, each since they came. */
const staying = (before: readonly Present[], people: readonly string[], now: string): Present[] =>
  people.map((userId) => before.find((one) => one.userId === userId) ?? { userId, joinedAt: now })

/** Every call of a channel, after its call was looked at so often. */
const callsOf = (...seen: Seen[]): KeptCall[] => {
  const calls: KeptCall[] = []
  let present: Present[] = []
  for (const [second, ...people] of seen) {
    present = staying(present, people, at(second))
    const next = callAt(calls.at(-1), present, at(second))
    if (next) calls.splice(next.isNew ? calls.length : -1, 1, next.call)
  }
  return calls
}
const stay = (userId: string, from: number, to: number | null) => ({
  userId,
  joinedAt: at(from),
  leftAt: to === null ? null : at(to),
})

describe('a call', () => {
  it('lasts from the first person in to the last one out, and knows who came and went [CALL-3]', () => {
    expect(callsOf([0, 'bob'], [60, 'bob', 'carol'], [300, 'carol'], [2_520])).toEqual([
      {
        startedAt: at(0),
        endedAt: at(2_520),
        stays: [stay('bob', 0, 300), stay('carol', 60, 2_520)],
      },
    ])
  })
  it('runs while somebody is in it', () => {
    expect(callsOf([0, 'bob', 'carol'], [10, 'carol'])).toEqual([
      { startedAt: at(0), endedAt: null, stays: [stay('bob', 0, 10), stay('carol', 0, null)] },
    ])
  })
  it('that never ends tells a bounded number of stays of each, the last of which takes in the rest [CALL-4]', () => {
    const visits = Array.from({ length: 500 }, (_, n): Seen[] => {
      const from = (n + 1) * 2 * (GAP + 10)
      return [
        [from, 'kiosk', 'bob'],
        [from + 1, 'kiosk'],
      ]
    }).flat()
    const [call] = callsOf([0, 'kiosk'], ...visits)
    const bobs = call?.stays.filter(({ userId }) => userId === 'bob') ?? []
    expect([call?.stays.length, bobs.length]).toEqual([MOST_STAYS + 1, MOST_STAYS])
    const [before, last] = bobs.slice(-2)
    expect(before?.leftAt).toBe(at(19 * 2 * (GAP + 10) + 1))
    expect(last).toEqual(stay('bob', 20 * 2 * (GAP + 10), 500 * 2 * (GAP + 10) + 1))
  })
  it('goes on when everybody lost the connection and one came back within the gap [CALL-4]', () => {
    expect(callsOf([0, 'bob', 'carol'], [600], [600 + GAP, 'bob'])).toEqual([
      { startedAt: at(0), endedAt: null, stays: [stay('bob', 0, null), stay('carol', 0, 600)] },
    ])
  })
  it('is another one after a longer gap [CALL-4]', () => {
    const [first, second] = callsOf([0, 'bob'], [600], [601 + GAP, 'bob'])
    expect(first?.endedAt).toBe(at(600))
    expect(second).toEqual({
      startedAt: at(601 + GAP),
      endedAt: null,
      stays: [stay('bob', 601 + GAP, null)],
    })
  })
  it('tells somebody who came back later twice, and a lost connection once [CALL-4]', () => {
    const [call] = callsOf(
      ...([
        [0, 'bob', 'carol'],
        [100, 'carol'],
        [130, 'bob', 'carol'],
      ] as Seen[]),
      ...([
        [200, 'carol'],
        [201 + GAP, 'bob', 'carol'],
      ] as Seen[]),
    )
    expect(call?.stays).toEqual([
      stay('bob', 0, 200),
      stay('carol', 0, null),
      stay('bob', 201 + GAP, null),
    ])
  })
  it('changes nothing when the same people are seen again', () => {
    const [call] = callsOf([0, 'bob', 'carol'], [5, 'carol'])
    const again = callAt(call, [{ userId: 'carol', joinedAt: at(0) }], at(50))
    expect(again).toEqual({ call, isNew: false })
    expect(again?.call.stays.every((one, place) => one === call?.stays[place])).toBe(true)
  })
  it('that nobody is in, and never was, is none', () => {
    expect(callsOf([0], [5])).toEqual([])
  })
  it('never has somebody leave before they came, whatever the clock does', () => {
    const [call] = callsOf([100, 'bob'], [40])
    expect(call).toEqual({ startedAt: at(100), endedAt: at(100), stays: [stay('bob', 100, 100)] })
  })
})

describe('a brief call', () => {
  it.each<[string, boolean, Seen[]]>([
    ['somebody alone who left before a minute was over', true, [[0, 'bob'], [BRIEF - 1]]],
    ['somebody alone for a minute', false, [[0, 'bob'], [BRIEF]]],
    ['two people, however shortly', false, [[0, 'bob', 'carol'], [1]]],
    ['one after the other', false, [[0, 'bob'], [1, 'carol'], [2]]],
    ['one that runs', false, [[0, 'bob']]],
    ['somebody alone who came back', false, [[0, 'bob'], [5], [30, 'bob'], [BRIEF]]],
  ])('%s: %s [CALL-5]', (_, is, seen) => {
    expect(callsOf(...seen).map(isBrief)).toEqual([is])
  })
})

describe('whoever comes and goes whenever', () => {
  const NAMES = ['alice', 'bob', 'carol']
  const waits = fc.integer({ min: 0, max: 400 })
  const steps = fc.array(fc.tuple(waits, fc.subarray(NAMES)), { maxLength: 40 })
  const seenIn = (all: [number, string[]][]): Seen[] => {
    let second = 0
    return all.map(([wait, who]) => {
      second += wait
      return [second, ...who]
    })
  }
  const gap = (from: string | null | undefined, to: string) =>
    Date.parse(to) - Date.parse(from ?? '')
  const absences = (call: KeptCall) =>
    NAMES.flatMap((name) => {
      const mine = call.stays.filter(({ userId }) => userId === name)
      return mine.slice(1).map(({ joinedAt }, nth) => gap(mine[nth]?.leftAt, joinedAt))
    })
  const openIn = (call: KeptCall | undefined) =>
    (call?.stays ?? []).flatMap(({ userId, leftAt }) => (leftAt === null ? [userId] : []))

  it('calls and stays follow each other with more than the gap, and only the newest call runs', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const seen = seenIn(all)
        const calls = callsOf(...seen)
        const inside = seen.at(-1)?.slice(1) ?? []
        expect(openIn(calls.at(-1)).sort()).toEqual(inside)
        expect(calls.at(-1)?.endedAt === null).toBe(inside.length > 0)
        for (const before of calls.slice(0, -1)) {
          expect([before.endedAt === null, openIn(before)]).toEqual([false, []])
        }
        const gaps = calls.slice(1).map(({ startedAt }, nth) => gap(calls[nth]?.endedAt, startedAt))
        const shortest = Math.min(...gaps, ...calls.flatMap(absences))
        expect(shortest).toBeGreaterThan(CALL_GAP_MS)
      }),
    )
  })
})
