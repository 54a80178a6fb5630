import { handle } from '../../platform/ws/dispatcher.ts'
import { OneChannel } from '../../protocol/channels.ts'
import { OneRecording } from '../../protocol/recordings.ts'
import type { RecordingRules } from './recordings.ts'

/** The recordings.* messages a browser may send. */
export const recordingsSocket = (recordings: RecordingRules) => ({
  'recordings.list': handle(OneChannel, ({ userId }, { channelSlug }) =>
    recordings.list(userId, channelSlug),
  ),
  'recordings.delete': handle(OneRecording, ({ userId }, body) => recordings.remove(userId, body)),
})
