import type { Log } from '../../platform/log.ts'
import type { SfuHealth } from '../sfu.ts'

export type StatusNeeds = {
  kind: SfuHealth['kind']
  description: string
  now: () => Date
  log: Log
  /** One look at the SFU: does it answer its protocol? Never rejects. */
  check: () => Promise<boolean>
  /** Reachability changed. */
  changed: (isReachable: boolean) => void
}

const CALM_MS = 5_000
const WATCHFUL_MS = 500

/**
 * Whether the SFU answers. Looks every five seconds, twice a second while it does not answer, and at once when asked to.
 * One look at a time.
 */
export const createStatus = (needs: StatusNeeds) => {
  const { kind, description, now, log } = needs
  let health: SfuHealth = { kind, description, reachable: false, checkedAt: now() }
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<boolean> | undefined
  let isRunning = false

  const look = async (): Promise<boolean> => {
    const reachable = await needs.check()
    const { reachable: before, since = now() } = health
    health = { kind, description, reachable, checkedAt: now(), ...(reachable && { since }) }
    looking = undefined
    plan()
    if (reachable !== before) {
      log.info({ reachable, sfu: description }, 'the reachability of the SFU changed')
      needs.changed(reachable)
    }
    return reachable
  }
  const checkNow = (): Promise<boolean> => {
    clearTimeout(timer)
    looking ??= look()
    return looking
  }
  const plan = () => {
    clearTimeout(timer)
    if (isRunning) {
      timer = setTimeout(() => void checkNow(), health.reachable ? CALM_MS : WATCHFUL_MS).unref()
    }
  }
  return {
    health: () => health,
    checkNow,
    start() {
      isRunning = true
      return checkNow()
    },
    stop() {
      isRunning = false
      clearTimeout(timer)
    },
  }
}
export type Status = ReturnType<typeof createStatus>
