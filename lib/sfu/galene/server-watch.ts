import { join } from 'node:path'
import type { Log } from '../../platform/log.ts'
import type { Choice } from './choose.ts'
import { answersHandshake } from './galene-http.ts'
import { SfuProcess } from './process.ts'
import { createStatus } from './status.ts'

export type WatchNeeds = {
  choice: Choice
  dataFolder: string
  log: Log
  now: () => Date
  /** Reachability changed. */
  changed: (isReachable: boolean) => void
  /** A supervised SFU ended: everybody on it is gone. */
  gone: () => void
}

/** Looks in a row that found a living child silent, until it is replaced. */
const SILENT_LOOKS = 3

/** The SFU itself: where it answers, whether it does, and, where it is ours to run, its process. */
export const watchServer = ({ choice, dataFolder, log, now, changed, gone }: WatchNeeds) => {
  let silentLooks = 0
  let hasBeenUp = false
  const child =
    'run' in choice
      ? new SfuProcess({
          run: choice.run,
          log,
          pidFile: join(dataFolder, 'sfu.pid'),
          check: answersHandshake,
          gone: () => {
            hasBeenUp = false
            gone()
            void status.checkNow()
          },
          up: () => {
            hasBeenUp = true
            silentLooks = 0
            void status.checkNow()
          },
        })
      : undefined
  const url = (): string => ('url' in choice ? choice.url : (child?.url() ?? ''))

  const check = async (): Promise<boolean> => {
    const answers = await answersHandshake(url())
    silentLooks = answers ? 0 : silentLooks + 1
    if (silentLooks >= SILENT_LOOKS && hasBeenUp) {
      silentLooks = 0
      child?.replace()
    }
    return answers
  }
  const { kind, description } = choice
  const status = createStatus({ kind, description, now, log, check, changed })
  return {
    url,
    health: status.health,
    checkNow: () => void status.checkNow(),
    async start(): Promise<void> {
      await child?.start()
      await status.start()
    },
    async stop(): Promise<void> {
      status.stop()
      await child?.stop()
    },
  }
}
