import { PyriteError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { MIN_PASSWORD_LENGTH } from '../../protocol/limits.ts'

/** The worst passwords that are long enough, without digits and signs behind them: what is tried first everywhere. */
const WORST: ReadonlySet<string> = new Set(
  (
    'password passwordpassword passw0rd p@ssword p@ssw0rd letmein letmeinplease qwerty qwertyuiop qwertyqwerty qwertzuiop asdfghjkl ' +
    'asdfghjklasdfghjkl zxcvbnm iloveyou welcome welcomeback administrator adminadmin admin changeme changemeplease abcdefghij ' +
    'abcdefghijk secret topsecret monkey dragon football baseball sunshine princess superman batman trustno pyrite pyritepyrite default ' +
    'test testtest testtesttest'
  ).split(' '),
)
/** Rows of digits need no list: they are parts of these. */
const ROWS = [
  '01234567890123456789',
  '98765432109876543210',
  '1q2w3e4r5t6z7u8i9o0p',
  '1q2w3e4r5t6y7u8i9o0p',
]

const isWorst = (password: string): boolean => {
  const plain = password.toLowerCase()
  return (
    WORST.has(plain.replace(/[^a-z]+$/, '')) ||
    ROWS.some((row) => row.includes(plain)) ||
    new Set(plain).size <= 2
  )
}

/** Throws `users.weak-password`, saying what is wrong with it. */
export const mustBeStrong = (password: string, username: string): void => {
  const refuse = (why: string) => new PyriteError('users.weak-password', why)
  if (password.length < MIN_PASSWORD_LENGTH) {
    throw refuse(`a password has at least ${MIN_PASSWORD_LENGTH} characters`)
  }
  if (password.trim().toLowerCase() === username.toLowerCase()) {
    throw refuse('a password must not be the username')
  }
  if (isWorst(password)) throw refuse('this password is one of the first that anybody tries')
}

/** 100 random bits in groups that can be read aloud: xxxxx-xxxxx-xxxxx-xxxxx. */
export const makePassword = (): string => newId().replace(/.{5}(?=.)/g, '$&-')
