import type { Push, Reply } from '../../lib/protocol/envelope.ts'
import type { Pushes } from '../../lib/protocol/workspace.ts'
import type { Backoff } from './backoff.ts'
import { type ConnectionState, createConnection, type Line } from './connection.ts'
import { RequestError } from './request-error.ts'
import { listeners, waitingRequests } from './waiting-requests.ts'

export type SocketNeeds = {
  open: () => Line
  backoff: Backoff
  now: () => number
  onBug: (error: unknown) => void
  /** How long an answer is waited for; after that the connection counts as dead. */
  timeoutMs?: number
}

/** The part of the socket a feature needs: it asks and hears, and never connects. */
export type Wire = {
  /** Rejects at once with `offline` while there is no connection, and when it is lost before the answer. */
  request<T>(type: string, body?: unknown): Promise<T>
  /** Hears one kind of push until the returned function is called. */
  on<T extends keyof Pushes>(type: T, hear: (body: Pushes[T]) => void): () => void
}

export type Socket = Wire & {
  state: ConnectionState
  connect(): void
  /** Tries at once instead of waiting. Undefined while there is nothing to try. */
  readonly retryNow: (() => void) | undefined
  /** The network said it is gone: do not wait for a time-out to notice. */
  networkLost(): void
  /** Ends the connection for good. May be called twice. */
  dispose(): void
}

/** The workspace connection: requests with answers, and pushes by name. */
export const createSocket = ({ onBug, timeoutMs = 10_000, ...needs }: SocketNeeds): Socket => {
  const requests = waitingRequests(timeoutMs)
  const news = listeners(onBug)

  let heartbeat: ReturnType<typeof setInterval> | undefined

  const ask = <T>(type: string, body: unknown): Promise<T> =>
    requests.start(
      (id) => connection.send(JSON.stringify({ id, type, body })),
      () => connection.drop(),
    )
  /** A browser sees no WebSocket ping, so it asks itself; no answer in time ends the connection [WS-15]. */
  const greeted = ({ heartbeatSeconds }: Pushes['hello']) => {
    connection.greeted()
    heartbeat = setInterval(() => void ask('ping', {}).catch(() => null), heartbeatSeconds * 1000)
  }
  const onLost = () => {
    clearInterval(heartbeat)
    requests.failAll()
  }
  const receive = (frame: Reply | Push) => {
    if (!('id' in frame)) {
      if (frame.type === 'hello') greeted(frame.body as Pushes['hello'])
      news.tell(frame.type, frame.body)
    } else if ('error' in frame) requests.refused(frame.id, frame.error)
    else requests.answered(frame.id, frame.body)
  }
  const onText = (text: string) => {
    try {
      receive(JSON.parse(text))
    } catch (error) {
      onBug(error)
    }
  }
  const connection = createConnection({ ...needs, onText, onLost })
  const { state } = connection

  return {
    state,
    connect: connection.connect,
    get retryNow() {
      return state.is === 'waiting' ? connection.connect : undefined
    },
    networkLost: connection.drop,
    request(type, body = {}) {
      if (state.is !== 'open') {
        return Promise.reject(new RequestError('offline', 'there is no connection'))
      }
      return ask(type, body)
    },
    on: (type, hear) => news.add(type, hear),
    dispose() {
      connection.dispose()
      onLost()
      news.clear()
    },
  }
}
