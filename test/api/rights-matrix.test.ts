import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ModerationAct } from '../../lib/protocol/moderation.ts'
import { type Client, type Socket, signIn } from '../support/client.ts'
import { PASSWORD, type Pyrite, startPyrite } from '../support/pyrite.ts'

/** Everybody who may stand at a door. `admin` is a member of both channels, `visitor` an admin who is in neither; `owner` made them. */
const PEOPLE = [
  ...['admin', 'visitor', 'moderator', 'member', 'listener'],
  ...['timedModerator', 'timedMember', 'banned', 'removed', 'outsider'],
] as const
type Who = (typeof PEOPLE)[number]
const ADMINS: ReadonlySet<Who> = new Set(['admin', 'visitor'])

type Kind = 'open' | 'private'
const KINDS: readonly Kind[] = ['open', 'private']

/** What each is answered: 'ok', or a code. One value for open and private channels, or one for each. */
type Answers = Record<Who, string | readonly [inOpen: string, inPrivate: string]>

const NO_CHANNEL = 'channels.not-found'
const OUTSIDE = {
  visitor: NO_CHANNEL,
  banned: ['moderation.banned', NO_CHANNEL],
  removed: NO_CHANNEL,
  outsider: NO_CHANNEL,
} as const
const everybodyIn = (code: string) => ({
  ...{ admin: code, moderator: code, member: code, listener: code },
  ...{ timedModerator: code, timedMember: code },
})
const everybody = (code: string): Answers => ({
  ...everybodyIn(code),
  ...{ visitor: code, banned: code, removed: code, outsider: code },
})
/** For those in the channel. */
const inside: Answers = { ...OUTSIDE, ...everybodyIn('ok') }
/** For those in it, and admins where it is open. */
const insideOrAdmin: Answers = { ...inside, visitor: ['ok', NO_CHANNEL] }
/** What an open channel shows to everybody but those it banned. */
const seen: Answers = {
  ...inside,
  ...{ visitor: ['ok', NO_CHANNEL], removed: ['ok', NO_CHANNEL], outsider: ['ok', NO_CHANNEL] },
}
/** `done`: what one hears who may. */
const writing = (done = 'ok'): Answers => ({
  ...{ ...OUTSIDE, ...everybodyIn(done), listener: 'chat.listener' },
  ...{ timedModerator: 'moderation.timed-out', timedMember: 'moderation.timed-out' },
})
const managing = (done = 'ok'): Answers => ({
  ...{ ...OUTSIDE, ...everybodyIn('not-allowed'), admin: done, moderator: done },
  ...{ visitor: [done, NO_CHANNEL], timedModerator: 'moderation.timed-out' },
})
/** Messages of others: admins only where they are in the channel. */
const deleting: Answers = {
  ...{ ...OUTSIDE, ...everybodyIn('chat.not-yours'), admin: 'ok', moderator: 'ok' },
  timedModerator: 'moderation.timed-out',
}
const adminsOnly = (done = 'ok'): Answers => ({
  ...{ ...everybody('not-allowed'), admin: done, visitor: done },
})
const joining: Answers = {
  ...{ ...OUTSIDE, ...everybodyIn('channels.already-a-member') },
  ...{ visitor: ['ok', NO_CHANNEL], removed: ['ok', NO_CHANNEL], outsider: ['ok', NO_CHANNEL] },
}
/** Comes after joining. */
const leaving: Answers = { ...seen, banned: NO_CHANNEL }

/** One thing that may be asked. What would change who is what is asked for with a name nobody has, so the answer of who may is `not-found`. */
type Row = {
  rest?: readonly [method: string, path: string]
  ws?: string
  body?: Record<string, unknown>
  answers: Answers
  /** Changes who is in the channel: over REST for the open one, over /ws for the private one. */
  once?: true
}

const C = '/api/channels/{channelSlug}'
const nobody = { userId: 'nobody' }
/** Messages of the owner: one that stands, one that is deleted, which deleting again does not change. */
type Others = { written: string; deleted: string }
const NONE: Others = { written: '', deleted: '' }
const rowsFor = ({ written, deleted }: Others): Row[] => [
  { rest: ['GET', '/api/workspace'], ws: 'workspace.load', answers: everybody('ok') },
  { rest: ['GET', '/api/channels'], ws: 'channels.list', answers: everybody('ok') },
  { rest: ['GET', '/api/users'], answers: everybody('ok') },
  { rest: ['GET', '/api/session'], answers: everybody('ok') },
  { rest: ['GET', '/api/sessions'], answers: everybody('ok') },
  { ws: 'ping', answers: everybody('ok') },

  { rest: ['GET', C], ws: 'channels.get', answers: seen },
  { rest: ['GET', `${C}/members`], ws: 'channels.members', answers: insideOrAdmin },
  { rest: ['GET', `${C}/messages`], ws: 'chat.history', answers: inside },
  { rest: ['GET', `${C}/changes`], ws: 'chat.since', body: { since: 0 }, answers: inside },
  { rest: ['PUT', `${C}/read`], ws: 'chat.read', body: { seq: 1 }, answers: inside },
  { rest: ['GET', `${C}/sfu_status`], answers: inside },
  { rest: ['GET', `${C}/calls`], ws: 'calls.history', answers: inside },
  { rest: ['GET', `${C}/recordings`], ws: 'recordings.list', answers: inside },
  {
    rest: ['GET', `${C}/recordings/{name}`],
    body: { name: 'none.webm' },
    answers: { ...OUTSIDE, ...everybodyIn('not-found') },
  },
  { rest: ['GET', `${C}/moderation`], ws: 'moderation.log', answers: insideOrAdmin },
  { rest: ['GET', `${C}/moderation/state`], ws: 'moderation.state', answers: insideOrAdmin },

  {
    rest: ['POST', `${C}/messages`],
    ws: 'chat.post',
    body: { clientId: 'client-of-the-matrix', text: 'hello' },
    answers: writing(),
  },
  { ws: 'chat.typing', answers: writing() },
  {
    rest: ['PATCH', `${C}/messages/{messageId}`],
    ws: 'chat.edit',
    body: { messageId: written, text: 'changed' },
    answers: writing('chat.not-yours'),
  },
  {
    rest: ['DELETE', `${C}/messages/{messageId}`],
    ws: 'chat.delete',
    body: { messageId: deleted },
    answers: deleting,
  },

  { rest: ['PATCH', C], ws: 'channels.change', body: { topic: '' }, answers: managing() },
  {
    rest: ['PUT', `${C}/members/{userId}`],
    ws: 'channels.set-member',
    body: { ...nobody, role: 'member' },
    answers: managing('not-found'),
  },
  {
    rest: ['DELETE', `${C}/members/{userId}`],
    ws: 'channels.remove-member',
    body: nobody,
    answers: managing('not-found'),
  },
  {
    rest: ['POST', `${C}/moderation`],
    ws: 'moderation.act',
    body: { ...nobody, kind: 'ban' },
    answers: managing('not-found'),
  },
  {
    rest: ['POST', `${C}/moderation/unlock`],
    ws: 'moderation.unlock',
    answers: managing(),
  },
  {
    rest: ['DELETE', `${C}/moderation/{actId}`],
    ws: 'moderation.end',
    body: { actId: 'none' },
    answers: managing('not-found'),
  },
  {
    rest: ['DELETE', `${C}/recordings/{name}`],
    ws: 'recordings.delete',
    body: { name: 'none.webm' },
    answers: managing('not-found'),
  },
  {
    rest: ['GET', `${C}/whip-keys`],
    ws: 'whip.keys',
    answers: { ...managing(), timedModerator: 'ok' },
  },
  {
    rest: ['POST', `${C}/whip-keys`],
    ws: 'whip.create-key',
    body: { name: 'OBS' },
    answers: managing(),
  },
  {
    rest: ['DELETE', `${C}/whip-keys/{keyId}`],
    ws: 'whip.revoke-key',
    body: { keyId: 'none' },
    answers: managing('not-found'),
  },
  {
    rest: ['DELETE', `${C}/whip-keys/{keyId}/stream`],
    ws: 'whip.end-stream',
    body: { keyId: 'none' },
    answers: managing('not-found'),
  },

  {
    rest: ['POST', '/api/users'],
    body: { username: 'owner', displayName: 'Again', role: 'member' },
    answers: adminsOnly('users.username-taken'),
  },
  {
    rest: ['PATCH', '/api/users/{userId}'],
    body: { ...nobody, role: 'admin' },
    answers: adminsOnly('not-found'),
  },
  {
    rest: ['POST', '/api/users/{userId}/password-reset'],
    body: nobody,
    answers: adminsOnly('not-found'),
  },
  { rest: ['GET', '/api/admin/calls'], answers: adminsOnly() },
  { rest: ['POST', '/api/admin/calls/check'], body: {}, answers: adminsOnly(), once: true },

  { rest: ['POST', `${C}/join`], ws: 'channels.join', answers: joining, once: true },
  { rest: ['POST', `${C}/leave`], ws: 'channels.leave', answers: leaving, once: true },
]

/** What concerns only oneself, and is tested with sessions; and making channels, which everybody may. */
const ELSEWHERE = new Set([
  ...['POST /api/session', 'DELETE /api/session', 'PUT /api/session/password'],
  ...['DELETE /api/sessions', 'DELETE /api/sessions/{id}'],
  ...['POST /api/channels', 'channels.create'],
])

let pyrite: Pyrite
let recordings: string
let owner: Client
const clients = {} as Record<Who, Client>
const sockets = {} as Record<Who, Socket>
const theirs = {} as Record<Kind, Others>
let disabled: Client

const person = async (username: string, role: 'admin' | 'member' = 'member'): Promise<Client> => {
  const name = username.toLowerCase()
  const wanted = { username: name, displayName: username, role, password: PASSWORD }
  await pyrite.app.users.create(wanted)
  return signIn(pyrite.url, name, PASSWORD)
}
const must = async (who: Client, method: string, path: string, body?: object): Promise<never> => {
  const { status, body: answer } = await who.send(method, path, body)
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`)
  return answer
}

const ROLES: Partial<Record<Who, string>> = {
  ...{ moderator: 'moderator', timedModerator: 'moderator', listener: 'listener' },
}
const makeChannel = async (slug: Kind) => {
  await must(owner, 'POST', '/api/channels', { name: slug, slug, private: slug === 'private' })
  const at = `/api/channels/${slug}`
  for (const who of PEOPLE.filter((each) => each !== 'visitor' && each !== 'outsider')) {
    const role = ROLES[who] ?? 'member'
    await must(owner, 'PUT', `${at}/members/${clients[who].user.id}`, { role })
  }
  const act = (kind: string, who: Who, more = {}): Promise<ModerationAct> =>
    must(owner, 'POST', `${at}/moderation`, { kind, userId: clients[who].user.id, ...more })
  await act('timeout', 'timedModerator', { seconds: 3_600 })
  await act('timeout', 'timedMember', { seconds: 3_600 })
  await act('ban', 'banned')
  await must(owner, 'DELETE', `${at}/members/${clients.removed.user.id}`)
  const post = async (text: string): Promise<string> => {
    const wanted = { clientId: `client-${text}`, text }
    const { id } = (await must(owner, 'POST', `${at}/messages`, wanted)) as { id: string }
    return id
  }
  theirs[slug] = { written: await post('written'), deleted: await post('deleted') }
  await must(owner, 'DELETE', `${at}/messages/${theirs[slug].deleted}`)
}

beforeAll(async () => {
  recordings = await mkdtemp(join(tmpdir(), 'pyrite-rights-'))
  pyrite = await startPyrite({
    people: ['alice'],
    settings: { galene: { recordings_dir: recordings } },
  })
  owner = await person('owner', 'admin')
  for (const who of PEOPLE) clients[who] = await person(who, ADMINS.has(who) ? 'admin' : 'member')
  for (const kind of KINDS) await makeChannel(kind)
  for (const who of PEOPLE) sockets[who] = await clients[who].socket()
  disabled = await person('disabled', 'admin')
  await pyrite.app.users.disable(disabled.user.id)
}, 60_000)
afterAll(async () => {
  for (const socket of Object.values(sockets)) socket.close()
  await pyrite.stop()
  await rm(recordings, { recursive: true, force: true })
})

const codeOf = (answer: unknown): string =>
  (answer as { error?: { code: string } } | undefined)?.error?.code ?? 'ok'

/** The path with its names filled in; what is left of the body is sent, or is the query of a GET. */
const ask = (who: Client, [method, template]: readonly [string, string], fields: object) => {
  const left: Record<string, unknown> = { ...fields }
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(left[name])
    delete left[name]
    return value
  })
  delete left.channelSlug
  if (method !== 'GET') return who.send(method, path, left)
  const query = new URLSearchParams(left as Record<string, string>).toString()
  return who.send(method, query === '' ? path : `${path}?${query}`)
}

const restAnswer = async (who: Client, rest: readonly [string, string], fields: object) =>
  codeOf((await ask(who, rest, fields)).body)

const answersTo = async (row: Row, kind: Kind): Promise<unknown[]> => {
  const fields = { channelSlug: kind, ...row.body }
  const { rest, ws, once } = row
  const answers: unknown[] = []
  for (const who of PEOPLE) {
    const byRest = rest && (!once || kind === 'open' || !ws)
    const byWs = ws !== undefined && (!once || kind === 'private')
    if (byRest) answers.push([who, 'REST', await restAnswer(clients[who], rest, fields)])
    if (byWs) answers.push([who, ws, codeOf(await sockets[who].reply(ws, fields))])
  }
  return answers
}

const expected = ({ answers }: Row, kind: Kind, who: Who): string => {
  const answer = answers[who]
  return typeof answer === 'string' ? answer : answer[kind === 'open' ? 0 : 1]
}

const nameOf = ({ rest, ws }: Row): string =>
  [...(rest ? [`${rest[0]} ${rest[1]}`] : []), ...(ws ? [ws] : [])].join(', ')

describe.each(KINDS)('of an %s channel', (kind) => {
  it.each(rowsFor(NONE).map((row, at) => [nameOf(row), at] as const))(
    '%s is answered to everybody as the rules say [MOD-18]',
    async (_name, at) => {
      const row = rowsFor(theirs[kind])[at] as Row
      const got = (await answersTo(row, kind)) as [Who, string, string][]
      expect(got).toEqual(got.map(([who, door]) => [who, door, expected(row, kind, who)]))
    },
    30_000,
  )
})

describe('nobody who is signed out, or disabled', () => {
  it('gets an answer of any kind at any door [WS-2] [MOD-18]', async () => {
    const signedOut: Client = {
      ...disabled,
      send: (method, path, body) => withoutCookie(method, path, body),
    }
    for (const who of [disabled, signedOut]) {
      for (const { rest, body } of rowsFor(theirs.open)) {
        if (!rest || rest[1] === '/api/session') continue
        const fields = { channelSlug: 'open', ...body }
        expect([...rest, await restAnswer(who, rest, fields)]).toEqual([...rest, 'auth.signed-out'])
      }
    }
    await expect(disabled.socket()).rejects.toThrow('401')
  })
})

const withoutCookie: Client['send'] = async (method, path, body) => {
  const headers = { origin: pyrite.url, 'content-type': 'application/json' }
  const answer = await fetch(`${pyrite.url}${path}`, {
    ...{ method, headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as never }
}

describe('the table', () => {
  it('has every route and every message but those of devices, which come with a key', async () => {
    const { paths } = (await (await fetch(`${pyrite.url}/api/openapi.json`)).json()) as {
      paths: Record<string, Record<string, unknown>>
    }
    const ours = Object.entries(paths).filter(([path]) => path.startsWith('/api/'))
    const routes = ours.flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const { channels, chat, moderation, calls, recordings: recorded, whip } = pyrite.app
    const messages = [channels, chat, moderation, calls, recorded, whip].flatMap(({ socket }) =>
      Object.keys(socket),
    )
    const rows = rowsFor(NONE)
    const covered = new Set([
      ...rows.flatMap(({ rest }) => (rest ? [`${rest[0]} ${rest[1]}`] : [])),
      ...rows.flatMap(({ ws }) => ws ?? []),
      ...ELSEWHERE,
    ])
    expect([...routes, ...messages].filter((each) => !covered.has(each))).toEqual([])
  })
})
