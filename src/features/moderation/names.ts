import type { User } from '../../../lib/protocol/users.ts'

const plain = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase()

/** Those whose username, or a word of whose name, begins with this. */
export const beginningWith = (start: string, people: readonly User[]): User[] => {
  const wanted = plain(start)
  return people.filter(
    ({ username, displayName }) =>
      username.startsWith(wanted) ||
      plain(displayName).startsWith(wanted) ||
      plain(displayName)
        .split(/\s+/)
        .some((word) => word.startsWith(wanted)),
  )
}

/** The name in front: in quotes, or one word with or without its @. */
const takeName = (text: string): { name: string; rest: string } => {
  const quoted = /^@?["“]([^"”]*)["”]?\s*([\s\S]*)$/.exec(text)
  const [, name = '', rest = ''] = quoted ?? /^@?(\S*)\s*([\s\S]*)$/.exec(text) ?? []
  return { name, rest: rest.trim() }
}

export type Found = { person: User; rest: string } | { because: string }

/** Whom a text begins with, by username or by name, and what follows; or why that is nobody. */
export const findPerson = (text: string, people: readonly User[]): Found => {
  const { name, rest } = takeName(text)
  const active = people.filter(({ disabled }) => !disabled)
  const exact = active.find(({ username }) => username === name.toLowerCase())
  if (exact) return { person: exact, rest }
  const called = active.filter(({ displayName }) => plain(displayName) === plain(name))
  const [first] = called
  if (first && called.length === 1) return { person: first, rest }
  if (called.length > 1) {
    const names = called.map(({ username }) => `@${username}`).join(' or ')
    return { because: `Several people are called ${name}: write ${names}.` }
  }
  const near = name === '' ? [] : beginningWith(name, active).slice(0, 3)
  if (near.length === 0) return { because: `Nobody here is called ${name || 'that'}.` }
  const names = near.map(({ username }) => `@${username}`).join(' or ')
  return { because: `Nobody is called ${name}. Did you mean ${names}?` }
}
