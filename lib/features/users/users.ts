import type { z } from 'zod'
import type { Bus } from '../../platform/bus/bus.ts'
import { type Db, isUniqueViolation } from '../../platform/db/index.ts'
import { PyriteError } from '../../platform/errors.ts'
import type { ChangeUser, CreateUser, User } from '../../protocol/users.ts'
import type { Hashing } from './hashing.ts'
import { makePassword, mustBeStrong } from './passwords.ts'
import * as queries from './queries.ts'

declare module '../../platform/bus/bus.ts' {
  interface Events {
    /** A person was added. `users.changed` follows. */
    'users.created': User
    /** A person was added, or something others see of them changed. */
    'users.changed': User
    /** A person may no longer sign in: whatever they hold open must end. */
    'users.disabled': { userId: string }
    /** A person who was disabled may sign in again. */
    'users.enabled': { userId: string }
  }
}

export type UsersNeeds = {
  db: Db
  bus: Bus
  hashing: Hashing
  now: () => Date
  newId: () => string
}
type NewUser = z.infer<typeof CreateUser>
type Change = z.infer<typeof ChangeUser>
/** `password` is there when Pyrite made it: it is shown now or never. */
export type Created = { user: User; password?: string }

const runsThings = (user: User): boolean => user.role === 'admin' && !user.disabled
const notFound = () => new PyriteError('not-found', 'there is no such person')

/** Looking people up, for every feature. */
const lookups = ({ db }: UsersNeeds) => ({
  /** Throws `not-found`. */
  async get(userId: string): Promise<User> {
    const user = await queries.byId(db, userId)
    if (!user) throw notFound()
    return user
  },

  /** Everybody, disabled people included, by username. */
  list: (): Promise<User[]> => queries.all(db),

  /** Whatever the case and the blanks around it; undefined when there is nobody of that name. */
  byUsername: (username: string): Promise<User | undefined> =>
    queries.byUsername(db, username.trim().toLowerCase()),

  /** Throws `not-allowed` unless the person is an admin who is not disabled. */
  async mustBeAdmin(userId: string): Promise<void> {
    const user = await queries.byId(db, userId)
    if (user?.role !== 'admin' || user.disabled) {
      throw new PyriteError('not-allowed', 'only admins may do this')
    }
  },

  /** Only for checking a password. Undefined when there is nobody of that id. */
  passwordHashOf: (userId: string): Promise<string | undefined> =>
    queries.passwordHashOf(db, userId),
})

/** What may be done to people by whoever runs the server: callers that come from outside must have been checked. */
const acts = ({ db, bus, hashing, now, newId }: UsersNeeds) => ({
  /** Without a password one is made. Throws `users.username-taken` or `users.weak-password`. */
  async create({ username, displayName, role, password }: NewUser): Promise<Created> {
    if (password !== undefined) mustBeStrong(password, username)
    const chosen = password ?? makePassword()
    const user: User = { id: newId(), username, displayName, role, disabled: false }
    const passwordHash = await hashing.hash(chosen)
    try {
      await queries.insert(db, user, passwordHash, now())
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
      throw new PyriteError('users.username-taken', `there is a person named ${username} already`)
    }
    bus.publish('users.created', user)
    bus.publish('users.changed', user)
    return password === undefined ? { user, password: chosen } : { user }
  },

  /** Throws `not-found`, or `users.last-admin` where nobody would be left to run the workspace. */
  async change(userId: string, change: Change): Promise<User> {
    const { before, after } = await db.transaction().execute(async (tx) => {
      const found = await queries.byId(tx, userId)
      if (!found) throw notFound()
      const wanted = {
        ...found,
        displayName: change.displayName ?? found.displayName,
        role: change.role ?? found.role,
        disabled: change.disabled ?? found.disabled,
      }
      await queries.update(tx, wanted)
      if (runsThings(found) && (await queries.countAdmins(tx)) === 0) {
        throw new PyriteError(
          'users.last-admin',
          'the workspace needs an admin: make another first',
        )
      }
      return { before: found, after: wanted }
    })
    bus.publish('users.changed', after)
    if (after.disabled !== before.disabled) {
      bus.publish(after.disabled ? 'users.disabled' : 'users.enabled', { userId })
    }
    return after
  },

  /**
   * Stores a new password, and in the same transaction, before it, whatever `together` does; if that throws, nothing is stored.
   * Without a password one is made. Answers the password in force. Throws `not-found` or `users.weak-password`.
   */
  async setPassword(
    userId: string,
    password: string | undefined,
    together: (tx: Db) => Promise<void>,
  ): Promise<string> {
    const user = await queries.byId(db, userId)
    if (!user) throw notFound()
    if (password !== undefined) mustBeStrong(password, user.username)
    const chosen = password ?? makePassword()
    const passwordHash = await hashing.hash(chosen)
    await db.transaction().execute(async (tx) => {
      await together(tx)
      await queries.setPasswordHash(tx, userId, passwordHash)
    })
    return chosen
  },
})

type Lookups = ReturnType<typeof lookups>
type Acts = ReturnType<typeof acts>

/** Made of the others; what ends in By is asked by a person, who is checked. */
const requests = ({ mustBeAdmin }: Lookups, { create, change }: Acts) => ({
  /** The person may no longer sign in; what they wrote stays. Throws `not-found` or `users.last-admin`. */
  disable: (userId: string): Promise<User> => change(userId, { disabled: true }),

  /** `create`, asked by a person: `not-allowed` for all but admins. */
  async createBy(callerId: string, wanted: NewUser): Promise<Created> {
    await mustBeAdmin(callerId)
    return create(wanted)
  },

  /** `change`, asked by a person: admins change everybody, others only their own display name. */
  async changeBy(callerId: string, userId: string, wanted: Change): Promise<User> {
    const onlyMyName =
      callerId === userId && wanted.role === undefined && wanted.disabled === undefined
    if (!onlyMyName) await mustBeAdmin(callerId)
    return change(userId, wanted)
  },
})

/** What may be done with people. Knows no HTTP. */
export type UsersRules = Lookups & Acts & ReturnType<typeof requests>
export const usersRules = (needs: UsersNeeds): UsersRules => {
  const find = lookups(needs)
  const act = acts(needs)
  return { ...find, ...act, ...requests(find, act) }
}
