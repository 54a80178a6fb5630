import { beforeEach, describe, expect, it } from 'vitest'
import { createPresence, type Presence } from '../../../../../lib/features/presence/index.ts'

let presence: Presence, told: unknown[], timers: Map<number, () => void>
/** Lets the grace of everybody who left be over. */
const graceIsOver = () => {
  for (const [id, run] of timers) {
    timers.delete(id)
    run()
  }
}

beforeEach(() => {
  told = []
  timers = new Map()
  let last = 0
  presence = createPresence({
    hub: { tellAll: (type, body) => void told.push({ type, ...body }) },
    later: (run, ms) => {
      expect(ms).toBe(2_000)
      const id = ++last
      timers.set(id, run)
      return () => void timers.delete(id)
    },
  })
})

const news = (userId: string, online: boolean) => ({ type: 'presence.changed', userId, online })

describe('presence', () => {
  it('tells everybody of the first connection of a person, and of no second [PRES-1]', () => {
    presence.opened('bob')
    presence.opened('bob')
    expect(told).toEqual([news('bob', true)])
    expect(presence.online()).toEqual(['bob'])
  })

  it('tells two seconds after the last one closed, once [PRES-2]', () => {
    presence.opened('bob')
    presence.closed('bob')
    presence.closed('bob')
    expect(told).toEqual([news('bob', true)])
    graceIsOver()
    expect(told).toEqual([news('bob', true), news('bob', false)])
  })

  it('says nothing of a reload [PRES-2]', () => {
    presence.opened('bob')
    presence.closed('bob')
    presence.opened('bob')
    graceIsOver()
    expect(told).toEqual([news('bob', true)])
    expect(presence.online()).toEqual(['bob'])
  })

  it('counts as online whoever has not been told to be offline [PRES-3]', () => {
    presence.opened('bob')
    presence.opened('carol')
    presence.closed('bob')
    expect(presence.online()).toEqual(['bob', 'carol'])
    graceIsOver()
    expect(presence.online()).toEqual(['carol'])
  })

  it('knows nothing of a person who was never there', () => {
    presence.closed('mallory')
    graceIsOver()
    expect(told).toEqual([])
  })

  it('tells nobody anything after its end, which may come twice', () => {
    presence.opened('bob')
    presence.closed('bob')
    presence.close()
    presence.close()
    expect(timers.size).toBe(0)
  })
})
