import { describe, expect, it } from 'vitest'
import type { User } from '../../../../../lib/protocol/users.ts'
import { createSessionStore } from '../../../../../src/features/session/store.ts'
import type { Http } from '../../../../../src/platform/http.ts'
import { RequestError } from '../../../../../src/platform/request-error.ts'

const alice: User = {
  id: 'u1',
  username: 'alice',
  displayName: 'Alice',
  role: 'admin',
  disabled: false,
}
const info = { user: alice, expiresAt: 'x' }

/** A server whose next answers the test decides. */
const fakeHttp = (answers: (unknown | Error)[]) => {
  const next = async <T>(): Promise<T> => {
    const answer = answers.shift()
    if (answer instanceof Error) throw answer
    return answer as T
  }
  const http: Http = { get: next, post: next, put: next, patch: next, delete: next }
  return createSessionStore({ http })
}
const nobody = undefined
const offline = new RequestError('offline', 'x')

describe('who I am', () => {
  it('is asked once at the start', async () => {
    const session = fakeHttp([info])
    expect(session.state.is).toBe('unknown')
    await session.check()
    expect(session.state).toMatchObject({ is: 'signed-in', me: alice })
  })
  it('is nobody without a session, and no reason is given', async () => {
    const session = fakeHttp([nobody])
    await session.check()
    expect(session.state).toMatchObject({ is: 'signed-out', because: '' })
  })
  it('is not known when the server cannot be asked', async () => {
    const session = fakeHttp([offline, info])
    await session.check()
    expect(session.state.is).toBe('unreachable')
    await session.check()
    expect(session.state.is).toBe('signed-in')
  })
  it('stays who I am while the server is away, and ends with a reason when the session does', async () => {
    const session = fakeHttp([info, offline, nobody])
    await session.check()
    await session.check()
    expect(session.state.is).toBe('signed-in')
    await session.check()
    expect(session.state).toMatchObject({
      is: 'signed-out',
      because: expect.stringMatching(/ended/),
    })
  })
})

it('rejects a wrong password with its code, and stays at the door', async () => {
  const session = fakeHttp([nobody, new RequestError('auth.bad-credentials', 'x'), info])
  await session.check()
  await expect(session.signIn('alice', 'wrong')).rejects.toMatchObject({
    code: 'auth.bad-credentials',
  })
  expect(session.state.is).toBe('signed-out')
  await session.signIn('alice', 'right')
  expect(session.state.is).toBe('signed-in')
})

it('is not signed out here when the server could not be told', async () => {
  const session = fakeHttp([info, offline])
  await session.check()
  await expect(session.signOut()).rejects.toBe(offline)
  expect(session.state.is).toBe('signed-in')
})
