import { deepSignal, type Shallow, shallow } from 'deepsignal'
import type { SessionSummary, User } from '../../../lib/protocol/users.ts'
import type { Http } from '../../platform/http.ts'
import { sentenceOf } from '../../platform/request-error.ts'

export type SettingsState = {
  devices: 'loading' | 'ready' | 'failed'
  sessions: Shallow<SessionSummary[]>
  /** For people, when the devices could not be loaded. */
  because: string
}

export type SettingsNeeds = { http: Http; me: () => User; onUserChanged: (user: User) => void }

/** What I may change about myself. Each action rejects with the refusal. */
export const createSettingsStore = ({ http, me, onUserChanged }: SettingsNeeds) => {
  const state = deepSignal<SettingsState>({
    devices: 'loading',
    sessions: shallow([]),
    because: '',
  })
  const load = async () => {
    try {
      state.sessions = shallow(await http.get<SessionSummary[]>('/api/sessions'))
      state.devices = 'ready'
    } catch (error) {
      state.because = sentenceOf(error)
      state.devices = 'failed'
    }
  }
  void load()
  return {
    state,
    get retry() {
      return state.devices === 'failed' ? load : undefined
    },
    async rename(displayName: string): Promise<void> {
      onUserChanged(await http.patch<User>(`/api/users/${me().id}`, { displayName }))
    },
    async changePassword(current: string, next: string): Promise<void> {
      await http.put('/api/session/password', { current, next })
      await load()
    },
    async endSession(id: string): Promise<void> {
      await http.delete(`/api/sessions/${id}`)
      state.sessions = shallow(state.sessions.filter((session) => session.id !== id))
    },
    /** Ends this session too. */
    signOutEverywhere: (): Promise<void> => http.delete('/api/sessions'),
  }
}
export type SettingsStore = ReturnType<typeof createSettingsStore>
