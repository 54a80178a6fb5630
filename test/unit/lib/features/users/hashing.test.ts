import { describe, expect, it } from 'vitest'
import { createHashing } from '../../../../../lib/features/users/index.ts'

const hashing = createHashing({ atOnce: 2 })

describe('hashing', () => {
  it('is argon2id with 19 MiB, two passes and one lane, salted', async () => {
    const [first, second] = await Promise.all([hashing.hash('secret'), hashing.hash('secret')])
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(second).not.toBe(first)
  })
  it('knows the right password from a wrong one, and nothing fits a name nobody has', async () => {
    const stored = await hashing.hash('secret')
    expect(await hashing.verify(stored, 'secret')).toBe(true)
    expect(await hashing.verify(stored, 'Secret')).toBe(false)
    expect(await hashing.verify(undefined, 'secret')).toBe(false)
    expect(await hashing.verify(undefined, '')).toBe(false)
  })
  it('takes letters however the keyboard composes them', async () => {
    const stored = await hashing.hash('caf\u00e9 au lait')
    expect(await hashing.verify(stored, 'cafe\u0301 au lait')).toBe(true)
  })
  it('answers everybody in a short line, and sends the rest away with a time to wait', async () => {
    const one = createHashing({ atOnce: 1 })
    const stored = await one.hash('secret')
    const outcomes = await Promise.allSettled(
      Array.from({ length: 105 }, () => one.verify(stored, 'secret')),
    )
    const away = outcomes.filter(({ status }) => status === 'rejected')
    expect(away).toHaveLength(4)
    for (const outcome of away) {
      expect(outcome).toMatchObject({ reason: { code: 'too-many-requests', retryAfter: 5 } })
    }
    expect(await one.verify(stored, 'secret')).toBe(true)
  })
})
