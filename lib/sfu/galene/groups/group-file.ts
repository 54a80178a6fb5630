import type { ChannelRole } from '../../../protocol/channels.ts'
import type { Group } from '../../sfu.ts'
import { STOCK_PATHS } from '../../stock-paths.ts'
import type { PublicJwk } from '../wire/tokens.ts'
import { fieldNamed, isReadable } from './readable.ts'

/** How the comment of a file begins that Pyrite may write. */
export const MARKER = 'managed by Pyrite'
/** The key says which Pyrite, for where a group's keys cannot be read. */
const commentOf = ({ kid }: PublicJwk): string =>
  `${MARKER} (key ${kid}): displayName, description, public, max-clients, allow-recording, authKeys and users come from the channel and are overwritten`

const BY_KEY = new RegExp(`^${MARKER} \\(key ([^)]+)\\)`)

export const OF_ANOTHER =
  'another Pyrite, with another signing key, writes this group too: give each its own Galene or its own slugs, and restart this one'
export const NOT_MANAGED = 'the group file exists and does not say that Pyrite manages it'

export const NOT_JSON =
  'the group file is not one JSON object, so nobody can join: mend it, or move it away and Pyrite writes a new one'

export type Description = Record<string, unknown>

const ROLES: Record<ChannelRole, string> = {
  moderator: 'op',
  member: 'present',
  listener: 'message',
}

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

/** Why Pyrite may not write a group, in a sentence; undefined where it may. */
export const whyNotManaged = (description: Description | undefined): string | undefined => {
  if (description === undefined) return NOT_JSON
  return isManaged(description) ? undefined : NOT_MANAGED
}

/** Whether a file says that Pyrite may write it. */
export const isManaged = (description: Description | undefined): boolean =>
  typeof description?.comment === 'string' && description.comment.startsWith(MARKER)

/** Whether a group was written with this very key, so by this Pyrite. */
export const isOurs = (description: Description | undefined, { kid }: PublicJwk): boolean => {
  if (!isManaged(description)) return false
  const keys: unknown = description?.authKeys
  const hasKey =
    Array.isArray(keys) && keys.some((key: { kid?: unknown } | null) => key?.kid === kid)
  return hasKey || String(description?.comment).startsWith(`${MARKER} (key ${kid})`)
}

/** Whether a Pyrite with none of these keys wrote a group last: another one, or this one before its start. */
export const isOfAnother = (
  description: Description | undefined,
  kids: ReadonlySet<string>,
): boolean => {
  const [, kid] = BY_KEY.exec(String(description?.comment)) ?? []
  return kid !== undefined && !kids.has(kid)
}

/** The fields of a file that Galene knows, by the names it has for them, whatever their case there. */
export const knownFields = (description: Description): Description => {
  const known: Description = {}
  for (const [key, value] of Object.entries(description)) {
    const name = fieldNamed(key)
    if (name) known[name] = value
  }
  return known
}

/** Ours, which are there while `galene.stock_client` is on, and go with it. */
const isOurAddress = (key: string, value: unknown): boolean =>
  (key === 'authServer' || key === 'authPortal') &&
  STOCK_PATHS.some((path) => new RegExp(`${path}(?:\\?|$)`).test(String(value)))

/** What somebody else set in the file and Galene can read. A field that it cannot would make all joins fail, so it goes. */
const preserved = (existing: Description): Description =>
  Object.fromEntries(
    Object.entries(knownFields(existing)).filter(
      ([key, value]) => !NEVER.has(key) && !isOurAddress(key, value) && isReadable(key, value),
    ),
  )

/** Galene's words for roles, by username. */
export type Roles = ReadonlyMap<string, string>

/** The users of a group with their roles, by name. Nobody has a password: tokens let people in. */
export const rolesOf = ({ members }: Group): Map<string, string> =>
  new Map([...members.keys()].sort().map((name) => [name, ROLES[members.get(name) ?? 'listener']]))

const PATTERNS = { op: 'op', presenter: 'present', other: 'message' }
/**
 * Users in the words of an older format, which Galene takes with the other fields of a group, and turns into users at its next look:
 * one write instead of one for each of them, all of which it syncs one after the other. A Galene that has forgotten these words
 * leaves them out. An empty password is one that nothing matches; none at all would be one that everything matches.
 */
export const asPatterns = (users: Roles): Description => {
  const lists = Object.entries(PATTERNS).map(([list, role]) => {
    const names = [...users.keys()].filter((name) => name !== '' && users.get(name) === role)
    return [list, names.map((username) => ({ username, password: {} }))] as const
  })
  return Object.fromEntries(lists.filter(([, people]) => people.length > 0))
}

/**
 * What calls carry where a group does not say: VP8 first, which every browser sends and shows, and H.264, the one that OBS and most
 * cameras send. Without a word Galene takes VP8 alone, and devices are heard and not seen.
 */
export const CODECS: readonly string[] = ['vp8', 'h264', 'opus']

const fromChannel = ({
  displayName,
  description,
  maxClients,
  allowRecording,
  authServer,
  authPortal,
}: Group) => ({
  ...{ displayName, description, public: false },
  'max-clients': maxClients,
  'allow-recording': allowRecording,
  ...(authServer !== undefined && { authServer }),
  ...(authPortal !== undefined && { authPortal }),
})

/** A group without its keys and users: our fields as the channel says, the others as they are in `existing`. */
export const describeGroup = (group: Group, jwk: PublicJwk, existing: Description): Description => {
  const { users: _users, authKeys: _keys, ...others } = preserved(existing)
  const { displayName, description, ...rest } = fromChannel(group)
  const ours = { displayName, description, comment: commentOf(jwk), ...rest }
  return { ...others, ...ours, codecs: others.codecs ?? CODECS }
}

const asText = (description: Description): string => `${JSON.stringify(description, null, 1)}\n`

/** The text of a channel's group file. */
export const writeDescription = (group: Group, jwk: PublicJwk, existing: Description): string => {
  const users = [...rolesOf(group)].map(([name, permissions]) => [name, { permissions }])
  return asText({
    ...describeGroup(group, jwk, existing),
    authKeys: [jwk],
    users: Object.fromEntries(users),
  })
}

/** The text that somebody may put by hand into a group's file, once: it lets in whom Pyrite lets in. */
export const printDescription = (group: Group, jwk: PublicJwk): string =>
  asText({
    ...fromChannel(group),
    comment: `lets in those whom Pyrite lets into its channel ${group.name}`,
    codecs: CODECS,
    authKeys: [jwk],
  })
