import { type RecordingsNeeds, recordingRules } from './recordings.ts'
import { recordingsRoutes } from './routes.ts'
import { createSendings } from './sending.ts'
import { recordingsSocket } from './socket.ts'

export type { RecordingsNeeds } from './recordings.ts'
export { recordingsPaths } from './routes.ts'

/** What was recorded of a channel's calls: who sees it, who deletes it. */
export const createRecordings = (needs: RecordingsNeeds) => {
  const recordings = recordingRules(needs)
  const sendings = createSendings()
  return {
    ...recordings,
    /** Somebody may not have any more what is being sent to them. */
    cutOff: sendings.cutOff,
    /** The sessions by which something is being sent now. */
    sendingTo: sendings.sessions,
    routes: recordingsRoutes(recordings, sendings),
    socket: recordingsSocket(recordings),
  }
}
