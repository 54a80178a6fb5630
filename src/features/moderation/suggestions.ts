import type { User } from '../../../lib/protocol/users.ts'
import { COMMANDS, type CommandName, isCommand, type Verb } from './commands.ts'
import { COMMON_SECONDS, durationWords, shortDuration } from './durations.ts'
import { beginningWith } from './names.ts'
import { heldOf, mayModerate, obstacle, type Place } from './place.ts'

/** One way to go on with a command. `text` is what the box holds then. */
export type Suggestion = { key: string; name: string; hint: string; text: string }

const MOST = 8

const ME: Suggestion = {
  key: '/me',
  name: '/me',
  hint: 'Say what you do, as in “/me waves”',
  text: '/me ',
}

const suggestNames = (start: string, place: Place): Suggestion[] => {
  const mine = mayModerate(place) ? (Object.keys(COMMANDS) as CommandName[]) : []
  const commands = mine
    .filter((name) => isUseful(name, place))
    .map((name) => ({
      key: `/${name}`,
      name: COMMANDS[name].usage,
      hint: COMMANDS[name].hint,
      text: `/${name} `,
    }))
  return [...commands, ME].filter(({ key }) => key.startsWith(`/${start.toLowerCase()}`))
}

/** A command that could be carried out upon nobody now is not offered. */
const isUseful = (name: CommandName, place: Place): boolean => {
  const verb: Verb = COMMANDS[name].verb
  if ('lifts' in verb && verb.lifts === 'lock') return heldOf(place, 'lock', null) !== undefined
  return ('does' in verb && verb.does === 'lock') || candidates(name, place).length > 0
}

/** Those upon whom a command can be carried out now. */
const candidates = (name: CommandName, place: Place): User[] => {
  const { verb } = COMMANDS[name]
  const active = place.people.filter(({ disabled, id }) => !disabled && id !== place.me.id)
  if ('lifts' in verb) {
    return active.filter(({ id }) => heldOf(place, verb.lifts, id) !== undefined)
  }
  const { does } = verb
  if (does === 'lock') return []
  return active.filter(({ id }) => obstacle(place, does, id) === undefined)
}

const suggestPeople = (name: CommandName, start: string, place: Place): Suggestion[] =>
  beginningWith(start, candidates(name, place)).map(({ id, displayName, username }) => ({
    key: id,
    name: displayName,
    hint: `@${username}`,
    text: `/${name} @${username} `,
  }))

const suggestTimes = (before: string): Suggestion[] =>
  COMMON_SECONDS.map((seconds) => ({
    key: String(seconds),
    name: shortDuration(seconds),
    hint: durationWords(seconds),
    text: `${before}${shortDuration(seconds)} `,
  }))

const SCOPES: readonly Suggestion[] = [
  { key: 'call', name: 'call', hint: 'Nobody else comes into the call', text: '/lock call ' },
  { key: 'channel', name: 'channel', hint: 'Others only read', text: '/lock channel ' },
]

const suggestForLock = (words: string[]): Suggestion[] => {
  const [first = '', second = ''] = words
  if (words.length === 1) return SCOPES.filter(({ key }) => key !== first && key.startsWith(first))
  return words.length === 2 && second === '' ? suggestTimes(`/lock ${first} `) : []
}

const suggestArguments = (name: CommandName, rest: string, place: Place): Suggestion[] => {
  const { verb } = COMMANDS[name]
  const words = rest.split(/\s+/)
  const [first = '', second = ''] = words
  if ('does' in verb && verb.does === 'lock') return suggestForLock(words)
  if ('lifts' in verb && verb.lifts === 'lock') return []
  if (words.length === 1) return suggestPeople(name, first.replace(/^@/, ''), place)
  const isTimeNext = words.length === 2 && second === ''
  const takesTime = 'time' in verb && verb.time !== 'none'
  return isTimeNext && takesTime ? suggestTimes(`/${name} ${first} `) : []
}

/** How a text that begins with a slash may go on. */
export const suggestionsFor = (text: string, place: Place): Suggestion[] => {
  const naming = /^\/([a-z]*)$/i.exec(text)
  if (naming) return suggestNames(naming[1] ?? '', place).slice(0, MOST + 4)
  const [, word = '', rest] = /^\/([a-z]+)\s+([\s\S]*)$/i.exec(text) ?? []
  const name = word.toLowerCase()
  if (rest === undefined || !isCommand(name) || !mayModerate(place)) return []
  return suggestArguments(name, rest, place).slice(0, MOST)
}
