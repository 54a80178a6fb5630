import { setTimeout as pause } from 'node:timers/promises'
import { PyriteError } from '../../platform/errors.ts'
import type { Published, Whip } from '../../sfu/sfu.ts'
import type { WhipNeeds } from './needs.ts'
import { createOnAir, type OnAir, publishedBy } from './on-air.ts'
import { isRevoked } from './queries.sqlite.ts'
import * as queries from './queries.ts'

/** How long a media server that calls leave may take to end the streams there. In milliseconds. */
const LEAVE_MS = 2_000
/** How soon what could not be ended is tried again, at first and at last. Milliseconds. */
const AGAIN_MS = 1_000
const MOST_AGAIN_MS = 8_000

/** Whether what a key publishes has to end, whatever its person may do now: they were put out while it ran. */
const hasToEnd = ({ resource, publishedAt }: queries.KeyRow): boolean =>
  resource !== null && publishedAt === null

/** What the door of the call says to the person a key acts for. */
const asking = (admit: WhipNeeds['admit']) => {
  const ask = async (key: queries.KeyRow): Promise<'yes' | 'locked' | 'no'> => {
    if (key.disabled === 1 || isRevoked(key)) return 'no'
    const { createdBy: userId, username, displayName, slug } = key
    const caller = { userId, username, displayName, sessionId: '', byCookie: false }
    const admission = await admit(caller, slug)
    if ('role' in admission) return admission.role === 'listener' ? 'no' : 'yes'
    return admission.error === 'locked' ? 'locked' : 'no'
  }
  return {
    /** Whether that person may present in the key's channel now. */
    mayPublish: async (key: queries.KeyRow): Promise<boolean> => (await ask(key)) === 'yes',
    /** Whether what the key publishes may go on. A lock keeps newcomers out, and ends nothing. */
    mayGoOn: async (key: queries.KeyRow): Promise<boolean> => (await ask(key)) !== 'no',
  }
}

/** Ending streams. What a media server that does not answer carries on is told to `failed`. */
const ending = ({ log, sfu }: WhipNeeds, onAir: OnAir, failed: () => void) => {
  /** What could not be ended yet. */
  const failing = new Set<string>()
  /** Ends a stream that may be gone already; `at` is where it was published. */
  const end = async (
    keyId: string,
    published: Published,
    at: Pick<Whip, 'end'> = sfu().whip,
  ): Promise<void> => {
    const { resource, group: channel } = published
    try {
      await at.end(published)
    } catch (err) {
      if (!(err instanceof PyriteError)) throw err
      const level = failing.has(resource) ? 'debug' : 'warn'
      failing.add(resource)
      log[level]({ err, channel }, 'a published stream could not be ended')
      failed()
      return
    }
    failing.delete(resource)
    await onAir.ended(keyId, resource)
  }
  const endOf = async (key: queries.KeyRow): Promise<void> => {
    const published = publishedBy(key)
    if (published) await end(key.id, published)
  }
  return { end, endOf }
}

/** Does something again a while after it failed, once for all that failed meanwhile, ever later, until that is stopped. */
const createRetry = (again: () => Promise<void>, onBug: (error: unknown) => void) => {
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  let waitMs = AGAIN_MS
  const run = async () => {
    timer = undefined
    waitMs = Math.min(waitMs * 2, MOST_AGAIN_MS)
    await again().catch((error: unknown) => isStopped || onBug(error))
    if (!timer) waitMs = AGAIN_MS
  }
  return {
    soon() {
      if (!isStopped) timer ??= setTimeout(() => void run(), waitMs).unref()
    },
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

/** The streams that devices publish now, and ending them. What could not be ended is tried again, until `close`. */
export const liveStreams = (needs: WhipNeeds) => {
  const { onBug } = needs
  const { db } = needs.database
  const { mayPublish, mayGoOn } = asking(needs.admit)
  const retry = createRetry(() => lookAgain(), onBug)
  const onAir = createOnAir(needs)
  const { end, endOf } = ending(needs, onAir, retry.soon)
  /** What somebody may do may have changed: ends what their devices may not publish any more. Without a person: anybody's. */
  const lookAgain = async (userId?: string, slug?: string): Promise<void> => {
    const keys = await queries.publishing(db, userId, slug)
    const look = async (key: queries.KeyRow) => {
      if (hasToEnd(key) || !(await mayGoOn(key))) await endOf(key)
    }
    await Promise.all(keys.map(look))
    await queries.deleteRevoked(db)
  }
  return {
    ...onAir,
    mayPublish,
    mayGoOn,
    end,
    endOf,
    lookAgain,
    close: retry.stop,
    /**
     * Calls have left this media server: streams end there, for else no device would notice, and are forgotten. One that does not
     * answer is not waited for.
     */
    async leave(before: Pick<Whip, 'end'>): Promise<void> {
      const leaveOne = async (key: queries.KeyRow) => {
        const published = publishedBy(key)
        if (!published) return
        await onAir.ended(key.id, published.resource)
        await end(key.id, published, before)
      }
      const all = Promise.all((await queries.publishing(db)).map(leaveOne))
      await Promise.race([all, pause(LEAVE_MS, undefined, { ref: false })])
      await queries.deleteRevoked(db)
    },
    /** Ends what the devices of somebody publish, in one channel or in all: they were put out of the call. A device may begin again. */
    async endAllOf(userId: string, slug?: string): Promise<void> {
      const putOut = async (key: queries.KeyRow) => {
        if (key.resource !== null) await queries.mustEnd(db, key.id, key.resource)
        await endOf(key)
      }
      await Promise.all((await queries.publishing(db, userId, slug)).map(putOut))
      await queries.deleteRevoked(db)
    },
  }
}
export type LiveStreams = ReturnType<typeof liveStreams>
