import { createHash } from 'node:crypto'
import type { z } from 'zod'
import { PyriteError } from '../../platform/errors.ts'
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
import * as queries from './queries.ts'

/** A key is 256 random bits: a plain hash of it tells nothing. */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

const toKey = ({ id, name, createdBy, createdAt, publishedAt }: queries.KeyRow): WhipKey => ({
  id,
  name,
  createdBy,
  createdAt,
  publishing: publishedAt,
})

/** The keys of a channel, for those who manage it. Each throws `channels.not-found`, `not-allowed`. */
export const keyRules = (needs: WhipNeeds, live: LiveStreams) => {
  const { db, channels, sfu, now, newId, newSecret } = needs
  const mustManageChannel = async (userId: string, slug: string) =>
    mustManage(await channels.standing(userId, slug))

  return {
    async keys(userId: string, channelSlug: string): Promise<WhipKeyList> {
      const { channelId } = await mustManageChannel(userId, channelSlug)
      const rows = await queries.keysOf(db, channelId)
      const isLive = await Promise.all(rows.map(live.isLive))
      return { keys: rows.map((row, n) => toKey(isLive[n] ? row : { ...row, publishedAt: null })) }
    },

    /** The one answer with the secret in it. Throws `whip.too-many-keys`, `calls.not-supported`. */
    async createKey(
      userId: string,
      { channelSlug, name }: z.infer<typeof CreateWhipKey>,
    ): Promise<NewWhipKey> {
      const { channelId, slug } = await mustManageChannel(userId, channelSlug)
      if (!sfu().abilities().whip) {
        throw new PyriteError(
          'calls.not-supported',
          'the built-in call server takes no streams of devices: it needs a Galene',
        )
      }
      if ((await queries.keysOf(db, channelId)).length >= MAX_WHIP_KEYS) {
        throw new PyriteError('whip.too-many-keys', `a channel has at most ${MAX_WHIP_KEYS} keys`)
      }
      const secret = newSecret()
      const key = { id: newId(), name, createdBy: userId, createdAt: now().toISOString() }
      await queries.insertKey(db, { ...key, channelId, keyHash: hashOf(secret) })
      return { key: { ...key, publishing: null }, secret, path: `/whip/${slug}` }
    },

    /** What the key publishes ends at once. Throws `not-found`. */
    async revokeKey(
      userId: string,
      { channelSlug, keyId }: z.infer<typeof OneWhipKey>,
    ): Promise<Record<string, never>> {
      const { channelId } = await mustManageChannel(userId, channelSlug)
      const key = await queries.keyById(db, channelId, keyId)
      if (!key) throw new PyriteError('not-found', 'there is no such key')
      await queries.revoke(db, key.id)
      await live.endOf(key)
      await queries.deleteRevoked(db)
      return {}
    },
  }
}
export type KeyRules = ReturnType<typeof keyRules>
