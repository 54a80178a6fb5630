import { GROUP_ACTIONS, USER_ACTIONS } from '../wire/facts.ts'
import type { Fields } from './read.ts'
import { isShort, isTooHeavy, keepsData, MAX_DATA_BYTES } from './weight.ts'

/** Who speaks: Galene's client id of this connection, and the name the session vouches for. */
export type Speaker = { clientId: string; username: string; userId: string; displayName: string }

/** What the client may name now: the streams it receives; and those it shows. Each with the candidates said of it since it was described. */
export type Live = {
  streams: Map<string, number>
  shown: Map<string, number>
  /** What the client said about itself, as Galene keeps and repeats it. */
  data: Record<string, unknown>
  /** Whether somebody else in the call shows a stream of this id. */
  isOthers: (id: string) => boolean
}

/** Streams one connection may show at once [SFU-3]: a camera and a screen are two, and each costs the call server a connection. */
const MAX_SHOWN = 16
/** Galene keeps the candidates of a stream until it is described: so many, and so long at most. Browsers say some twenty of a hundred letters. */
const MAX_CANDIDATES = 128
const MAX_CANDIDATE_LETTERS = 2_048

/** A frame for Galene, or why there is none: a sentence for the person. `quiet` does not count as misbehaviour. */
export type Outcome = string | { refused: string; quiet?: true }

type Writer = (m: Fields, me: Speaker, live: Live) => Outcome

const refuse = (refused: string): Outcome => ({ refused })
const isText = (value: unknown): value is string => typeof value === 'string'
const isName = (value: unknown): value is string => isText(value) && value !== '' && isShort(value)
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const textOr = (value: unknown): string | undefined => (isText(value) ? value : undefined)
const isOptionalText = (value: unknown): boolean => value === undefined || isText(value)

/** Labels that may be asked for: null, or a list of words. */
const isRequested = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.every(isText))

const NO_ID = 'this message needs an id, which is a word'

const onlyId =
  (type: string): Writer =>
  ({ id }) =>
    isName(id) ? JSON.stringify({ type, id }) : refuse(NO_ID)

const ice: Writer = ({ id, candidate }, _me, { shown, streams }) => {
  if (!isName(id)) return refuse(NO_ID)
  if (!isObject(candidate)) return refuse('an ice message needs a candidate')
  if (JSON.stringify(candidate).length > MAX_CANDIDATE_LETTERS)
    return refuse('a candidate is short')
  const known = [shown, streams].find((ids) => ids.has(id))
  const count = (known?.get(id) ?? 0) + 1
  if (count > MAX_CANDIDATES) return refuse('these are too many candidates')
  known?.set(id, count)
  return JSON.stringify({ type: 'ice', id, candidate })
}

/**
 * Galene asks nobody whose stream it is: an offer with the id of somebody else's, or in its place, would take that away from
 * everybody who sees it.
 */
const offer: Writer = ({ id, label, replace, sdp }, me, { shown, isOthers }) => {
  if (!isName(id)) return refuse(NO_ID)
  if (!isText(sdp) || !isOptionalText(label) || !isOptionalText(replace)) {
    return refuse('an offer needs an SDP')
  }
  if (!isShort(label)) return refuse('a label is a word')
  if (!shown.has(id) && isOthers(id)) return refuse('this stream is of somebody else')
  const replaced = isText(replace) && shown.delete(replace) ? replace : undefined
  if (shown.size >= MAX_SHOWN && !shown.has(id)) return refuse('these are too many streams')
  shown.set(id, 0)
  const { clientId: source, username } = me
  return JSON.stringify({ type: 'offer', id, replace: replaced, source, username, sdp, label })
}

const answer: Writer = ({ id, sdp }, _me, { streams }) => {
  if (!isName(id)) return refuse(NO_ID)
  if (!isText(sdp)) return refuse('an answer needs an SDP')
  if (streams.has(id)) streams.set(id, 0)
  return JSON.stringify({ type: 'answer', id, sdp })
}

const close: Writer = ({ id }, _me, live) => {
  if (!isName(id)) return refuse(NO_ID)
  live.shown.delete(id)
  return JSON.stringify({ type: 'close', id })
}

const abort: Writer = ({ id }, _me, live) => {
  if (!isName(id)) return refuse(NO_ID)
  live.streams.delete(id)
  return JSON.stringify({ type: 'abort', id })
}

const request: Writer = ({ request: wanted }) => {
  const fine =
    wanted === undefined ||
    wanted === null ||
    (isObject(wanted) && Object.values(wanted).every(isRequested))
  return fine
    ? JSON.stringify({ type: 'request', request: wanted })
    : refuse('a request maps labels to lists of words')
}

/** An id that Galene does not know ends the connection there, so only ids on show pass. */
const requestStream: Writer = ({ id, request: wanted }, _me, live) => {
  if (!isName(id) || !live.streams.has(id)) return refuse('there is no such stream')
  if (!isRequested(wanted)) return refuse('a stream is asked for by a list of words')
  if (Array.isArray(wanted) && wanted.length === 0) live.streams.delete(id)
  return JSON.stringify({ type: 'requestStream', id, request: wanted })
}

/** One more member of an object, or nothing for what is not there. Most messages are of this kind, and it is half of JSON.stringify. */
const member = (name: string, value: unknown): string =>
  value === undefined ? '' : `,"${name}":${JSON.stringify(value)}`

const usermessage: Writer = ({ id, kind, dest, value, noecho }, me) => {
  if (!isOptionalText(kind) || !isOptionalText(dest)) return refuse('kind and dest are words')
  const what = member('kind', kind) + member('id', textOr(id)) + member('source', me.clientId)
  const whom = member('dest', dest) + member('username', me.username) + member('value', value)
  return `{"type":"usermessage"${what}${whom}${noecho === true ? ',"noecho":true' : ''}}`
}

/** What Pyrite said about a person at the join is not theirs to change. */
const withoutOurs = (value: unknown): unknown => {
  if (!isObject(value)) return value
  const { userId: _userId, displayName: _displayName, ...theirs } = value
  return theirs
}

const action =
  (type: string, kinds: ReadonlySet<string>): Writer =>
  ({ kind, dest, value }, { clientId: source, username }, live) => {
    if (!isText(kind) || !kinds.has(kind)) return refuse(`there is no such ${type}`)
    if (!isOptionalText(dest)) return refuse('dest is a client id')
    const isOwnData = type === 'useraction' && kind === 'setdata'
    const ours = isOwnData ? withoutOurs(value) : value
    if (isOwnData && !keepsData(live, ours)) return refuse('this is too much to say about yourself')
    return JSON.stringify({ type, kind, source, dest, username, value: ours })
  }

const chat: Writer = () => ({
  refused: "Messages live in the channel's own chat: write there.",
  quiet: true,
})

/** The messages that pass while in a call, and how each is written again from the fields it may have [SFU-10]. */
export const IN_CALL: ReadonlyMap<string, Writer> = new Map([
  ['ice', ice],
  ['offer', offer],
  ['answer', answer],
  ['renegotiate', onlyId('renegotiate')],
  ['close', close],
  ['abort', abort],
  ['request', request],
  ['requestStream', requestStream],
  ['usermessage', usermessage],
  ['useraction', action('useraction', USER_ACTIONS)],
  ['groupaction', action('groupaction', GROUP_ACTIONS)],
  ['chat', chat],
])

/** Room for what Pyrite fills in. */
const FILLED_IN_BYTES = 4_096

/** A message of somebody in a call as it may pass, with no more than `most` bytes at the others. */
export const writeInCall = (
  type: string,
  message: Fields,
  me: Speaker,
  live: Live,
  most: number,
): Outcome => {
  const write = IN_CALL.get(type)
  if (!write) return { refused: 'There is no such message.' }
  try {
    const frame = write(message, me, live)
    const isHeavy = typeof frame === 'string' && isTooHeavy(frame, most + FILLED_IN_BYTES)
    return isHeavy ? { refused: 'This message is too large for the others.' } : frame
  } catch {
    // Nested so deeply that it cannot be written again.
    return { refused: 'This message is nested too deeply.' }
  }
}

/** The messages that pass at any time after the handshake. */
export const ALWAYS: ReadonlyMap<string, string> = new Map([
  ['ping', '{"type":"ping"}'],
  ['pong', '{"type":"pong"}'],
])

/** The `handshake` for Galene: `id` as the client chose it, versions as it said them. */
export const writeHandshake = ({ id, version }: Fields): string | undefined => {
  const versions = Array.isArray(version) && version.every(isText) ? version : undefined
  return isOptionalText(id) && isShort(id)
    ? JSON.stringify({ type: 'handshake', version: versions, id })
    : undefined
}

/** The `join` for Galene: nothing of the client's but its `data`, to which Pyrite's id and display name are added [SFU-5]. */
export const writeJoin = (data: unknown, group: string, token: string, me: Speaker): string => {
  const { userId, displayName, username } = me
  const theirs = isObject(data) && !isTooHeavy(JSON.stringify(data), MAX_DATA_BYTES) ? data : {}
  return JSON.stringify({
    type: 'join',
    kind: 'join',
    username,
    token,
    data: { ...theirs, userId, displayName },
    group,
  })
}

/** Words of the server for one person, as Galene writes them. */
export const writeNotice = (kind: string, clientId: string, value: string): string =>
  JSON.stringify({
    type: 'usermessage',
    kind,
    dest: clientId || undefined,
    privileged: true,
    value,
  })

/** A refused join, as Galene writes it: `error` is a stable word, `value` a sentence. */
export const writeJoinFailed = (group: string, username: string, error: string, value: string) =>
  JSON.stringify({ type: 'joined', kind: 'fail', error, username, group, value })
