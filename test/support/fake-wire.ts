import type { Pushes } from '../../lib/protocol/workspace.ts'
import { RequestError } from '../../src/platform/request-error.ts'
import type { Wire } from '../../src/platform/socket.ts'

type Asked = {
  type: string
  body: unknown
  answer: (body: unknown) => void
  refuse: (error: Error) => void
}

/** The workspace socket in a test's hands: requests wait until the test answers them, pushes are said by the test. */
export const fakeWire = () => {
  const asked: Asked[] = []
  const hearers = new Map<string, Set<(body: never) => void>>()
  let isOffline = false
  const wire: Wire = {
    request<T>(type: string, body?: unknown): Promise<T> {
      if (isOffline) return Promise.reject(new RequestError('offline', 'no connection'))
      return new Promise<T>((resolve, reject) => {
        asked.push({ type, body, answer: (answer) => resolve(answer as T), refuse: reject })
      })
    },
    on(type, hear) {
      const mine = hearers.get(type) ?? new Set()
      hearers.set(type, mine.add(hear as (body: never) => void))
      return () => mine.delete(hear as (body: never) => void)
    },
  }
  return {
    wire,
    asked,
    /** Takes the oldest request of this type that waits. */
    next(type: string): Asked {
      const at = asked.findIndex((one) => one.type === type)
      const [found] = at < 0 ? [] : asked.splice(at, 1)
      if (!found) throw new Error(`nobody asked ${type}`)
      return found
    },
    push<T extends keyof Pushes>(type: T, body: Pushes[T]) {
      for (const hear of hearers.get(type) ?? []) hear(body as never)
    },
    listeners: () => [...hearers.values()].reduce((sum, set) => sum + set.size, 0),
    goOffline() {
      isOffline = true
      for (const { refuse } of asked.splice(0)) refuse(new RequestError('offline', 'lost'))
    },
    comeBack() {
      isOffline = false
    },
  }
}

/** Lets answered promises run on. */
export const settled = async () => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
}
