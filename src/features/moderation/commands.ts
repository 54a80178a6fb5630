import { MAX_REASON_LENGTH } from '../../../lib/protocol/limits.ts'
import type { ModerationAct, ModerationWish } from '../../../lib/protocol/moderation.ts'
import { readDuration } from './durations.ts'
import { findPerson } from './names.ts'
import { heldOf, mayModerate, nameIn, obstacle, type PersonKind, type Place } from './place.ts'
import { liftWords, OPEN_AGAIN, previewWords } from './words.ts'

/** What is to be done when the command is sent. */
export type Order =
  | { do: 'act'; wish: ModerationWish }
  | { do: 'end'; act: ModerationAct }
  /** Whatever locks the channel: the call server may know of a lock that we do not. */
  | { do: 'unlock'; channelSlug: string }

/** What a text that begins with a slash means. */
export type Reading =
  /** No command is called that: it goes to the channel as it is. */
  | { is: 'message'; note: string }
  /** Something is missing, or wrong. */
  | { is: 'unfinished'; note: string; isWrong: boolean }
  | { is: 'ready'; note: string; order: Order }

export type Verb =
  | { does: PersonKind; time: 'none' | 'optional' | 'always'; mayBeAll?: boolean }
  | { lifts: 'ban' | 'timeout' | 'forbid-presenting' | 'lock' }
  | { does: 'lock' }

export type CommandName = keyof typeof COMMANDS

/** Every command, in the order in which they are offered. */
export const COMMANDS = {
  mute: {
    hint: 'Switch off somebody’s microphone, or everybody’s',
    usage: '/mute [@name] [reason]',
    verb: { does: 'mute', time: 'none', mayBeAll: true },
  },
  kick: {
    hint: 'Take somebody out of the call',
    usage: '/kick @name [reason]',
    verb: { does: 'kick', time: 'none' },
  },
  timeout: {
    hint: 'Let somebody only read and listen for a while',
    usage: '/timeout @name [10m] [reason]',
    verb: { does: 'timeout', time: 'always' },
  },
  untimeout: {
    hint: 'End a timeout',
    usage: '/untimeout @name',
    verb: { lifts: 'timeout' },
  },
  forbid: {
    hint: 'Let somebody only listen in the call',
    usage: '/forbid @name [10m] [reason]',
    verb: { does: 'forbid-presenting', time: 'optional' },
  },
  allow: {
    hint: 'Let somebody present again',
    usage: '/allow @name',
    verb: { lifts: 'forbid-presenting' },
  },
  ban: {
    hint: 'Put somebody out of the channel',
    usage: '/ban @name [1d] [reason]',
    verb: { does: 'ban', time: 'optional' },
  },
  unban: { hint: 'Let somebody come back', usage: '/unban @name', verb: { lifts: 'ban' } },
  lock: {
    hint: 'Let nobody else into the call, or close the channel',
    usage: '/lock [call|channel] [1h] [reason]',
    verb: { does: 'lock' },
  },
  unlock: { hint: 'Open it again', usage: '/unlock', verb: { lifts: 'lock' } },
} as const satisfies Record<string, { hint: string; usage: string; verb: Verb }>

/** How long a timeout lasts when nobody says. */
export const DEFAULT_TIMEOUT_SECONDS = 600
const AS_MESSAGE = 'To send it as a message, put a space in front.'

export const isCommand = (word: string): word is CommandName => Object.hasOwn(COMMANDS, word)
const verbOf = (name: CommandName): Verb => COMMANDS[name].verb

const wrong = (note: string): Reading => ({ is: 'unfinished', note, isWrong: true })
const missing = (note: string): Reading => ({ is: 'unfinished', note, isWrong: false })
const ready = (note: string, order: Order): Reading => ({ is: 'ready', note, order })

/** The first word, where there is one, and the rest. */
const split = (text: string): [word: string, rest: string] => {
  const [, word = '', rest = ''] = /^(\S*)\s*([\s\S]*)$/.exec(text.trim()) ?? []
  return [word, rest]
}

/** One letter too many, too few, other, or two exchanged. */
const isNearly = (a: string, b: string): boolean => {
  const shorter = a.length < b.length ? a : b
  const longer = a.length < b.length ? b : a
  if (longer.length - shorter.length > 1 || shorter.length < 2) return false
  const from = [...shorter].findIndex((letter, at) => letter !== longer[at])
  if (from < 0) return true
  const [left, right] = [shorter.slice(from), longer.slice(from)]
  if (longer.length > shorter.length) return left === right.slice(1)
  const areExchanged =
    left[0] === right[1] && left[1] === right[0] && left.slice(2) === right.slice(2)
  return left.slice(1) === right.slice(1) || areExchanged
}

/** A mistyped command is not told to the whole channel; anything else that begins with a slash is a message. */
const readUnknown = (word: string, place: Place): Reading => {
  const near = Object.keys(COMMANDS).find((name) => isNearly(word.toLowerCase(), name))
  if (near && mayModerate(place)) {
    return wrong(`There is no /${word}. Did you mean /${near}? ${AS_MESSAGE}`)
  }
  return { is: 'message', note: `There is no command /${word}: this is sent as a message.` }
}

/** A time in front of the rest, where there is one. A string is what is wrong. */
const takeTime = (text: string): { seconds?: number; rest: string } | string => {
  const [word, rest] = split(text)
  const seconds = readDuration(word)
  if (seconds === undefined) return { rest: text.trim() }
  return typeof seconds === 'string' ? seconds : { seconds, rest }
}

const isTooLong = (reason: string): Reading | undefined =>
  reason.length > MAX_REASON_LENGTH
    ? wrong(
        `A reason has at most ${MAX_REASON_LENGTH} characters: ${reason.length - MAX_REASON_LENGTH} too many.`,
      )
    : undefined

const asWish = (wish: ModerationWish, name: string): Reading =>
  isTooLong(wish.reason) ?? ready(previewWords(wish, name), { do: 'act', wish })

const personWish = (
  slug: string,
  verb: Verb & { does: PersonKind },
  userId: string,
  { seconds, rest }: { seconds?: number; rest: string },
): ModerationWish => {
  const base = { channelSlug: slug, userId, reason: rest }
  const time = seconds === undefined ? {} : { seconds }
  switch (verb.does) {
    case 'timeout':
      return { kind: 'timeout', ...base, seconds: seconds ?? DEFAULT_TIMEOUT_SECONDS }
    case 'kick':
    case 'mute':
      return { kind: verb.does, ...base }
    case 'ban':
    case 'forbid-presenting':
      return { kind: verb.does, ...base, ...time }
  }
}

const readPerson = (
  name: CommandName,
  verb: Verb & { does: PersonKind; time: string },
  rest: string,
  place: Place,
): Reading => {
  if (rest === '') return missing(`Whom? ${COMMANDS[name].usage}`)
  const found = findPerson(rest, place.people)
  if ('because' in found) return wrong(found.because)
  const { person } = found
  const because = obstacle(place, verb.does, person.id)
  if (because) return wrong(because)
  const timed = verb.time === 'none' ? { rest: found.rest } : takeTime(found.rest)
  if (typeof timed === 'string') return wrong(timed)
  return asWish(personWish(place.channel.slug, verb, person.id, timed), person.displayName)
}

const readMuteAll = (place: Place): Reading => {
  const others = place.channel.call.filter(({ userId }) => userId !== place.me.id)
  if (others.length === 0) return wrong('Nobody else is in the call.')
  return asWish({ kind: 'mute', channelSlug: place.channel.slug, reason: '' }, '')
}

const readLock = (rest: string, place: Place): Reading => {
  const [word, after] = split(rest)
  const isScope = word === 'call' || word === 'channel'
  const timed = takeTime(isScope ? after : rest)
  if (typeof timed === 'string') return wrong(timed)
  const time = timed.seconds === undefined ? {} : { seconds: timed.seconds }
  const scope = isScope ? word : 'call'
  const base = { channelSlug: place.channel.slug, reason: timed.rest, scope } as const
  return asWish({ kind: 'lock', ...base, ...time, exempt: ['moderator'] }, '')
}

const NOT_HELD = {
  ban: 'is not banned here',
  timeout: 'is not timed out here',
  'forbid-presenting': 'may present already',
}

const readLift = (
  name: CommandName,
  { lifts }: Verb & { lifts: string },
  rest: string,
  place: Place,
): Reading => {
  const kind = lifts as 'ban' | 'timeout' | 'forbid-presenting' | 'lock'
  if (kind === 'lock') {
    const act = heldOf(place, 'lock', null)
    const note = act ? liftWords(act, '') : OPEN_AGAIN
    return ready(note, { do: 'unlock', channelSlug: place.channel.slug })
  }
  if (rest === '') return missing(`Whom? ${COMMANDS[name].usage}`)
  const found = findPerson(rest, place.people)
  if ('because' in found) return wrong(found.because)
  const { id, displayName } = found.person
  const act = heldOf(place, kind, id)
  if (!act) return wrong(`${displayName} ${NOT_HELD[kind]}.`)
  if (id === place.me.id) return wrong('Somebody else has to lift this.')
  return ready(liftWords(act, nameIn(place, id)), { do: 'end', act })
}

const readKnown = (name: CommandName, rest: string, place: Place): Reading => {
  const verb = verbOf(name)
  if ('lifts' in verb) return readLift(name, verb, rest, place)
  if (verb.does === 'lock') return readLock(rest, place)
  if (rest === '' && verb.mayBeAll) return readMuteAll(place)
  return readPerson(name, verb, rest, place)
}

/** What a text means, where it begins with a slash and a word. Undefined: it is a message, `/me` too. */
export const readCommand = (text: string, place: Place): Reading | undefined => {
  const [, word, rest = ''] = /^\/([a-z]+)(?:\s+([\s\S]*))?$/i.exec(text.trimEnd()) ?? []
  if (word === undefined || word.toLowerCase() === 'me') return undefined
  const name = word.toLowerCase()
  if (!isCommand(name)) return readUnknown(word, place)
  if (!mayModerate(place)) {
    return wrong(`/${name} is for moderators of this channel. ${AS_MESSAGE}`)
  }
  return readKnown(name, rest.trim(), place)
}
