import type { People } from '../features/channels/index.ts'
import type { Workspace } from './workspace.ts'

/** What channel views ask about people, answered by presence. */
export const peopleOf = ({ presence }: Workspace): People => ({
  get list() {
    return presence.state.users
  },
  person: presence.person,
  nameOf: presence.nameOf,
  isOnline: presence.isOnline,
})
