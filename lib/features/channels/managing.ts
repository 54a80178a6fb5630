import type { Sqlite } from '../../platform/db/index.ts'
import { ratePerPerson } from '../../platform/ws/rate.ts'
import { mustManage, noSuchChannel, type Standing } from './access.ts'
import type { ChannelsNeeds } from './needs.ts'
import { standingOf } from './queries.sqlite.ts'

/**
 * Who manages a channel, asked within a write job: moderators their own, admins every open one, and private ones they are in. Who has to be
 * silent there does not manage it either. Throws `channels.not-found`, `not-allowed`, `moderation.timed-out`, `moderation.banned`.
 */
export const managing =
  ({ ledger }: Pick<ChannelsNeeds, 'ledger'>) =>
  (sqlite: Sqlite, userId: string, slug: string): Standing => {
    const found = standingOf(sqlite, userId, slug)
    if (found?.role === null && found.admin === 0) {
      throw ledger.banOf(sqlite, slug, userId) ?? noSuchChannel()
    }
    const standing = mustManage(found)
    ledger.mustWrite(sqlite, { channelId: standing.channelId, userId, role: 'moderator' })
    return standing
  }

/** How fast one person changes channels and who is in them: each change is told to everybody it concerns, and to the media server. */
export const changeRate = ({ config, now }: Pick<ChannelsNeeds, 'config' | 'now'>) =>
  ratePerPerson({
    perSecond: config.changes_per_second,
    burst: config.changes_burst,
    now: () => now().getTime(),
    message: 'you change channels faster than this server allows',
  })

export type ManagingNeeds = ChannelsNeeds & {
  mustManage: ReturnType<typeof managing>
  mustChangeSlowly: ReturnType<typeof changeRate>
}
