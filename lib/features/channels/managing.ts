import type { Sqlite } from '../../platform/db/index.ts'
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
export type Managing = ReturnType<typeof managing>
