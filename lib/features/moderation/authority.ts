import { PyriteError } from '../../platform/errors.ts'
import type { ModerationKind } from '../../protocol/moderation.ts'
import type { Standing } from '../channels/index.ts'

const refuse = (sentence: string) => new PyriteError('moderation.protected', sentence)

type Actor = { userId: string; standing: Standing }

/**
 * Whether one who manages a channel may do this to that person. Nobody acts upon themselves. Admins are acted upon by nobody, moderators by admins
 * only: so whoever could lift an act is never shut out by it. To ask for a microphone to be muted shuts nobody out.
 */
export const mustBeAbove = (by: Actor, target: Actor, kind: ModerationKind): void => {
  if (by.userId === target.userId) throw refuse('you cannot moderate yourself')
  if (kind === 'mute') return
  if (target.standing.admin === 1) throw refuse('nobody moderates an admin')
  if (target.standing.role === 'moderator' && by.standing.admin !== 1) {
    throw refuse('only an admin moderates a moderator')
  }
}

/** Whoever manages a channel lifts what holds there, but nobody what holds upon themselves. */
export const mustBeAbleToEnd = (byUserId: string, concerned: string | null): void => {
  if (byUserId === concerned) throw refuse('somebody else has to lift this')
}
