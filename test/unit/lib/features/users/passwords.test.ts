import { describe, expect, it } from 'vitest'
import { makePassword, mustBeStrong } from '../../../../../lib/features/users/passwords.ts'
import { MIN_PASSWORD_LENGTH } from '../../../../../lib/protocol/limits.ts'

const codeOf = (password: string, username = 'alice.liddell') => {
  try {
    mustBeStrong(password, username)
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('a password', () => {
  it('has a least length', () => {
    const long = 'kzwnmxqpflgh'
    expect(codeOf(long.slice(0, MIN_PASSWORD_LENGTH - 1))).toBe('users.weak-password')
    expect(codeOf(long.slice(0, MIN_PASSWORD_LENGTH))).toBeUndefined()
  })
  it.each(['alice.liddell', 'Alice.Liddell', ' alice.liddell '])(
    'is not the username: %s',
    (password) => {
      expect(codeOf(password)).toBe('users.weak-password')
    },
  )
  it.each([
    'password123',
    'Password1234!',
    'qwertyuiop',
    '1234567890',
    '0987654321',
    'aaaaaaaaaaaa',
    'abababababab',
    'letmein2026!!',
    'passwordpassword',
    '1q2w3e4r5t6z',
  ])('is not one of those that are tried first: %s', (password) => {
    expect(codeOf(password)).toBe('users.weak-password')
  })
  it.each(['correct horse battery', 'пароль-длинный', 'passwordless future'])(
    'may be anything else: %s',
    (password) => {
      expect(codeOf(password)).toBeUndefined()
    },
  )
  it('that Pyrite makes is strong', () => {
    for (let n = 0; n < 100; n += 1) expect(codeOf(makePassword())).toBeUndefined()
  })
})
