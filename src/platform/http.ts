import type { Failure } from '../../lib/protocol/envelope.ts'
import { fromFailure, RequestError } from './request-error.ts'

/** JSON over HTTP to our own server. Rejects with a `RequestError`; an empty answer resolves with undefined. */
export type Http = {
  get<T>(path: string): Promise<T>
  post<T>(path: string, body?: unknown): Promise<T>
  put<T>(path: string, body?: unknown): Promise<T>
  patch<T>(path: string, body?: unknown): Promise<T>
  delete<T>(path: string): Promise<T>
}

const readJson = async (response: Response): Promise<unknown> => {
  const text = await response.text()
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new RequestError('internal', 'the answer cannot be read')
  }
}

const refusalIn = (status: number, answer: unknown): RequestError => {
  const failure = (answer as { error?: Failure } | undefined)?.error
  if (failure !== undefined) return fromFailure(failure)
  return status === 503 || status === 502 || status === 504
    ? new RequestError('offline', 'the server is away')
    : new RequestError('internal', `the server answered ${status}`)
}

export const createHttp = ({ fetch }: { fetch: typeof globalThis.fetch }): Http => {
  const send = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const request: RequestInit = { method, credentials: 'same-origin', cache: 'no-store' }
    if (body !== undefined) {
      request.headers = { 'content-type': 'application/json' }
      request.body = JSON.stringify(body)
    }
    const response = await fetch(path, request).catch((cause: unknown) => {
      throw new RequestError('offline', cause instanceof Error ? cause.message : 'no answer')
    })
    const answer = await readJson(response)
    if (!response.ok) throw refusalIn(response.status, answer)
    return answer as T
  }
  return {
    get: (path) => send('GET', path),
    post: (path, body) => send('POST', path, body),
    put: (path, body) => send('PUT', path, body),
    patch: (path, body) => send('PATCH', path, body),
    delete: (path) => send('DELETE', path),
  }
}
