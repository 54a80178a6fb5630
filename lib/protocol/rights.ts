import type { ChannelRole } from './channels.ts'
import type { LockScope, ModerationAct, ModerationKind } from './moderation.ts'

/** What follows from the ledger. Both halves ask it; it lives apart from the schemas so that the browser can import it without the schema library. */

/** What a person in a channel may do there now. */
export type Rights = {
  /** Post, edit, type. */
  write: boolean
  /** Publish sound and pictures in the call. */
  present: boolean
  /** Come into the call from outside. */
  enter: boolean
}

/** Whether an act still holds at `at`, an ISO time. */
export const isInForce = ({ endedAt, until }: ModerationAct, at: string): boolean =>
  endedAt === null && (until === null || until > at)

/** Somebody in a channel, as the ledger looks at them. `manages`: a moderator of it, or an admin who may manage it. */
export type Judged = { userId: string; role: ChannelRole; manages: boolean }

const closes = (act: ModerationAct, { role, manages }: Judged, scope?: LockScope): boolean =>
  act.lock !== null &&
  !manages &&
  !act.lock.exempt.includes(role) &&
  (scope === undefined || act.lock.scope === scope)

/** What somebody in a channel may do at `at`, by the acts of that channel. Both halves ask this one function. */
export const rightsOf = (who: Judged, acts: readonly ModerationAct[], at: string): Rights => {
  const held = acts.filter((act) => isInForce(act, at))
  const has = (kind: ModerationKind) =>
    held.some((act) => act.kind === kind && act.userId === who.userId)
  const isSilent = has('timeout') || held.some((act) => closes(act, who, 'channel'))
  const mayWrite = who.role !== 'listener' && !isSilent
  return {
    write: mayWrite,
    present: mayWrite && !has('forbid-presenting'),
    enter: !has('ban') && !held.some((act) => closes(act, who)),
  }
}
