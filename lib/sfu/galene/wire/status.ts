import type { Log } from '../../../platform/log.ts'
import type { SfuHealth } from '../../sfu.ts'
import { type GaleneVersion, versionProblem } from './versions.ts'

export type StatusNeeds = {
  kind: SfuHealth['kind']
  description: string
  now: () => Date
  log: Log
  /** One look at the SFU: why it does not answer its protocol, '' where it says nothing at all, undefined where it does. Never rejects. */
  check: () => Promise<string | undefined>
  /** Asks an SFU that answers for its version. May reject. */
  recognise: () => Promise<GaleneVersion>
  /** Reachability, or what is known of the SFU, changed. */
  changed: (isReachable: boolean) => void
}

const CALM_MS = 5_000
const WATCHFUL_MS = 500

/**
 * Whether the SFU answers. Looks every five seconds, twice a second while it does not answer, and at once when asked to.
 * One look at a time. The version is asked for each time that it answers anew.
 */
export const createStatus = (needs: StatusNeeds) => {
  const { kind, description, now, log } = needs
  let version: GaleneVersion | undefined
  const unseen = (): SfuHealth => ({ kind, description, reachable: false, checkedAt: now() })
  let health = unseen()
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<boolean> | undefined
  let phase: 'new' | 'running' | 'stopped' = 'new'
  let isAnother = false
  const tell = (reachable: boolean) => phase === 'stopped' || needs.changed(reachable)

  const note = (reachable: boolean, reason: string | undefined) => {
    const problem = reason || (version && versionProblem(version))
    const { since = now() } = health
    health = {
      ...{ kind, description, reachable, checkedAt: now() },
      ...(reachable && { since }),
      ...(version && { version: version.name }),
      ...(problem && { problem }),
    }
  }

  const recognise = async () => {
    try {
      version = await needs.recognise()
    } catch {
      // It went silent again meanwhile: the next look says so.
      return
    }
    note(health.reachable, undefined)
    const what = { sfu: description, version: version.name }
    if (health.problem) log.warn(what, 'this version of the SFU is not supported')
    else log.info(what, 'the version of the SFU')
    tell(health.reachable)
  }

  const look = async (): Promise<boolean> => {
    const reason = await needs.check()
    const reachable = reason === undefined
    const before = isAnother ? undefined : health
    if (isAnother) [isAnother, version, health] = [false, undefined, unseen()]
    note(reachable, reason)
    looking = undefined
    plan()
    if (reachable !== before?.reachable || health.problem !== before.problem) {
      const { problem } = health
      log.info({ reachable, problem, sfu: description }, 'the reachability of the SFU changed')
      tell(reachable)
    }
    if (!reachable) version = undefined
    else if (!version && kind !== 'builtin') void recognise()
    return reachable
  }
  /** `afterLoss`: what answered is gone, and what answers now may be another one, however soon. */
  const checkNow = ({ afterLoss = false } = {}): Promise<boolean> => {
    isAnother ||= afterLoss
    clearTimeout(timer)
    looking ??= look()
    return looking
  }
  const plan = () => {
    clearTimeout(timer)
    if (phase === 'running') {
      timer = setTimeout(() => void checkNow(), health.reachable ? CALM_MS : WATCHFUL_MS).unref()
    }
  }
  return {
    health: () => health,
    checkNow,
    start() {
      phase = 'running'
      return checkNow()
    },
    /** A look that is under way tells nothing any more. */
    stop() {
      phase = 'stopped'
      clearTimeout(timer)
    },
  }
}
export type Status = ReturnType<typeof createStatus>
