import type { ChannelRole } from '../../protocol/channels.ts'
import type { Group } from '../sfu.ts'
import { GROUP_FIELDS } from './facts.ts'
import type { PublicJwk } from './tokens.ts'

/** How the comment of a file begins that Pyrite may write. */
export const MARKER = 'managed by Pyrite'
const COMMENT = `${MARKER}: displayName, description, public, max-clients, allow-recording, authKeys and users come from the channel and are overwritten`

export type Description = Record<string, unknown>

const ROLES: Record<ChannelRole, string> = {
  moderator: 'op',
  member: 'present',
  listener: 'message',
}

const BY_FOLD = new Map(GROUP_FIELDS.map((name) => [name.toLowerCase(), name]))
/** A group with a redirect brings Galene 1.1 down when somebody joins it over the WebSocket. */
const NEVER = new Set(['redirect'])

/** The object in a group file; undefined for a file that holds none. */
export const parseDescription = (text: string): Description | undefined => {
  try {
    const read: unknown = JSON.parse(text)
    const isObject = typeof read === 'object' && read !== null && !Array.isArray(read)
    return isObject ? (read as Description) : undefined
  } catch {
    // Half a file, or none of Galene's: the caller decides.
    return undefined
  }
}

/** Whether a file says that Pyrite may write it. */
export const isManaged = (description: Description | undefined): boolean =>
  typeof description?.comment === 'string' && description.comment.startsWith(MARKER)

/** Whether a file was written with this very key, so by this Pyrite. */
export const isOurs = (description: Description | undefined, { kid }: PublicJwk): boolean =>
  isManaged(description) &&
  Array.isArray(description?.authKeys) &&
  description.authKeys.some((key: { kid?: unknown } | null) => key?.kid === kid)

/** What somebody else set in the file and Galene knows. An unknown field would make all joins fail, so it goes. */
const preserved = (existing: Description): Description => {
  const kept: Description = {}
  for (const [key, value] of Object.entries(existing)) {
    const name = BY_FOLD.get(key.toLowerCase())
    if (name && !NEVER.has(name)) kept[name] = value
  }
  return kept
}

/** The text of a channel's group file: our fields as the channel says, the others as they are in `existing`. */
export const writeDescription = (group: Group, jwk: PublicJwk, existing: Description): string => {
  const names = [...group.members.keys()].sort()
  const users = Object.fromEntries(
    names.map((name) => [name, { permissions: ROLES[group.members.get(name) ?? 'listener'] }]),
  )
  const description = {
    ...preserved(existing),
    displayName: group.displayName,
    description: group.description,
    comment: COMMENT,
    public: false,
    'max-clients': group.maxClients,
    'allow-recording': group.allowRecording,
    authKeys: [jwk],
    users,
  }
  return `${JSON.stringify(description, null, 1)}\n`
}
