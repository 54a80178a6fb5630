import { describe, expect, it } from 'vitest'
import { timedId } from '../../../../lib/platform/ids.ts'

describe('timedId', () => {
  it('sorts by time, whatever the rest is', () => {
    const times = [0, 31, 32, 1_700_000_000_000, 1_700_000_000_001, 8_640_000_000_000_000 / 1_000]
    const ids = times.map((time) => timedId(new Date(time)))
    expect([...ids].sort()).toEqual(ids)
  })
  it('has 20 characters of Crockford base 32, and never repeats within a millisecond', () => {
    const at = new Date()
    const ids = Array.from({ length: 10_000 }, () => timedId(at))
    expect(new Set(ids).size).toBe(10_000)
    for (const id of ids) expect(id).toMatch(/^[0-9abcdefghjkmnpqrstvwxyz]{20}$/)
  })
})
