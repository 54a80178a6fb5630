import { type Answer, nameTrouble, type Question } from '../wire/ask.ts'
import { API_PATH } from '../wire/facts.ts'
import type { GaleneHttp } from '../wire/galene-http.ts'
import type { PublicJwk } from '../wire/tokens.ts'
import { asPatterns, type Description, parseDescription, type Roles } from './group-file.ts'

/** Galene writes the whole file, to the disk, at each change, one after another. */
const ANSWER_MS = 10_000

const NO_ADMIN =
  'the call server does not accept galene.api_user and galene.api_password: its data/config.json must be valid and hold, under "users", this user with "permissions": "admin"'
const NOT_WRITABLE =
  'the call server lets nobody change groups: its data/config.json needs "writableGroups": true'
const NO_API =
  'the call server has no admin API: it is older than 0.9, or what stands before it hides /galene-api/'
const EXPECTS_TLS = 'the call server speaks TLS: write https in sfu.url'
const SILENT = 'the call server does not answer'
const NOT_GALENE =
  "what answers at /galene-api/ is not Galene's admin API: compare sfu.url with where Galene itself answers, and look at what stands before it"
const ELSEWHERE =
  'the call server sends requests elsewhere: sfu.url must be where Galene itself answers'
const TOO_OFTEN = 'what stands before the call server takes no more requests for now'
const CUT_OFF = 'what stands before the call server does not reach it'

/** A write that did not happen since something else happened first, or that Galene cannot make: reading again tells. */
export class LostRace extends Error {}

const mediaType = (type: string) => ({ 'content-type': type })
const JSON_TYPE = 'application/json'

/** A list in an answer, which Galene writes as null where it is empty. */
const listIn = (text: string): string[] => {
  const read = parsed(text)
  if (read !== null && !Array.isArray(read)) throw new Error(NOT_GALENE)
  return (read ?? []).filter((entry) => typeof entry === 'string')
}
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(NOT_GALENE)
  }
}

const descriptionIn = (text: string): Description => {
  const description = parseDescription(text)
  if (!description) throw new Error(NOT_GALENE)
  return description
}

const explainSilence = (error: Error & { code?: string }): never => {
  throw error.code ? new Error(nameTrouble(error) ?? SILENT, { cause: error }) : error
}

/** What Galene's API never answers, so something else did; undefined for all else. */
const notGalenes = ({ status }: Answer): string | undefined => {
  const why =
    (status >= 300 && status < 400 && ELSEWHERE) ||
    (status === 429 && TOO_OFTEN) ||
    (status >= 502 && status <= 504 && CUT_OFF)
  return why ? `${why} (it answers ${status})` : undefined
}

const explainRead = (answer: Answer): Error => {
  if (answer.status === 401) return new Error(NO_ADMIN)
  const why = `the call server cannot read the group (it answers ${answer.status})`
  return new Error(notGalenes(answer) ?? why)
}

const explainWrite = (answer: Answer, what: string): Error => {
  const { status, text } = answer
  const foreign = notGalenes(answer)
  if (foreign !== undefined) return new Error(foreign)
  if (status === 401) return new Error(NOT_WRITABLE)
  // 500 is a lost race, and also what it does not understand: who has tried again knows which.
  if (status === 412 || status === 404 || status === 500) {
    return new LostRace(`the call server does not take ${what} (it answers ${status})`)
  }
  const why = text.trim().slice(0, 100)
  return new Error(`the call server does not take ${what} (it answers ${status}: ${why})`)
}

export type ApiNeeds = { http: Pick<GaleneHttp, 'ask'>; user: string; password: string }

/**
 * Galene's admin API, as far as groups go. Every call throws a sentence where it is refused or not answered; a write that found
 * something else than it was based on throws LostRace.
 */
export const createGaleneApi = ({ http, user, password }: ApiNeeds) => {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

  const ask = async (path: string, question: Question = {}): Promise<Answer> => {
    const headers = { ...question.headers, authorization }
    const whole = { withinMs: ANSWER_MS, ...question, headers }
    const answer = await http.ask(`${API_PATH}/.groups/${path}`, whole).catch(explainSilence)
    if (answer.status === 400 && answer.text.includes('HTTPS server')) throw new Error(EXPECTS_TLS)
    return answer
  }
  /** Undefined for what is not there. */
  const read = async (path: string): Promise<Answer | undefined> => {
    const answer = await ask(path)
    if (answer.status === 200) return answer
    if (answer.status === 404) return undefined
    throw explainRead(answer)
  }
  const write = async (path: string, what: string, question: Question): Promise<void> => {
    const answer = await ask(path, question)
    if (answer.status < 200 || answer.status >= 300) throw explainWrite(answer, what)
  }
  const put = (path: string, what: string, value: unknown, headers: Record<string, string>) =>
    write(path, what, { method: 'PUT', headers, body: JSON.stringify(value) })
  const putGroup = (name: string, group: Description, headers: Record<string, string>) =>
    put(name, 'the group', group, { ...mediaType(JSON_TYPE), ...headers })
  const NOBODY: Roles = new Map()
  const userPath = (name: string, username: string) =>
    username === '' ? `${name}/.empty-user` : `${name}/.users/${encodeURIComponent(username)}`

  return {
    /** The names of all groups. */
    async groups(): Promise<string[]> {
      const answer = await read('')
      if (!answer) throw new Error(NO_API)
      return listIn(answer.text)
    },
    /** A group without its keys and users, and what to name when it is replaced; undefined where there is none. */
    async group(name: string): Promise<{ etag: string; description: Description } | undefined> {
      const answer = await read(name)
      if (!answer) return undefined
      return { etag: answer.headers.etag ?? '', description: descriptionIn(answer.text) }
    },
    /** A new group with these users, who have no password, and without keys. Ask afterwards which users are there: see `asPatterns`. */
    create: (name: string, group: Description, users: Roles = NOBODY) =>
      putGroup(name, { ...group, ...asPatterns(users) }, { 'if-none-match': '*' }),
    /**
     * All of a group but its keys and users; fields that Galene does not know are dropped without a word. `more` become users, as with
     * `create`, unless they are.
     */
    replace: (name: string, etag: string, group: Description, more: Roles = NOBODY) =>
      putGroup(name, { ...group, ...asPatterns(more) }, { 'if-match': etag }),
    remove: (name: string, etag: string) =>
      write(name, 'a removal', { method: 'DELETE', headers: { 'if-match': etag } }),
    setKeys: (name: string, keys: readonly PublicJwk[]) =>
      put(`${name}/.keys`, 'the key', { keys }, mediaType('application/jwk-set+json')),
    users: async (name: string): Promise<string[]> =>
      listIn((await read(`${name}/.users/`))?.text ?? 'null'),
    /** A user's role, or another value where permissions are listed. */
    async roleOf(name: string, username: string): Promise<unknown> {
      const answer = await read(userPath(name, username))
      return answer && parseDescription(answer.text)?.permissions
    },
    setRole: (name: string, username: string, permissions: unknown) =>
      put(userPath(name, username), 'a user', { permissions }, mediaType(JSON_TYPE)),
    removeUser: (name: string, username: string) =>
      write(userPath(name, username), 'a removal', { method: 'DELETE' }),
    /** What anybody may be who gives some password; undefined where there is no such entry. */
    async wildcardRole(name: string): Promise<unknown> {
      const answer = await read(`${name}/.wildcard-user`)
      return answer && parseDescription(answer.text)?.permissions
    },
    setWildcardRole: (name: string, permissions: unknown) =>
      put(`${name}/.wildcard-user`, 'a user', { permissions }, mediaType(JSON_TYPE)),
    removeWildcard: (name: string) =>
      write(`${name}/.wildcard-user`, 'a removal', { method: 'DELETE' }),
    /** Nobody gets in as this user by a password any more. */
    removePassword: (name: string, username: string) =>
      write(`${userPath(name, username)}/.password`, 'a removal', { method: 'DELETE' }),
  }
}
export type GaleneApi = ReturnType<typeof createGaleneApi>
