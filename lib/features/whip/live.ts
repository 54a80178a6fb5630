import { setTimeout as pause } from 'node:timers/promises'
import { PyriteError } from '../../platform/errors.ts'
import type { Published, Whip } from '../../sfu/sfu.ts'
import type { WhipNeeds } from './needs.ts'
import { isRevoked } from './queries.sqlite.ts'
import * as queries from './queries.ts'

/** How long a media server that calls leave may take to end the streams there. In milliseconds. */
const LEAVE_MS = 2_000

/** The stream of a key, as the media server knows it; undefined while there is none. */
export const publishedBy = ({ slug, resource, resourceToken }: queries.KeyRow) =>
  resource === null || resourceToken === null
    ? undefined
    : { group: slug, resource, token: resourceToken }

/** The streams that devices publish now, and ending them. */
export const liveStreams = ({ database: { db }, log, admit, sfu }: WhipNeeds) => {
  /** What the door of the call says to the person a key acts for. */
  const ask = async (key: queries.KeyRow): Promise<'yes' | 'locked' | 'no'> => {
    if (key.disabled === 1 || isRevoked(key)) return 'no'
    const { createdBy: userId, username, displayName, slug } = key
    const caller = { userId, username, displayName, sessionId: '', byCookie: false }
    const admission = await admit(caller, slug)
    if ('role' in admission) return admission.role === 'listener' ? 'no' : 'yes'
    return admission.error === 'locked' ? 'locked' : 'no'
  }
  /** Whether that person may present in the key's channel now. */
  const mayPublish = async (key: queries.KeyRow): Promise<boolean> => (await ask(key)) === 'yes'
  /** Whether what the key publishes may go on. A lock keeps newcomers out, and ends nothing. */
  const mayGoOn = async (key: queries.KeyRow): Promise<boolean> => (await ask(key)) !== 'no'
  /** Ends a stream that may be gone already; `at` is where it was published. */
  const end = async (
    keyId: string,
    published: Published,
    at: Pick<Whip, 'end'> = sfu().whip,
  ): Promise<void> => {
    try {
      await at.end(published)
    } catch (error) {
      if (!(error instanceof PyriteError)) throw error
      // A call server that does not answer carries no stream, or will be asked again by the next look.
      log.warn({ err: error, channel: published.group }, 'a published stream could not be ended')
      return
    }
    await queries.ended(db, keyId, published.resource)
  }
  const endOf = async (key: queries.KeyRow): Promise<void> => {
    const published = publishedBy(key)
    if (published) await end(key.id, published)
  }
  return {
    mayPublish,
    mayGoOn,
    end,
    endOf,
    /** Whether a key publishes, as the media server says: a device that was cut off says nothing. */
    async isLive(key: queries.KeyRow): Promise<boolean> {
      const published = publishedBy(key)
      if (!published) return false
      const lives = await sfu()
        .whip.lives(published)
        // Nobody knows: what could still have to be ended is kept.
        .catch(() => undefined)
      if (lives === false) await queries.ended(db, key.id, published.resource)
      return lives === true
    },
    /**
     * Calls have left this media server: streams end there, for else no device would notice, and are forgotten. One that does not
     * answer is not waited for.
     */
    async leave(before: Pick<Whip, 'end'>): Promise<void> {
      const leaveOne = async (key: queries.KeyRow) => {
        const published = publishedBy(key)
        if (!published) return
        await queries.ended(db, key.id, published.resource)
        await end(key.id, published, before)
      }
      const all = Promise.all((await queries.publishing(db)).map(leaveOne))
      await Promise.race([all, pause(LEAVE_MS, undefined, { ref: false })])
      await queries.deleteRevoked(db)
    },
    /** Ends what the devices of somebody publish, in one channel or in all: they were put out of the call. A device may begin again. */
    async endAllOf(userId: string, slug?: string): Promise<void> {
      await Promise.all((await queries.publishing(db, userId, slug)).map(endOf))
      await queries.deleteRevoked(db)
    },
    /** What somebody may do may have changed: ends what their devices may not publish any more. Without a person: anybody's. */
    async lookAgain(userId?: string, slug?: string): Promise<void> {
      const keys = await queries.publishing(db, userId, slug)
      await Promise.all(
        keys.map(async (key) => {
          if (!(await mayGoOn(key))) await endOf(key)
        }),
      )
      await queries.deleteRevoked(db)
    },
  }
}
export type LiveStreams = ReturnType<typeof liveStreams>
