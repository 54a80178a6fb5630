import type { Channel, ChannelMember, MyChannel } from '../../protocol/channels.ts'
import { noSuchChannel } from './access.ts'
import { type ChannelsNeeds, topicOf } from './needs.ts'
import * as queries from './queries.ts'

export const toChannel = (row: queries.ChannelRow): Channel => ({
  slug: row.slug,
  name: row.name,
  topic: row.topic,
  private: row.private === 1,
  createdAt: row.createdAt,
  archived: row.archived === 1,
  recordable: row.recordable === 1,
})

type Place = { channelId: number; slug: string }

/** Tells people what has been stored: each only what they may see, with their own role and read position. */
export const channelNews = ({
  database: { db },
  hub,
  bus,
  callOf,
  devicesOf = () => [],
  recordingOf = () => undefined,
}: ChannelsNeeds) => {
  const recording = (slug: string) => {
    const running = recordingOf(slug)
    return running ? { recording: running } : {}
  }
  const devices = (slug: string) => {
    const streaming = devicesOf(slug)
    return streaming.length > 0 ? { devices: streaming } : {}
  }
  const toMine = (row: queries.MineRow): MyChannel => ({
    ...toChannel(row),
    role: row.role,
    lastSeq: row.lastSeq,
    lastRev: row.lastRev,
    readSeq: row.readSeq,
    unread: row.unread ?? 0,
    memberCount: row.memberCount ?? 0,
    call: callOf(row.slug),
    ...devices(row.slug),
    ...recording(row.slug),
  })
  const mine = async (userId: string, slug: string): Promise<MyChannel> => {
    const row = await queries.channelOf(db, userId, slug)
    if (!row) throw noSuchChannel()
    return toMine(row)
  }

  return {
    toMine,
    mine,

    /** To every member what they have now, and of an open channel to the others that it is there. */
    async changed(channelId: number): Promise<void> {
      const rows = await queries.channelOfEach(db, channelId)
      const channel = await queries.findChannel(db, channelId)
      const online = new Set(hub.online())
      for (const row of rows) {
        if (online.delete(row.userId)) hub.tell(row.userId, 'channels.changed', toMine(row))
      }
      if (!channel || channel.private === 1) return
      for (const userId of online) hub.tell(userId, 'channels.opened', toChannel(channel))
    },

    /** Somebody came in or has another role. */
    async memberChanged(
      { channelId, slug }: Place,
      member: ChannelMember,
      memberCount: number,
    ): Promise<void> {
      const topic = topicOf(channelId)
      const { userId, role } = member
      hub.publish(topic, 'channels.member', { channelSlug: slug, member, memberCount })
      hub.subscribe(userId, topic)
      bus.publish('channels.member-changed', { channelId, slug, userId, role })
      const row = await queries.channelOf(db, userId, slug)
      if (row) hub.tell(userId, 'channels.changed', toMine(row))
    },

    /** Somebody is not in it any more, and hears nothing of it from here on. */
    async memberLeft(
      { channelId, slug }: Place,
      userId: string,
      memberCount: number,
    ): Promise<void> {
      const topic = topicOf(channelId)
      hub.unsubscribe(userId, topic)
      hub.tell(userId, 'channels.gone', { channelSlug: slug })
      hub.publish(topic, 'channels.member-left', { channelSlug: slug, userId, memberCount })
      bus.publish('channels.member-left', { channelId, slug, userId })
      const channel = await queries.findChannel(db, channelId)
      if (channel?.private === 0) hub.tell(userId, 'channels.opened', toChannel(channel))
    },
  }
}
export type ChannelNews = ReturnType<typeof channelNews>
