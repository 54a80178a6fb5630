import { WebSocket } from 'ws'
import type { Failure } from '../../lib/protocol/envelope.ts'
import type { SessionInfo, User } from '../../lib/protocol/users.ts'
import type { Pushes } from '../../lib/protocol/workspace.ts'
import { eventually } from './eventually.ts'

type Reply = { body?: unknown; error?: Failure }

/** A live workspace connection of a test. */
export type Socket = {
  ws: WebSocket
  connectionId: string
  /** Sends a request and answers its body. Throws the failure. */
  ask<T = unknown>(type: string, body?: unknown): Promise<T>
  /** Sends a request and answers the whole reply. */
  reply(type: string, body?: unknown): Promise<Reply>
  /** Everything pushed so far, oldest first. */
  heard: { type: string; body: unknown }[]
  /** Pushes of one type so far. */
  of<T extends keyof Pushes>(type: T): Pushes[T][]
  /** The first push of this type that fits, waiting for it. */
  hear<T extends keyof Pushes>(
    type: T,
    fits?: (body: Pushes[T]) => boolean,
    withinMs?: number,
  ): Promise<Pushes[T]>
  /** Resolves with the close code and reason. */
  closed: Promise<{ code: number; reason: string }>
  close(): void
}

/** Somebody who is signed in. */
export type Client = {
  url: string
  user: User
  cookie: string
  /** A request with the cookie and our own Origin; `body` is sent as JSON. */
  send(method: string, path: string, body?: unknown): Promise<{ status: number; body: never }>
  socket(): Promise<Socket>
}

const json = async (response: Response) => {
  const text = await response.text()
  return (text === '' ? undefined : JSON.parse(text)) as never
}

/** Opens /ws with these headers and waits for `hello`. Rejects when the upgrade is refused. */
export const openSocket = (url: string, headers: Record<string, string>): Promise<Socket> => {
  const ws = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`, { headers })
  const heard: Socket['heard'] = []
  const waiting = new Map<number, (reply: Reply) => void>()
  let lastId = 0
  const of = <T extends keyof Pushes>(type: T) =>
    heard.filter((push) => push.type === type).map(({ body }) => body as Pushes[T])
  const reply = (type: string, body: unknown = {}) =>
    new Promise<Reply>((resolve) => {
      const id = ++lastId
      waiting.set(id, resolve)
      ws.send(JSON.stringify({ id, type, body }))
    })
  const socket: Socket = {
    ws,
    connectionId: '',
    heard,
    of,
    reply,
    async ask<T>(type: string, body?: unknown): Promise<T> {
      const { error, body: answer } = await reply(type, body)
      if (error) throw Object.assign(new Error(error.message), error)
      return answer as T
    },
    hear: (type, fits = () => true, withinMs = 5_000) =>
      eventually(() => {
        const found = of(type).find(fits)
        if (!found) throw new Error(`no ${type} yet; heard ${heard.map((p) => p.type).join(', ')}`)
        return found
      }, withinMs),
    closed: new Promise((resolve) => {
      ws.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    }),
    close: () => ws.close(),
  }
  return new Promise((resolve, reject) => {
    ws.once('error', reject)
    ws.on('message', (data) => {
      const frame = JSON.parse(data.toString())
      if ('id' in frame) waiting.get(frame.id)?.(frame)
      else heard.push(frame)
      if (frame.type !== 'hello') return
      socket.connectionId = frame.body.connectionId
      resolve(socket)
    })
  })
}

/** Signs in as a browser on the server's own page would. */
export const signIn = async (url: string, username: string, password: string): Promise<Client> => {
  const response = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ username, password }),
  })
  if (!response.ok) throw new Error(`sign-in answered ${response.status}: ${await response.text()}`)
  const { user } = (await response.json()) as SessionInfo
  const cookie = response.headers
    .getSetCookie()
    .map((c) => c.split(';')[0])
    .join('; ')
  const headers = { cookie, origin: url }
  return {
    url,
    user,
    cookie,
    async send(method, path, body) {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...headers,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: answer.status, body: await json(answer) }
    },
    socket: () => openSocket(url, headers),
  }
}
