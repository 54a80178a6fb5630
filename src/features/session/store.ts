import { deepSignal, type Shallow, shallow } from 'deepsignal'
import type { SessionInfo, User } from '../../../lib/protocol/users.ts'
import type { Http } from '../../platform/http.ts'
import { RequestError } from '../../platform/request-error.ts'

export type SessionState = {
  /** `unknown` until the server was asked; `unreachable` when it could not be asked at all. */
  is: 'unknown' | 'unreachable' | 'signed-out' | 'signed-in'
  me: Shallow<User> | undefined
  /** Why I was signed out without asking for it, for people; '' otherwise. */
  because: string
}

const wasRefused = (error: unknown): boolean =>
  error instanceof RequestError && error.code === 'auth.signed-out'

/** Who I am. Everything else is made after a sign-in and thrown away after a sign-out. */
export const createSessionStore = ({ http }: { http: Http }) => {
  const state = deepSignal<SessionState>({ is: 'unknown', me: undefined, because: '' })
  const signedIn = ({ user }: SessionInfo) => {
    state.me = shallow(user)
    state.because = ''
    state.is = 'signed-in'
  }
  const ended = (because: string) => {
    if (state.is === 'signed-out') return
    state.because = because
    state.is = 'signed-out'
    state.me = undefined
  }
  return {
    state,
    /** Asks the server who I am. While signed in, no answer changes nothing. */
    async check(): Promise<void> {
      try {
        const info = await http.get<SessionInfo | undefined>('/api/session')
        if (info) signedIn(info)
        else
          ended(state.is === 'signed-in' ? 'Your session has ended. Sign in again to go on.' : '')
      } catch {
        if (state.is !== 'signed-in') state.is = 'unreachable'
      }
    },
    /** Rejects with the refusal. */
    async signIn(username: string, password: string): Promise<void> {
      signedIn(await http.post<SessionInfo>('/api/session', { username, password }))
    },
    /** Rejects when the server could not be told: the session would live on. */
    async signOut(): Promise<void> {
      await http.delete('/api/session').catch((error: unknown) => {
        if (!wasRefused(error)) throw error
      })
      ended('')
    },
    /** The server ended my session. */
    sessionEnded: () => ended('You were signed out. Sign in again to go on.'),
    /** News about a person, who may be me. */
    userChanged(user: User) {
      if (user.id === state.me?.id) state.me = shallow(user)
    },
  }
}
export type SessionStore = ReturnType<typeof createSessionStore>
