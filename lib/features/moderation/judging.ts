import type { z } from 'zod'
import { PyriteError } from '../../platform/errors.ts'
import type { ChannelRole } from '../../protocol/channels.ts'
import type {
  ModerationAct,
  ModerationLog,
  ModerationState,
  ReadModerationLog,
} from '../../protocol/moderation.ts'
import { type Judged, type Rights, rightsOf } from '../../protocol/rights.ts'
import type { Standing } from '../channels/index.ts'
import type { ModerationNeeds } from './needs.ts'
import * as queries from './queries.ts'
import { toAct } from './rows.ts'
import { sentence } from './words.ts'

/** Somebody at the door of a call. `lock`: what keeps them out unless they were inside when it began, which counts no further back than `since`. */
export type AtTheDoor =
  | { role: ChannelRole; lock?: { at: string; channelId: number; since: string; words: string } }
  | { error: string; message: string }

const NOBODY: Rights = { write: false, present: false, enter: false }
const NO_CHANNEL = {
  error: 'not-found',
  message: 'There is no such channel, or you are not in it.',
}

/** A refusal of the channel, in the words of a call. */
const refused = (error: unknown): { error: string; message: string } => {
  if (!(error instanceof PyriteError)) throw error
  if (error.code === 'channels.not-found') return NO_CHANNEL
  if (error.code !== 'moderation.banned') throw error
  return { error: 'banned', message: `${error.message}.` }
}

const managesIn = ({ role, admin }: Standing) => role === 'moderator' || admin === 1

/** What the ledger says of somebody now. */
export const judging = ({ database: { db }, channels, now }: ModerationNeeds) => {
  const actsIn = async (channelId: number): Promise<ModerationAct[]> =>
    (await queries.inForce(db, channelId, now().toISOString())).map(toAct)
  const actsFor = async (channelId: number, userId: string): Promise<ModerationAct[]> =>
    (await queries.inForceFor(db, channelId, userId, now().toISOString())).map(toAct)

  /** Those in the channel, and whoever manages it. Throws `channels.not-found`, `moderation.banned`. */
  const mustSeeLedger = async (userId: string, slug: string) => {
    const standing = await channels.standing(userId, slug)
    return { ...standing, manages: managesIn(standing) }
  }

  return {
    /** May this person come into the call, and as what? One who may not see a channel hears the same as of one that does not exist. */
    async atTheDoor(userId: string, slug: string): Promise<AtTheDoor> {
      const standing = await channels.standing(userId, slug).catch(refused)
      if ('error' in standing) return standing
      const { role, channelId } = standing
      if (role === null) return NO_CHANNEL
      const who: Judged = { userId, role, manages: managesIn(standing) }
      const acts = await actsFor(channelId, userId)
      const at = now().toISOString()
      const rights = rightsOf(who, acts, at)
      const admitted = { role: rights.present ? role : ('listener' as const) }
      if (rights.enter) return admitted
      const lock = acts.find(({ kind }) => kind === 'lock')
      if (!lock) return { error: 'banned', message: 'You are banned from this channel.' }
      const since = await queries.insideSince(db, channelId, userId)
      const words = `${sentence(lock, at)}.`
      return { ...admitted, lock: { at: lock.at, channelId, since, words } }
    },

    async log(
      userId: string,
      { channelSlug, before, limit }: z.infer<typeof ReadModerationLog>,
    ): Promise<ModerationLog> {
      const { channelId, manages } = await mustSeeLedger(userId, channelSlug)
      const only = manages ? undefined : userId
      const rows = await queries.logOf(db, channelId, { before, limit: limit + 1, only })
      return { acts: rows.slice(0, limit).map(toAct), hasMore: rows.length > limit }
    },

    async state(userId: string, channelSlug: string): Promise<ModerationState> {
      const { channelId, role, manages } = await mustSeeLedger(userId, channelSlug)
      const acts = manages ? await actsIn(channelId) : await actsFor(channelId, userId)
      const at = now().toISOString()
      return { acts, rights: role ? rightsOf({ userId, role, manages }, acts, at) : NOBODY }
    },
  }
}
