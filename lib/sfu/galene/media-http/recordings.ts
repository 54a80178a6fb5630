import { join } from 'node:path'
import type { Config } from '../../../platform/config/schema.ts'
import { PyriteError } from '../../../platform/errors.ts'
import type { Log } from '../../../platform/log.ts'
import type { Recordings, SfuHealth, SfuOrigin } from '../../sfu.ts'
import { recordingsFolder } from './recordings-folder.ts'
import { recordingsRemote } from './recordings-remote.ts'

export type RecordingsNeeds = {
  config: Pick<Config, 'sfu' | 'galene'>
  kind: () => SfuHealth['kind']
  origin: () => SfuOrigin
  isRecording: (group: string) => boolean
  log: Log
}

/** Where a supervised Galene writes what it records. */
export const childRecordings = (dataFolder: string): string => join(dataFolder, 'recordings')

const notSupported = (why: string) => new PyriteError('calls.not-supported', why)

/**
 * Where recordings come from: a folder that this machine sees, which answers even while Galene is down; else Galene itself, for the
 * password in the settings; else nowhere.
 */
const choose = ({ config, kind, origin, isRecording, log }: RecordingsNeeds) => {
  const { recordings_dir, recordings_user: user, recordings_password: password } = config.galene
  const shared = recordings_dir === '' ? undefined : recordingsFolder(recordings_dir, isRecording)
  const own = recordingsFolder(childRecordings(config.sfu.data_dir), isRecording)
  const host = config.sfu.token_audience
  const remote =
    user === '' ? undefined : recordingsRemote({ origin, host, user, password, isRecording, log })
  return (): Recordings => {
    const is = kind()
    if (is === 'builtin') throw notSupported('the built-in call server does not record')
    const found = is === 'child' ? own : (shared ?? remote)
    if (found) return found
    throw notSupported(
      'this server cannot reach the recordings: who runs it sets galene.recordings_dir, or galene.recordings_user',
    )
  }
}

/** What Galene recorded, wherever it lies. */
export const createRecordings = (needs: RecordingsNeeds): Recordings => {
  const chosen = choose(needs)
  return {
    list: async (group) => chosen().list(group),
    open: async (group, name) => chosen().open(group, name),
    remove: async (group, name) => chosen().remove(group, name),
  }
}
