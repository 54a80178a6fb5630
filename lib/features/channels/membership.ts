import type { z } from 'zod'
import type { Sqlite } from '../../platform/db/index.ts'
import { PyriteError } from '../../platform/errors.ts'
import type { ChannelMember, MyChannel, RemoveMember, SetMember } from '../../protocol/channels.ts'
import { mustBeIn, mustSee } from './access.ts'
import type { ManagingNeeds } from './managing.ts'
import type { ChannelNews } from './news.ts'
import * as stored from './queries.sqlite.ts'

const noSuchPerson = () => new PyriteError('not-found', 'there is no such person here')

/** While others are in it a channel keeps somebody who can manage it. */
const mustNotBeLastModerator = (
  sqlite: Sqlite,
  channelId: number,
  member: ChannelMember,
  isLeaving: boolean,
): void => {
  if (member.role !== 'moderator') return
  const others = stored.countOthers(sqlite, channelId, member.userId)
  if (others.moderators > 0 || (isLeaving && others.people === 0)) return
  throw new PyriteError('channels.last-moderator', 'make somebody else a moderator first')
}

/** Takes a member out, and answers how many are left. Throws `not-found`, `channels.last-moderator`. */
export const expel = (sqlite: Sqlite, channelId: number, userId: string): number => {
  const member = stored.findMembership(sqlite, channelId, userId)
  if (!member) throw noSuchPerson()
  mustNotBeLastModerator(sqlite, channelId, member, true)
  stored.deleteMembership(sqlite, channelId, userId)
  return stored.countMembers(sqlite, channelId)
}

/** Adds somebody who comes by themselves: who finds nobody there becomes moderator. */
const letIn = (sqlite: Sqlite, channelId: number, userId: string, joinedAt: string) => {
  const isAlone = stored.countOthers(sqlite, channelId, userId).people === 0
  const member: ChannelMember = { userId, role: isAlone ? 'moderator' : 'member', joinedAt }
  stored.putMembership(sqlite, channelId, member)
  return { member, memberCount: stored.countMembers(sqlite, channelId) }
}

const putIn = (sqlite: Sqlite, channelId: number, wanted: ChannelMember) => {
  const { userId, role } = wanted
  if (!stored.isActivePerson(sqlite, userId)) throw noSuchPerson()
  const before = stored.findMembership(sqlite, channelId, userId)
  const member = { ...wanted, joinedAt: before?.joinedAt ?? wanted.joinedAt }
  if (before && role !== 'moderator') mustNotBeLastModerator(sqlite, channelId, before, false)
  stored.putMembership(sqlite, channelId, member)
  return {
    member,
    isNews: before?.role !== role,
    memberCount: stored.countMembers(sqlite, channelId),
  }
}

const handOver = (sqlite: Sqlite) =>
  stored.heirs(sqlite).map(({ channelId, slug, ...member }) => {
    stored.putMembership(sqlite, channelId, member)
    return { place: { channelId, slug }, member, count: stored.countMembers(sqlite, channelId) }
  })

/** Coming, going, and who is what in a channel. */
export const membershipRules = (
  { database: { write }, ledger, now, mustManage, mustChangeSlowly }: ManagingNeeds,
  news: ChannelNews,
) => ({
  /** Throws `channels.not-found`, `channels.already-a-member`, `moderation.banned`, `moderation.locked`. */
  async join(userId: string, channelSlug: string): Promise<MyChannel> {
    mustChangeSlowly(userId)
    const joinedAt = now().toISOString()
    const { place, member, memberCount } = await write((sqlite) => {
      const place = mustSee(stored.standingOf(sqlite, userId, channelSlug))
      if (place.role !== null) {
        throw new PyriteError('channels.already-a-member', 'you are in this channel already')
      }
      ledger.mustComeIn(sqlite, place.channelId, userId, place.admin === 1)
      return { place, ...letIn(sqlite, place.channelId, userId, joinedAt) }
    })
    await news.memberChanged(place, member, memberCount)
    return news.mine(userId, place.slug)
  },

  /** Puts a new person into #general, where there is one. May be called twice. */
  async joinDefault(userId: string): Promise<void> {
    const joinedAt = now().toISOString()
    const joined = await write((sqlite) => {
      const place = stored.standingOf(sqlite, userId, 'general')
      if (!place || place.role !== null) return
      return { place, ...letIn(sqlite, place.channelId, userId, joinedAt) }
    })
    if (joined) await news.memberChanged(joined.place, joined.member, joined.memberCount)
  },

  /** Somebody was taken out within another feature's job (`expel`): they and the others hear so. */
  expelled: news.memberLeft,

  /**
   * Gives every channel that people are in, and none of them moderates, a moderator out of their midst: the last one was disabled.
   * May be called at any time.
   */
  async ensureModerated(): Promise<void> {
    for (const { place, member, count } of await write(handOver)) {
      await news.memberChanged(place, member, count)
    }
  },

  /** Throws `channels.not-found`, `channels.last-moderator`. */
  async leave(userId: string, channelSlug: string): Promise<void> {
    mustChangeSlowly(userId)
    const { place, memberCount } = await write((sqlite) => {
      const place = mustBeIn(stored.standingOf(sqlite, userId, channelSlug))
      return { place, memberCount: expel(sqlite, place.channelId, userId) }
    })
    await news.memberLeft(place, userId, memberCount)
  },

  /** Invites, or changes a role. Throws `channels.not-found`, `not-allowed`, `not-found` (the person), `channels.last-moderator`, `moderation.banned`. */
  async setMember(
    userId: string,
    { channelSlug, userId: targetId, role }: z.infer<typeof SetMember>,
  ): Promise<ChannelMember> {
    mustChangeSlowly(userId)
    const joinedAt = now().toISOString()
    const { place, member, memberCount, isNews } = await write((sqlite) => {
      const place = mustManage(sqlite, userId, channelSlug)
      ledger.mustBeInvitable(sqlite, place.channelId, targetId)
      return { place, ...putIn(sqlite, place.channelId, { userId: targetId, role, joinedAt }) }
    })
    if (isNews) await news.memberChanged(place, member, memberCount)
    return member
  },

  /** Throws `channels.not-found`, `not-allowed`, `not-found` (the person), `channels.last-moderator`. */
  async removeMember(
    userId: string,
    { channelSlug, userId: targetId }: z.infer<typeof RemoveMember>,
  ): Promise<void> {
    mustChangeSlowly(userId)
    const { place, memberCount } = await write((sqlite) => {
      const place = mustManage(sqlite, userId, channelSlug)
      return { place, memberCount: expel(sqlite, place.channelId, targetId) }
    })
    await news.memberLeft(place, targetId, memberCount)
  },
})
