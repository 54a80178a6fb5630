import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createDoors } from '../../../../lib/app/doors.ts'
import type { Identity } from '../../../../lib/features/auth/index.ts'
import { memoryBus } from '../../../../lib/platform/bus/memory.ts'

const BOB: Identity = {
  userId: 'bob',
  sessionId: 'bobs-session',
  expiresAt: '2026-01-01T00:00:00.000Z',
  username: 'bob',
  displayName: 'Bob',
  role: 'member',
  byCookie: true,
}

/** Both doors, with an `authenticate` whose answer is under way until `answer` is called. */
const startDoors = () => {
  const bus = memoryBus((error) => expect.unreachable(String(error)))
  const state = { isStopping: false }
  const letIn: string[] = []
  const asked: ((who: Identity | undefined) => void)[] = []
  const doors = createDoors({
    bus,
    origins: () => true,
    auth: { authenticate: () => new Promise((answer) => asked.push(answer)) },
    connections: { accept: (_request, _socket, _head, who) => letIn.push(who.sessionId) },
    sfu: {
      handleUpgrade: (_request, _socket, _head, caller) => letIn.push(caller.sessionId),
    },
    addressOf: () => '192.0.2.1',
    isStopping: () => state.isStopping,
  })
  const knock = (path: string) => {
    const request = { headers: {} } as IncomingMessage
    return Promise.resolve(doors[path]?.(request, new PassThrough(), Buffer.alloc(0)))
  }
  return { bus, state, letIn, asked, knock }
}

describe.each(['/ws', '/sfu'])('a knock at %s', (path) => {
  it('is let in', async () => {
    const { letIn, asked, knock } = startDoors()
    const knocked = knock(path)
    asked[0]?.(BOB)
    await knocked
    expect(letIn).toEqual([BOB.sessionId])
  })

  it('is refused when the session ended while it was looked up [WS-17]', async () => {
    const { bus, letIn, asked, knock } = startDoors()
    const knocked = knock(path)
    asked[0]?.(BOB)
    bus.publish('auth.session-ended', { sessionId: BOB.sessionId, userId: BOB.userId })
    const refused = expect(knocked).rejects.toMatchObject({ code: 'auth.signed-out' })
    await expect.poll(() => asked.length).toBe(2)
    asked[1]?.(undefined)
    await refused
    expect(letIn).toEqual([])
  })

  it('is refused when the server began to stop while it was looked up [WS-3]', async () => {
    const { state, letIn, asked, knock } = startDoors()
    const knocked = knock(path)
    state.isStopping = true
    asked[0]?.(BOB)
    await expect(knocked).rejects.toMatchObject({ code: 'shutting-down' })
    expect(letIn).toEqual([])
  })
})
