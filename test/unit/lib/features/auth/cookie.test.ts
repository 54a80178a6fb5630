import { describe, expect, it } from 'vitest'
import { sessionCookie } from '../../../../../lib/features/auth/cookie.ts'

describe('the session cookie', () => {
  it('is HttpOnly, SameSite=Lax and for the whole site', () => {
    expect(sessionCookie('').keep('abc')).toBe(
      'pyrite_session=abc; Max-Age=34560000; Path=/; HttpOnly; SameSite=Lax',
    )
  })
  it('under https it is Secure, and its name keeps other hosts and plain http from setting it', () => {
    expect(sessionCookie('https://chat.example.org').keep('abc')).toBe(
      '__Host-pyrite_session=abc; Max-Age=34560000; Path=/; HttpOnly; Secure; SameSite=Lax',
    )
    const header = 'pyrite_session=planted; __Host-pyrite_session=ours'
    expect(sessionCookie('https://chat.example.org').read(header)).toBe('ours')
    expect(sessionCookie('https://chat.example.org').read('pyrite_session=planted')).toBeUndefined()
  })
  it('is forgotten at once', () => {
    expect(sessionCookie('').forget()).toContain('pyrite_session=; Max-Age=0; Path=/')
  })
})
