import { join } from 'node:path'
import type { WebSocket } from 'ws'
import type { Log } from '../../../platform/log.ts'
import { type GaleneHttp, handshakeProblem, takeLeave } from '../wire/galene-http.ts'
import { createStatus } from '../wire/status.ts'
import type { Connecting } from '../wire/tls.ts'
import { recogniseVersion } from '../wire/versions.ts'
import type { Choice } from './choose.ts'
import { SfuProcess } from './process.ts'

export type WatchNeeds = {
  choice: Choice
  dataFolder: string
  log: Log
  now: () => Date
  connecting: Connecting
  http: Pick<GaleneHttp, 'ask'>
  /** Reachability changed. */
  changed: (isReachable: boolean) => void
  /** A supervised SFU ended: everybody on it is gone. */
  gone: () => void
}

/** Looks in a row that found a living child silent, until it is replaced. */
const SILENT_LOOKS = 3

/** One that ended sooner was cut by what stands before the server, if more of them were. Milliseconds. */
const SHORT_MS = 1_000
/** Short ones in a row that still tell of a server that is gone. */
const MOST_SHORT = 2

/**
 * Holds on to one silent connection, until it is given the next: its end tells of a server that is gone, also of one that is back
 * before anybody looks, perhaps as another one. Where every one is cut at once, their ends tell nothing.
 */
export const createThread = (isBroken: () => void, now = () => performance.now()) => {
  let held: WebSocket | undefined
  let short = 0
  let isOver = false
  return {
    hold(socket: WebSocket) {
      if (isOver) return takeLeave(socket)
      if (held) takeLeave(held)
      held = socket
      const since = now()
      socket.once('close', () => {
        if (held !== socket) return
        held = undefined
        short = now() - since < SHORT_MS ? short + 1 : 0
        if (short <= MOST_SHORT) isBroken()
      })
    },
    /** Lets go, and holds none any more. */
    letGo() {
      isOver = true
      const last = held
      held = undefined
      last?.terminate()
    },
  }
}

/** The SFU itself: where it answers, whether it does, and, where it is ours to run, its process. */
export const watchServer = (needs: WatchNeeds) => {
  const { choice, dataFolder, log, now, connecting, changed, gone } = needs
  let silentLooks = 0
  let hasBeenUp = false
  const child =
    'run' in choice
      ? new SfuProcess({
          run: choice.run,
          log,
          pidFile: join(dataFolder, 'sfu.pid'),
          check: async (url) => (await handshakeProblem(url, connecting)) === undefined,
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

  const check = async (): Promise<string | undefined> => {
    // Of a child's end its process tells.
    const problem = await handshakeProblem(url(), connecting, child ? takeLeave : thread.hold)
    silentLooks = problem === undefined ? 0 : silentLooks + 1
    if (silentLooks >= SILENT_LOOKS && hasBeenUp) {
      silentLooks = 0
      child?.replace()
    }
    return problem
  }
  const { kind, description } = choice
  const thread = createThread(() => void status.checkNow({ afterLoss: true }))
  const recognise = () => recogniseVersion(needs.http)
  const status = createStatus({ kind, description, now, log, check, recognise, changed })
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
      thread.letGo()
      await child?.stop()
    },
  }
}
