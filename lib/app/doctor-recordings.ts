import type { Config } from '../platform/config/schema.ts'
import type { Finding } from '../protocol/admin.ts'
import { childRecordings } from '../sfu/galene/media-http/recordings.ts'
import { recordingsTrouble } from '../sfu/galene/media-http/recordings-folder.ts'
import { found } from './doctor-findings.ts'

/** What is wrong with the folder of recordings, where this machine sees it. A Galene that Pyrite runs makes its own at the first recording. */
export const recordingsFindings = async (
  { sfu, galene }: Config,
  isBuiltin: boolean,
): Promise<Finding[]> => {
  if (isBuiltin) return []
  const isChild = sfu.url === ''
  const folder = isChild ? childRecordings(sfu.data_dir) : galene.recordings_dir
  if (folder === '') return []
  const trouble = await recordingsTrouble(folder)
  if (trouble === undefined || (isChild && trouble.includes('ENOENT'))) return []
  return [found('recordings-folder', trouble)]
}
