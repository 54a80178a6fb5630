import { type Description, knownFields } from './group-file.ts'

/** What Galene leaves out of an answer, and takes for not there. */
const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || value === 0 || value === false

/** Whether Galene sees no difference in a field. */
const isSameValue = (one: unknown, other: unknown): boolean =>
  (isNothing(one) && isNothing(other)) || JSON.stringify(one) === JSON.stringify(other)

/** Whether Galene sees no difference at all. */
export const isSame = (one: Description, other: Description): boolean =>
  [...Object.keys(one), ...Object.keys(other)].every((key) => isSameValue(one[key], other[key]))

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const usersIn = (value: unknown): string => {
  const names = isObject(value) ? Object.entries(value) : []
  if (names.length === 0) return 'nobody'
  const asWords = ([name, user]: [string, unknown]) => {
    const { permissions, password } = isObject(user) ? user : {}
    const role = typeof permissions === 'string' ? permissions : JSON.stringify(permissions ?? [])
    return `${name} (${role}${password === undefined ? '' : ', with a password'})`
  }
  return names.map(asWords).join(', ')
}

const keysIn = (value: unknown): string => {
  const keys: unknown[] = Array.isArray(value) ? value : []
  const names = keys.map((key) => String((isObject(key) ? key.kid : undefined) ?? 'a key'))
  return names.length === 0 ? 'none' : names.join(', ')
}

/** Values that may hold a secret are told in words. */
const WORDS: Record<string, (value: unknown) => string> = {
  users: usersIn,
  authKeys: keysIn,
  'wildcard-user': (value) => (isObject(value) ? usersIn({ anybody: value }) : 'nobody'),
  op: (value) => (Array.isArray(value) ? `${value.length} people` : 'nobody'),
  presenter: (value) => (Array.isArray(value) ? `${value.length} people` : 'nobody'),
  other: (value) => (Array.isArray(value) ? `${value.length} people` : 'nobody'),
}

const inWords = (key: string, value: unknown): string => {
  const words = WORDS[key]
  if (words) return words(value)
  return value === undefined ? 'not set' : JSON.stringify(value)
}

/** What differs between two descriptions, a line for each field. Never a password or a key. */
export const changesBetween = (before: Description, after: Description): string[] => {
  const [old, next] = [knownFields(before), knownFields(after)]
  const keys = [...new Set([...Object.keys(old), ...Object.keys(next)])]
  return keys
    .filter((key) => !isSameValue(old[key], next[key]))
    .map((key) => `${key}: ${inWords(key, old[key])} -> ${inWords(key, next[key])}`)
}
