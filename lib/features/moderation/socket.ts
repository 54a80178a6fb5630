import { handle } from '../../platform/ws/dispatcher.ts'
import {
  EndModeration,
  ModerationWish,
  ReadModerationLog,
  ReadModerationState,
  UnlockChannel,
} from '../../protocol/moderation.ts'
import type { ModerationRules } from './moderation.ts'

/** The moderation.* messages a browser may send. */
export const moderationSocket = (moderation: ModerationRules) => ({
  'moderation.act': handle(ModerationWish, ({ userId }, body) => moderation.act(userId, body)),
  'moderation.end': handle(EndModeration, ({ userId }, body) => moderation.end(userId, body)),
  'moderation.unlock': handle(UnlockChannel, ({ userId }, body) =>
    moderation.unlock(userId, body.channelSlug),
  ),
  'moderation.log': handle(ReadModerationLog, ({ userId }, body) => moderation.log(userId, body)),
  'moderation.state': handle(ReadModerationState, ({ userId }, body) =>
    moderation.state(userId, body.channelSlug),
  ),
})
