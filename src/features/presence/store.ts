import { deepSignal, type Shallow, shallow } from 'deepsignal'
import type { User } from '../../../lib/protocol/users.ts'
import type { Wire } from '../../platform/socket.ts'

export type PresenceState = {
  users: Shallow<User[]>
  /** Ids of people with at least one live connection. */
  online: ReadonlySet<string>
}

const byName = (a: User, b: User) =>
  a.displayName.localeCompare(b.displayName) || a.username.localeCompare(b.username)

/** The people of the workspace and who of them is here now. */
export const createPresenceStore = ({ wire }: { wire: Wire }) => {
  const state = deepSignal<PresenceState>({ users: shallow([]), online: new Set() })
  let byId = new Map<string, User>()
  let byUsername = new Map<string, User>()

  const setUsers = (users: User[]) => {
    byId = new Map(users.map((user) => [user.id, user]))
    byUsername = new Map(users.map((user) => [user.username, user]))
    state.users = shallow([...users].sort(byName))
  }
  const userChanged = (user: User) =>
    setUsers([...state.users.filter(({ id }) => id !== user.id), user])
  const offs = [
    wire.on('users.changed', userChanged),
    wire.on('presence.changed', ({ userId, online }) => {
      const next = new Set(state.online)
      if (online) next.add(userId)
      else next.delete(userId)
      state.online = next
    }),
  ]
  /** Reading the list makes the reader draw again when a person changes. */
  const watched = <T>(answer: () => T): T => (state.users.length >= 0 ? answer() : answer())

  return {
    state,
    /** The whole truth, as the server told it at a connect. */
    loaded(users: User[], online: string[]) {
      setUsers(users)
      state.online = new Set(online)
    },
    userChanged,
    person: (id: string): User | undefined => watched(() => byId.get(id)),
    nameOf: (id: string): string => watched(() => byId.get(id)?.displayName ?? 'Somebody'),
    personCalled: (username: string): User | undefined =>
      watched(() => byUsername.get(username.toLowerCase())),
    isOnline: (id: string): boolean => state.online.has(id),
    dispose() {
      for (const off of offs) off()
    },
  }
}
export type PresenceStore = ReturnType<typeof createPresenceStore>
