import { PyriteError } from '../../platform/errors.ts'
import { countAttempts, networkOf } from '../../platform/http/attempts.ts'
import { ratePerPerson } from '../../platform/ws/rate.ts'
import type { Published, Whip, WhipAnswer, WhipRequest } from '../../sfu/sfu.ts'
import { hashOf, keyRules } from './keys.ts'
import { type LiveStreams, liveStreams } from './live.ts'
import type { WhipNeeds } from './needs.ts'
import { publishedBy } from './on-air.ts'
import * as queries from './queries.ts'
import { turns } from './turns.ts'

/** A key that was found good for its channel, a moment ago. */
export type GoodKey = queries.KeyRow

const badKey = () => new PyriteError('whip.bad-key', 'this key is not good for this channel')
const refused = (why: string) => new PyriteError('whip.refused', why)
const noStream = () => new PyriteError('not-found', 'there is no such stream')

const BEARER = /^Bearer +([A-Za-z0-9_-]{20,128}) *$/i

/** Bad keys from one network: more than a few forgotten devices try. Nobody guesses a key, and good ones do not wait for bad ones. */
const BAD_KEYS = { most: 60, windowSeconds: 60, what: 'bad keys' }

/** How fast one key may be used, so that a device gone wild is slowed down here and not at the media server. */
const rates = (now: () => Date) => {
  const clock = () => now().getTime()
  const message = 'this key is used faster than this server allows'
  return {
    publish: ratePerPerson({ perSecond: 0.5, burst: 10, now: clock, message }),
    touch: ratePerPerson({ perSecond: 10, burst: 100, now: clock, message }),
    describe: ratePerPerson({ perSecond: 0.5, burst: 10, now: clock, message }),
  }
}

/** Why the media server did not take an offer, for whoever set up the device. */
const refusalIn = ({ status }: WhipAnswer): PyriteError => {
  if (status >= 500 || status === 400) {
    return new PyriteError('malformed', 'the call server cannot take this offer')
  }
  return refused('the call takes no stream now: it may be full or locked')
}

/** What every fragment begins with (RFC 8840): whose state of the stream it is about. */
const CREDENTIALS = [
  /^a=ice-ufrag:[A-Za-z0-9+/]{4,256}\r?$/m,
  /^a=ice-pwd:[A-Za-z0-9+/]{22,256}\r?$/m,
]
/** Galene takes a fragment without them for a restart, fails, and restarts that stream never again. */
const mustBeFragment = (body: Buffer): void => {
  const text = body.toString('latin1')
  if (CREDENTIALS.every((line) => line.test(text))) return
  throw new PyriteError('malformed', 'a fragment needs a=ice-ufrag and a=ice-pwd')
}

/** Galene answers 500 to a fragment that it cannot read, and nothing above that by itself. */
const mustBeTaken = ({ status }: WhipAnswer): void => {
  if (status === 400 || status === 500) {
    throw new PyriteError('malformed', 'the call server cannot take this fragment')
  }
  if (status > 500) throw new PyriteError('calls.no-answer', 'the call server does not answer')
}

const keyChecking = ({ database: { db } }: WhipNeeds, live: LiveStreams) => {
  const badKeys = countAttempts(BAD_KEYS)
  /**
   * The key that a request from this address carries, which may do this now. Throws `whip.bad-key`, `whip.refused`,
   * `too-many-requests`.
   */
  return async (
    authorization: string | undefined,
    slug: string,
    address: string,
    may: 'mayPublish' | 'mayGoOn' = 'mayPublish',
  ) => {
    const secret = BEARER.exec(authorization ?? '')?.[1]
    if (secret === undefined) throw badKey()
    const key = await queries.keyByHash(db, hashOf(secret), slug)
    if (!key) {
      await badKeys.take(networkOf(address))
      throw badKey()
    }
    if (await live[may](key)) return key
    throw refused('whoever made this key may not present in this channel now')
  }
}

/** Devices that publish into calls: each with a key, which stands for the person who made it. */
export const whipRules = (needs: WhipNeeds) => {
  const { sfu, now, log } = needs
  const { db } = needs.database
  const live = liveStreams(needs)
  const rate = rates(now)
  const inTurn = turns()
  const mustHaveKey = keyChecking(needs, live)

  /**
   * Keeps a stream that has just begun, in the place of an earlier one of the key; ends it where the key was revoked meanwhile, or
   * calls moved away.
   */
  const keep = async (key: queries.KeyRow, published: Published, at: Whip): Promise<void> => {
    const { resource, token } = published
    const current = { resource, token, at: now().toISOString() }
    const isThere = await queries.began(db, key, current)
    if (sfu().whip !== at) {
      await live.end(key.id, published, at)
      throw new PyriteError('calls.no-answer', 'calls move to another call server: publish again')
    }
    if (isThere) live.began(key, resource, current.at)
    await live.endOf(key)
    if (!isThere || !(await live.mayPublish(key))) {
      await live.end(key.id, published)
      throw badKey()
    }
    log.info({ channel: key.slug, key: key.id }, 'a device publishes')
  }

  /** OBS shows nothing of an answer but that there was an error: what to do about it stands in the log as well. */
  const tellOf = (error: unknown, { slug: channel, id: key }: queries.KeyRow): never => {
    if (error instanceof PyriteError && error.code === 'whip.unsupported-codec') {
      log.warn({ channel, key }, error.message)
    }
    throw error
  }

  return {
    ...keyRules(needs, live),
    lookAgain: live.lookAgain,
    endAllOf: live.endAllOf,
    leave: live.leave,
    look: live.look,
    devicesIn: live.devicesIn,
    close: live.close,
    mustHaveKey,

    /** Publishes a stream and answers its name. Throws `whip.refused`, `whip.unsupported-codec`, `malformed`, `calls.no-answer`, `calls.not-supported`. */
    async publish(key: queries.KeyRow, request: WhipRequest) {
      rate.publish(key.id)
      return await inTurn(key.id, async () => {
        // Looked up anew: another request may have published by this key before.
        const current = await queries.keyByHash(db, key.keyHash, key.slug)
        if (!current) throw badKey()
        const { whip: at } = sfu()
        const { published, ...answer } = await at
          .publish(current.slug, current.name, request)
          .catch((error: unknown) => tellOf(error, current))
        if (!published) throw refusalIn(answer)
        await keep(current, published, at)
        return { ...answer, resource: published.resource }
      })
    },

    /** Candidates, a restart, or the end of the stream that this key publishes. Throws `not-found`, `malformed`, `calls.no-answer`. */
    async touch(key: queries.KeyRow, resource: string, request: WhipRequest): Promise<WhipAnswer> {
      rate.touch(key.id)
      const published = publishedBy(key)
      if (published?.resource !== resource) throw noStream()
      if (request.request.method === 'PATCH') mustBeFragment(request.body)
      const answer = await sfu().whip.forward(published, request)
      const { status } = answer
      const isOver = status === 404 || (request.request.method === 'DELETE' && status < 300)
      if (isOver) await live.ended(key.id, resource)
      if (status === 404) throw noStream()
      mustBeTaken(answer)
      return answer
    },

    /** What a device should know before it publishes: servers for ICE. */
    describe: (key: queries.KeyRow, request: WhipRequest): Promise<WhipAnswer> => {
      rate.describe(key.id)
      return sfu().whip.describe(key.slug, request)
    },
  }
}
export type WhipRules = ReturnType<typeof whipRules>
