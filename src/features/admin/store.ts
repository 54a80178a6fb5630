import type { Role, User } from '../../../lib/protocol/users.ts'
import type { Http } from '../../platform/http.ts'

export type NewPerson = { username: string; displayName: string; role: Role }

export type AdminNeeds = { http: Http; onUserChanged: (user: User) => void }

/** What an admin does with people. Each rejects with the refusal. A password is answered once and kept nowhere. */
export const createAdminStore = ({ http, onUserChanged }: AdminNeeds) => ({
  async create(person: NewPerson): Promise<{ user: User; password: string }> {
    const made = await http.post<{ user: User; password?: string }>('/api/users', person)
    onUserChanged(made.user)
    return { user: made.user, password: made.password ?? '' }
  },
  async change(id: string, change: { role?: Role; disabled?: boolean }): Promise<void> {
    onUserChanged(await http.patch<User>(`/api/users/${id}`, change))
  },
  async resetPassword(id: string): Promise<string> {
    return (await http.post<{ password: string }>(`/api/users/${id}/password-reset`)).password
  },
})
export type AdminStore = ReturnType<typeof createAdminStore>
