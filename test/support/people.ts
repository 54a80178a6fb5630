import { createHash } from 'node:crypto'
import type { AuthNeeds } from '../../lib/features/auth/auth.ts'
import { createAuth } from '../../lib/features/auth/index.ts'
import { createUsers, type Hashing } from '../../lib/features/users/index.ts'
import { memoryBus } from '../../lib/platform/bus/memory.ts'
import { openDatabase } from '../../lib/platform/db/open.ts'
import { newId } from '../../lib/platform/ids.ts'
import type { User } from '../../lib/protocol/users.ts'

export const PASSWORD = 'correct horse battery'
export const LAPTOP = { userAgent: 'Laptop', address: '192.0.2.1' }

/** A hash that costs nothing, and counts how often it was asked. Unknown names are counted apart too. */
const countedHashing = () => {
  const count = { hashed: 0, verified: 0, forNobody: 0 }
  const sum = (password: string) => createHash('sha256').update(password).digest('hex')
  const interrupt: { by?: (() => Promise<unknown>) | undefined } = {}
  const hashing: Hashing = {
    async hash(password) {
      count.hashed += 1
      return sum(password)
    },
    async verify(stored, password) {
      count.verified += 1
      if (stored === undefined) count.forNobody += 1
      const { by } = interrupt
      interrupt.by = undefined
      await by?.()
      return stored === sum(password)
    },
  }
  return { count, hashing, interrupt }
}

/**
 * People and their sessions on a real database in memory: `alice` is an admin, `bob` and `carol` are members. The clock moves by `advance`
 * alone.
 */
export const startPeople = async (config: Partial<AuthNeeds['config']> = {}) => {
  const { db, close } = await openDatabase({ path: ':memory:' })
  const bugs: unknown[] = []
  const bus = memoryBus((error) => bugs.push(error))
  const { count, hashing, interrupt } = countedHashing()
  let time = Date.UTC(2026, 0, 1)
  const now = () => new Date(time)
  const users = createUsers({ db, bus, hashing, now, newId })
  const auth = createAuth({
    db,
    bus,
    users,
    hashing,
    now,
    newId,
    config: {
      session_days: 30,
      sign_in_attempts: 10,
      sign_in_window_seconds: 300,
      hashing_at_once: 2,
      ...config,
    },
    publicUrl: '',
  })
  const changed: User[] = []
  const disabled: string[] = []
  const ended: string[] = []
  bus.on('users.changed', (user) => changed.push(user))
  bus.on('users.disabled', ({ userId }) => disabled.push(userId))
  bus.on('auth.session-ended', ({ sessionId }) => ended.push(sessionId))

  const add = async (username: string, role: 'admin' | 'member' = 'member') =>
    (await users.create({ username, displayName: username, role, password: PASSWORD })).user
  const [alice, bob, carol] = [await add('alice', 'admin'), await add('bob'), await add('carol')]
  changed.length = 0
  count.hashed = 0

  const cookieOf = (token: string) => `pyrite_session=${token}`
  return {
    db,
    users,
    auth,
    count,
    bugs,
    changed,
    disabled,
    /** Ids of sessions that were said to be over. */
    ended,
    alice,
    bob,
    carol,
    now,
    close,
    /** Happens while the next password is being checked. */
    meanwhile(act: () => Promise<unknown>) {
      interrupt.by = act
    },
    advance(ms: number) {
      time += ms
    },
    cookieOf,
    /** Signs in and answers the cookie and who it is. */
    async enter(username: string, password = PASSWORD) {
      const { token } = await auth.signIn({ username, password }, LAPTOP)
      const cookie = cookieOf(token)
      const who = await auth.authenticate(cookie)
      if (!who) throw new Error(`${username} is not signed in`)
      return { token, cookie, ...who }
    },
  }
}
export type PeopleWorld = Awaited<ReturnType<typeof startPeople>>
