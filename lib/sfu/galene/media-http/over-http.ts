import type { Config } from '../../../platform/config/schema.ts'
import type { Log } from '../../../platform/log.ts'
import type { Sfu, SfuHealth, SfuListener } from '../../sfu.ts'
import type { Connecting } from '../wire/tls.ts'
import type { Tokens } from '../wire/tokens.ts'
import { createRecordings } from './recordings.ts'
import { createWhip } from './whip.ts'

export type OverHttpNeeds = {
  config: Pick<Config, 'sfu' | 'galene'>
  server: { url: () => string; health: () => SfuHealth }
  connecting: Pick<Connecting, 'agent'>
  tokens: Tokens
  /** Waits until the file of a group is in step. */
  settled: (group: string) => Promise<void>
  isRecording: (group: string) => boolean
  log: Log
}

/** What a Galene does beside its WebSocket, and the built-in SFU does not: it records, and takes streams over HTTP. */
export const createOverHttp = ({
  server,
  connecting,
  ...needs
}: OverHttpNeeds): Pick<Sfu, 'origin' | 'abilities' | 'recordings' | 'whip'> => {
  const origin = () => ({ url: server.url(), agent: connecting.agent })
  const kind = () => server.health().kind
  return {
    origin,
    abilities() {
      const isGalene = kind() !== 'builtin'
      return { record: isGalene, whip: isGalene }
    },
    recordings: createRecordings({ ...needs, origin, kind }),
    whip: createWhip({ ...needs, origin, kind }),
  }
}

type Ending = Pick<Sfu, 'end' | 'accessChanged'>

/** What ends a person's connections, or asks for their rights again, concerns the streams of their devices as well. */
export const withDevices = <Acts extends Ending>(
  acts: Acts,
  {
    rightsChanged = () => undefined,
    personEnded = () => undefined,
  }: Pick<SfuListener, 'rightsChanged' | 'personEnded'>,
): Acts => ({
  ...acts,
  end(which, reason) {
    const { userId, group } = which
    if (userId !== undefined) personEnded({ userId, group })
    return acts.end(which, reason)
  },
  accessChanged(group, userId, words) {
    rightsChanged({ userId, group })
    acts.accessChanged(group, userId, words)
  },
})
