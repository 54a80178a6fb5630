import type { User } from '../../../lib/protocol/users.ts'

/** What channel views must know about people; app/ passes it in. */
export type People = {
  readonly list: readonly User[]
  person(id: string): User | undefined
  nameOf(id: string): string
  isOnline(id: string): boolean
}
