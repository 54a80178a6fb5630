import { handle } from '../../platform/ws/dispatcher.ts'
import { OneChannel } from '../../protocol/channels.ts'
import { CreateWhipKey, OneWhipKey } from '../../protocol/recordings.ts'
import type { WhipRules } from './whip.ts'

/** The whip.* messages a browser may send. */
export const whipSocket = (whip: WhipRules) => ({
  'whip.keys': handle(OneChannel, ({ userId }, { channelSlug }) => whip.keys(userId, channelSlug)),
  'whip.create-key': handle(CreateWhipKey, ({ userId }, body) => whip.createKey(userId, body)),
  'whip.revoke-key': handle(OneWhipKey, ({ userId }, body) => whip.revokeKey(userId, body)),
  'whip.end-stream': handle(OneWhipKey, ({ userId }, body) => whip.endStream(userId, body)),
})
