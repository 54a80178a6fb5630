import { type RecordingsNeeds, recordingRules } from './recordings.ts'
import { recordingsRoutes } from './routes.ts'
import { recordingsSocket } from './socket.ts'

export type { RecordingsNeeds } from './recordings.ts'
export { recordingsPaths } from './routes.ts'

/** What was recorded of a channel's calls: who sees it, who deletes it. */
export const createRecordings = (needs: RecordingsNeeds) => {
  const recordings = recordingRules(needs)
  return {
    ...recordings,
    routes: recordingsRoutes(recordings),
    socket: recordingsSocket(recordings),
  }
}
