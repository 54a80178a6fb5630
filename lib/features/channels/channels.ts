import type { z } from 'zod'
import { ratePerPerson } from '../../platform/ws/rate.ts'
import type {
  ChangeChannel,
  Channel,
  ChannelMember,
  ChannelRole,
  CreateChannel,
  MyChannel,
} from '../../protocol/channels.ts'
import { mustSee, noSuchChannel, type Standing } from './access.ts'
import { changeRate, type ManagingNeeds, managing } from './managing.ts'
import { membershipRules } from './membership.ts'
import { type ChannelsNeeds, topicOf } from './needs.ts'
import { channelNews, toChannel } from './news.ts'
import * as stored from './queries.sqlite.ts'
import * as queries from './queries.ts'
import { mustBeFree, slugFromName } from './slugs.ts'

type NewChannel = {
  name: string
  slug: string
  topic: string
  private: boolean
  recordable?: boolean
}
const GENERAL = { name: 'general', slug: 'general', topic: '', private: false }

/** Making a channel, and changing what it is called. */
const channelWrites = (needs: ManagingNeeds, news: ReturnType<typeof channelNews>) => {
  const { config, database, hub, bus, now, newId, mustManage, mustChangeSlowly } = needs
  const { write } = database
  const mustBeSlow = ratePerPerson({
    perSecond: config.creations_per_minute / 60,
    burst: config.creations_burst,
    now: () => now().getTime(),
    message: 'you create channels faster than this server allows',
  })

  const add = async (userId: string, wanted: NewChannel): Promise<void> => {
    const { slug, recordable } = wanted
    const createdAt = now().toISOString()
    const channelId = await write((sqlite) => {
      mustBeFree(slug, (other) => stored.isTaken(sqlite, other), newId)
      const id = stored.insertChannel(sqlite, { ...wanted, createdBy: userId, createdAt })
      if (recordable) stored.updateChannel(sqlite, id, { recordable })
      stored.putMembership(sqlite, id, { userId, role: 'moderator', joinedAt: createdAt })
      return id
    })
    hub.subscribe(userId, topicOf(channelId))
    bus.publish('channels.created', { channelId, slug })
    await news.changed(channelId)
  }

  return {
    /** Its maker becomes moderator. Throws `channels.reserved-slug` or `channels.slug-taken` with a free suggestion, `too-many-requests`. */
    async create(userId: string, wanted: z.infer<typeof CreateChannel>): Promise<MyChannel> {
      mustBeSlow(userId)
      const slug = wanted.slug ?? slugFromName(wanted.name)
      await add(userId, { ...wanted, slug })
      return news.mine(userId, slug)
    },

    /** Makes the channel of a call that is there already, for whoever runs the server. Throws `malformed`, `channels.reserved-slug`, `channels.slug-taken`. */
    adopt: (userId: string, wanted: NewChannel): Promise<void> => add(userId, wanted),

    /** Makes #general with this person as moderator, where there is none. Answers whether it did. */
    async ensureGeneral(userId: string): Promise<boolean> {
      const isThere = await write((sqlite) => stored.isTaken(sqlite, GENERAL.slug))
      if (!isThere) await add(userId, GENERAL)
      return !isThere
    },

    /** Throws `channels.not-found`, `not-allowed`, `moderation.timed-out`. */
    async change(userId: string, wanted: z.infer<typeof ChangeChannel>): Promise<void> {
      mustChangeSlowly(userId)
      const { channelId, slug } = await write((sqlite) => {
        const place = mustManage(sqlite, userId, wanted.channelSlug)
        stored.updateChannel(sqlite, place.channelId, wanted)
        return place
      })
      bus.publish('channels.changed', { channelId, slug })
      await news.changed(channelId)
    },
  }
}

/** What a person sees of channels. */
const channelReads = (
  { database: { db }, ledger }: ChannelsNeeds,
  news: ReturnType<typeof channelNews>,
) => {
  /** For somebody who is not in a channel: that there is none, or that a ban keeps them out of one that they see. */
  const notIn = async (userId: string, channelSlug: string) =>
    (await ledger.readBan(channelSlug, userId)) ?? noSuchChannel()

  /** How somebody stands to a channel who is in it or manages it. Throws `channels.not-found`, `moderation.banned`. */
  const standing = async (userId: string, channelSlug: string): Promise<Standing> => {
    const found = await queries.standingOf(db, userId, channelSlug)
    const isInside = found && (found.role !== null || (found.private === 0 && found.admin === 1))
    if (!isInside) throw await notIn(userId, channelSlug)
    return found
  }

  return {
    standing,

    /** The channels a person is in, by slug. */
    mine: async (userId: string): Promise<MyChannel[]> =>
      (await queries.channelsOf(db, userId)).map(news.toMine),

    /** Open channels the person is not in, by slug. */
    openTo: async (userId: string): Promise<Channel[]> =>
      (await queries.openTo(db, userId)).map(toChannel),

    /** One channel: `MyChannel` to those in it, `Channel` to others where it is open. Throws `channels.not-found`. */
    async get(userId: string, channelSlug: string): Promise<MyChannel | Channel> {
      const { role, channelId } = mustSee(await queries.standingOf(db, userId, channelSlug))
      if (role !== null) return news.mine(userId, channelSlug)
      const ban = await ledger.readBan(channelSlug, userId)
      if (ban) throw ban
      const channel = await queries.findChannel(db, channelId)
      if (!channel) throw noSuchChannel()
      return toChannel(channel)
    },

    /** Throws `channels.not-found`, `moderation.banned`. */
    async members(userId: string, channelSlug: string): Promise<ChannelMember[]> {
      const { channelId } = await standing(userId, channelSlug)
      return queries.membersOf(db, channelId)
    },

    /** The person's role in a channel; undefined where they are not in it. */
    roleIn: async (userId: string, channelSlug: string): Promise<ChannelRole | undefined> =>
      (await queries.membershipOf(db, userId, channelSlug))?.role,

    /** The person's membership, and how far the channel has come. Throws `channels.not-found`, `moderation.banned`. */
    async mustBeMember(userId: string, channelSlug: string) {
      const membership = await queries.membershipOf(db, userId, channelSlug)
      if (!membership) throw await notIn(userId, channelSlug)
      return membership
    },

    /** The topics a person hears, for a connection that opens. */
    topicsOf: async (userId: string): Promise<string[]> =>
      (await queries.channelIdsOf(db, userId)).map(topicOf),

    /** The slugs of the channels a person is in, disabled or not. */
    slugsOf: (userId: string): Promise<string[]> => queries.slugsOf(db, userId),

    /** Every channel with its active members by username, as the media server needs them; or only the one of this slug. */
    groups: (slug?: string) => queries.channelsWithMembers(db, slug),
  }
}

/** What people may do with channels. Knows no HTTP and no sockets. */
export const channelRules = (needs: ChannelsNeeds) => {
  const news = channelNews(needs)
  const mustManage = managing(needs)
  const changing = { ...needs, mustManage, mustChangeSlowly: changeRate(needs) }
  return {
    mustManage,
    /** The same for what is stored elsewhere than in the database: asked once, right before it is done. */
    mustManageNow: (userId: string, slug: string): Promise<Standing> =>
      needs.database.write((sqlite) => mustManage(sqlite, userId, slug)),
    ...channelReads(needs, news),
    ...channelWrites(changing, news),
    ...membershipRules(changing, news),
  }
}
export type ChannelRules = ReturnType<typeof channelRules>
