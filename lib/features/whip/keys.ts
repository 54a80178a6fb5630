import { createHash } from 'node:crypto'
import type { z } from 'zod'
import { PyriteError } from '../../platform/errors.ts'
import { ratePerPerson } from '../../platform/ws/rate.ts'
import { MAX_WHIP_KEYS } from '../../protocol/limits.ts'
import type {
  CreateWhipKey,
  NewWhipKey,
  OneWhipKey,
  WhipKey,
  WhipKeyList,
} from '../../protocol/recordings.ts'
import { mustManage } from '../channels/index.ts'
import type { LiveStreams } from './live.ts'
import type { WhipNeeds } from './needs.ts'
import { publishedBy } from './on-air.ts'
import * as stored from './queries.sqlite.ts'
import * as queries from './queries.ts'

/** Keys one person may make and revoke. */
const KEY_CHANGES = { perSecond: 0.5, burst: 40 }

/** A key is 256 random bits: a plain hash of it tells nothing. */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

const notSupported = () =>
  new PyriteError(
    'calls.not-supported',
    'the built-in call server takes no streams of devices: it needs a Galene',
  )

const toKey = ({ id, name, createdBy, createdAt, publishedAt }: queries.KeyRow): WhipKey => ({
  id,
  name,
  createdBy,
  createdAt,
  publishing: publishedAt,
})

/** The keys of a channel, for those who manage it. Each throws `channels.not-found`, `not-allowed`; making and revoking `moderation.timed-out`. */
export const keyRules = (needs: WhipNeeds, live: LiveStreams) => {
  const { channels, sfu, log, now, newId, newSecret } = needs
  const mustBeSlow = ratePerPerson({
    ...KEY_CHANGES,
    now: () => now().getTime(),
    message: 'you make and revoke keys faster than this server allows',
  })
  const { db, write } = needs.database

  return {
    async keys(userId: string, channelSlug: string): Promise<WhipKeyList> {
      const { channelId } = mustManage(await channels.standing(userId, channelSlug))
      const rows = await queries.keysOf(db, channelId)
      const isLive = await Promise.all(rows.map(live.isLive))
      return { keys: rows.map((row, n) => toKey(isLive[n] ? row : { ...row, publishedAt: null })) }
    },

    /** The one answer with the secret in it. Throws `whip.too-many-keys`, `calls.not-supported`. */
    async createKey(
      userId: string,
      { channelSlug, name }: z.infer<typeof CreateWhipKey>,
    ): Promise<NewWhipKey> {
      mustBeSlow(userId)
      const isPossible = sfu().abilities().whip
      const secret = newSecret()
      const key = { id: newId(), name, createdBy: userId, createdAt: now().toISOString() }
      const { slug } = await write((sqlite) => {
        const place = channels.mustManage(sqlite, userId, channelSlug)
        const { channelId } = place
        if (!isPossible) throw notSupported()
        if (stored.countKeys(sqlite, channelId) >= MAX_WHIP_KEYS) {
          throw new PyriteError('whip.too-many-keys', `a channel has at most ${MAX_WHIP_KEYS} keys`)
        }
        stored.insertKey(sqlite, { ...key, channelId, keyHash: hashOf(secret) })
        return place
      })
      return { key: { ...key, publishing: null }, secret, path: `/whip/${slug}` }
    },

    /** What the key publishes ends at once. Throws `not-found`. */
    async revokeKey(
      userId: string,
      { channelSlug, keyId }: z.infer<typeof OneWhipKey>,
    ): Promise<Record<string, never>> {
      mustBeSlow(userId)
      await write((sqlite) => {
        const { channelId } = channels.mustManage(sqlite, userId, channelSlug)
        if (stored.revokeKey(sqlite, channelId, keyId)) return
        throw new PyriteError('not-found', 'there is no such key')
      })
      const key = await queries.keyById(db, keyId)
      if (key) await live.endOf(key)
      await queries.deleteRevoked(db)
      return {}
    },

    /** Ends what the key publishes, if it does; it may publish again. Throws `not-found`, `calls.no-answer`. */
    async endStream(
      userId: string,
      { channelSlug, keyId }: z.infer<typeof OneWhipKey>,
    ): Promise<Record<string, never>> {
      const { slug } = await channels.mustManageNow(userId, channelSlug)
      mustBeSlow(userId)
      const key = await queries.keyById(db, keyId)
      if (key?.slug !== slug) throw new PyriteError('not-found', 'there is no such key')
      const published = publishedBy(key)
      if (!published) return {}
      await sfu().whip.end(published)
      await live.ended(keyId, published.resource)
      log.info({ channel: slug, key: keyId, by: userId }, 'a published stream was ended')
      return {}
    },
  }
}
export type KeyRules = ReturnType<typeof keyRules>
