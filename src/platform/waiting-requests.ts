import type { Failure } from '../../lib/protocol/envelope.ts'
import { fromFailure, RequestError } from './request-error.ts'

type Waiter = {
  resolve: (body: unknown) => void
  reject: (error: RequestError) => void
  timer: ReturnType<typeof setTimeout>
}

/** The requests of one socket that still wait for their answer, by id. */
export const waitingRequests = (timeoutMs: number) => {
  const waiters = new Map<number, Waiter>()
  let lastId = 0
  const take = (id: number): Waiter | undefined => {
    const waiter = waiters.get(id)
    if (waiter) clearTimeout(waiter.timer)
    waiters.delete(id)
    return waiter
  }
  return {
    /** Sends under a fresh id and waits. `onTimeout` is told when no answer came. */
    start<T>(send: (id: number) => void, onTimeout: () => void): Promise<T> {
      lastId += 1
      const id = lastId
      return new Promise<T>((resolve, reject) => {
        const timer = setTimeout(() => {
          take(id)?.reject(new RequestError('timeout', 'no answer in time'))
          onTimeout()
        }, timeoutMs)
        waiters.set(id, { resolve: (body) => resolve(body as T), reject, timer })
        send(id)
      })
    },
    answered: (id: number, body: unknown) => take(id)?.resolve(body),
    refused: (id: number, failure: Failure) => take(id)?.reject(fromFailure(failure)),
    /** The connection is gone: nobody will answer these. */
    failAll() {
      for (const id of [...waiters.keys()]) {
        take(id)?.reject(new RequestError('offline', 'the connection was lost'))
      }
    },
  }
}

type Hear = (body: never) => void

/** Who wants to hear which push. One listener's bug does not keep the news from the others. */
export const listeners = (onBug: (error: unknown) => void) => {
  const byType = new Map<string, Set<Hear>>()
  return {
    add(type: string, hear: Hear): () => void {
      const mine = byType.get(type) ?? new Set<Hear>()
      byType.set(type, mine.add(hear))
      return () => mine.delete(hear)
    },
    tell(type: string, body: unknown) {
      for (const hear of [...(byType.get(type) ?? [])]) {
        try {
          hear(body as never)
        } catch (error) {
          onBug(error)
        }
      }
    },
    clear: () => byType.clear(),
  }
}
