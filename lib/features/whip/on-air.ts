import type { CallDevice } from '../../protocol/channels.ts'
import type { Published } from '../../sfu/sfu.ts'
import type { WhipNeeds } from './needs.ts'
import * as queries from './queries.ts'

/** The stream of a key, as the media server knows it; undefined while there is none. */
export const publishedBy = ({
  slug,
  resource,
  resourceToken,
}: queries.KeyRow): Published | undefined =>
  resource === null || resourceToken === null
    ? undefined
    : { group: slug, resource, token: resourceToken }

type Stream = { slug: string; resource: string; device: CallDevice }

/** The devices that are known to publish. */
export const createOnAir = ({
  database: { db },
  sfu,
  devicesChanged,
}: Pick<WhipNeeds, 'database' | 'sfu' | 'devicesChanged'>) => {
  /** By key: each publishes one stream. */
  const streams = new Map<string, Stream>()
  const began = (
    { id, name, createdBy: by, slug }: queries.KeyRow,
    resource: string,
    since: string,
  ): void => {
    if (streams.get(id)?.resource === resource) return
    streams.set(id, { slug, resource, device: { id, name, by, since } })
    devicesChanged()
  }
  /** Nothing changes where another stream of the key has taken its place. */
  const ended = async (keyId: string, resource: string): Promise<void> => {
    await queries.ended(db, keyId, resource)
    if (streams.get(keyId)?.resource !== resource) return
    streams.delete(keyId)
    devicesChanged()
  }
  /** Whether a key publishes, as the media server says: a device that was cut off says nothing. */
  const isLive = async (key: queries.KeyRow): Promise<boolean> => {
    const published = publishedBy(key)
    if (!published) return false
    const { resource } = published
    const lives = await sfu()
      .whip.lives(published)
      // Nobody knows: what could still have to be ended is kept.
      .catch(() => undefined)
    if (lives === true) await mayBegin(key, resource)
    if (lives === false) await ended(key.id, resource)
    return lives === true
  }
  /** While the media server was asked, the stream may have ended here. */
  const mayBegin = async ({ id }: queries.KeyRow, resource: string): Promise<void> => {
    const key = await queries.keyById(db, id)
    // Without a beginning it has to end.
    if (key?.resource === resource && key.publishedAt) began(key, resource, key.publishedAt)
  }
  return {
    began,
    ended,
    isLive,
    /** The devices that publish into a channel's call, as far as is known. */
    devicesIn: (slug: string): CallDevice[] =>
      [...streams.values()].filter((one) => one.slug === slug).map(({ device }) => device),
    /** Asks the media server whether the streams that are known still run. */
    async look(): Promise<void> {
      await Promise.all((await queries.publishing(db)).map(isLive))
    },
  }
}
export type OnAir = ReturnType<typeof createOnAir>
