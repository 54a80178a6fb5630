import type { Bus } from '../platform/bus/bus.ts'
import type { Hub } from '../platform/ws/hub.ts'
import type { Sfu } from '../sfu/sfu.ts'
import type { Features } from './features.ts'

type Links = { bus: Bus; hub: Hub; sfu: Sfu; features: Features; onBug: (error: unknown) => void }

/** Whoever runs the workspace may do more in its calls than others. */
const askAgain = (sfu: Sfu, userId: string) => {
  const mine = sfu.participants().filter(({ caller }) => caller.userId === userId)
  for (const group of new Set(mine.map(({ group }) => group))) sfu.accessChanged(group, userId)
}

/** Who listens to what: one line per link. Answers the function that unlinks them all. */
export const linkEvents = ({ bus, hub, sfu, features, onBug }: Links) => {
  const { auth, channels, recordings } = features
  /** Of a person, a group holds the username, and only while they may sign in. */
  const groupsOf = async (userId: string) => {
    for (const slug of await channels.slugsOf(userId)) sfu.groupsChanged(slug)
  }
  const links = [
    bus.on('users.created', ({ id }) => void channels.joinDefault(id).catch(onBug)),
    bus.on('users.changed', (user) => hub.tellAll('users.changed', user)),
    bus.on('users.changed', ({ id }) => askAgain(sfu, id)),
    bus.on('users.disabled', ({ userId }) => hub.endUser(userId)),
    bus.on('users.disabled', ({ userId }) => void groupsOf(userId).catch(onBug)),
    bus.on('users.enabled', ({ userId }) => void groupsOf(userId).catch(onBug)),
    bus.on('users.disabled', () => void channels.ensureModerated().catch(onBug)),
    bus.on('users.disabled', ({ userId }) => void auth.endAllOf(userId).catch(onBug)),
    bus.on('users.disabled', ({ userId }) => sfu.end({ userId }, 'Your account was disabled.')),
    bus.on('auth.session-ended', ({ sessionId }) => hub.endSession(sessionId)),
    bus.on('auth.session-ended', ({ sessionId }) => sfu.end({ sessionId }, 'You signed out.')),
    bus.on('auth.session-ended', ({ sessionId }) => recordings.cutOff({ sessionId })),
    bus.on('users.disabled', ({ userId }) => recordings.cutOff({ userId })),
    bus.on('channels.created', ({ slug }) => sfu.groupsChanged(slug)),
    bus.on('channels.changed', ({ slug }) => sfu.groupsChanged(slug)),
    bus.on('channels.member-changed', ({ slug }) => sfu.groupsChanged(slug)),
    bus.on('channels.member-changed', ({ slug, userId }) => sfu.accessChanged(slug, userId)),
    bus.on('channels.member-left', ({ slug }) => sfu.groupsChanged(slug)),
    bus.on('channels.member-left', ({ slug, userId }) => recordings.cutOff({ slug, userId })),
    bus.on('channels.member-left', ({ slug, userId }) =>
      sfu.end({ userId, group: slug }, 'You are no longer in this channel.'),
    ),
  ]
  return () => {
    for (const unlink of links) unlink()
  }
}
