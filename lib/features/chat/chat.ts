import type { z } from 'zod'
import type { Config } from '../../platform/config/schema.ts'
import type { Sqlite } from '../../platform/db/index.ts'
import type { Database } from '../../platform/db/open.ts'
import { PyriteError } from '../../platform/errors.ts'
import type { Hub } from '../../platform/ws/hub.ts'
import { ratePerPerson } from '../../platform/ws/rate.ts'
import type { ChannelRole } from '../../protocol/channels.ts'
import type {
  DeleteMessage,
  EditMessage,
  MarkRead,
  Message,
  PostMessage,
  ReadPosition,
} from '../../protocol/chat.ts'
import { type Channels, noSuchChannel, topicOf } from '../channels/index.ts'
import * as stored from './queries.sqlite.ts'
import { chatReads } from './reads.ts'
import { readText } from './text.ts'
import { createThrottle } from './throttle.ts'

export type ChatNeeds = {
  database: Pick<Database, 'db' | 'write'>
  hub: Pick<Hub, 'publish' | 'tell'>
  channels: Pick<Channels, 'mustBeMember'>
  /** What moderation says of writing, asked within a write job. `mustWrite` throws. */
  ledger: {
    mustWrite(sqlite: Sqlite, who: { channelId: number; userId: string; role: ChannelRole }): void
    /** Why somebody is not in a channel that they see, where a ban is why. */
    banOf(sqlite: Sqlite, slug: string, userId: string): PyriteError | undefined
  }
  config: Config['chat']
  now: () => Date
  newId: () => string
}

/** How often one person's typing in one channel is told. */
const TYPING_EVERY_MS = 1_000

/** Who may be here, and who may write here; all within a write job. */
const places = ({ ledger }: Pick<ChatNeeds, 'ledger'>) => {
  const mustBeIn = (sqlite: Sqlite, userId: string, slug: string): stored.Place => {
    const place = stored.placeOf(sqlite, userId, slug)
    if (!place) throw ledger.banOf(sqlite, slug, userId) ?? noSuchChannel()
    return place
  }
  return {
    mustBeIn,
    mustWrite(sqlite: Sqlite, userId: string, slug: string): stored.Place {
      const place = mustBeIn(sqlite, userId, slug)
      const { channelId, role } = place
      if (role === 'listener') throw new PyriteError('chat.listener', 'you may only read here')
      ledger.mustWrite(sqlite, { channelId, userId, role })
      return place
    },
  }
}
const noSuchMessage = () => new PyriteError('not-found', 'there is no such message')

/** Tells a change that is stored. Called in the turn its commit was answered, so pushes leave in the order of `rev`. */
const teller =
  (hub: ChatNeeds['hub']) =>
  (channelId: number, message: Message): Message => {
    hub.publish(topicOf(channelId), 'chat.message', message)
    return message
  }

const posting = (needs: ChatNeeds) => {
  const {
    database: { write },
    hub,
    config,
    now,
    newId,
  } = needs
  const { mustWrite } = places(needs)
  const tell = teller(hub)
  const mustBeSlow = ratePerPerson({
    perSecond: config.posts_per_second,
    burst: config.posts_burst,
    now: () => now().getTime(),
    message: 'you write faster than this server allows',
  })
  return {
    /** Throws `channels.not-found`, `chat.listener`, `chat.too-long`, `malformed`, `too-many-requests`, `moderation.*`. The same `clientId` again answers the first message. */
    async post(
      authorId: string,
      { channelSlug, clientId, text: typed }: PostMessage,
    ): Promise<Message> {
      mustBeSlow(authorId)
      const { kind, text } = readText(typed)
      const id = newId()
      const postedAt = now().toISOString()
      const { place, message, isNew } = await write((sqlite) => {
        const place = mustWrite(sqlite, authorId, channelSlug)
        const message: Message = {
          id,
          channelSlug: place.slug,
          seq: place.lastSeq + 1,
          rev: place.lastRev + 1,
          authorId,
          clientId,
          kind,
          text,
          postedAt,
          editedAt: null,
          deletedAt: null,
        }
        if (stored.insertMessage(sqlite, place, message)) return { place, message, isNew: true }
        const first = stored.findByClientId(sqlite, place, authorId, clientId)
        return { place, message: first ?? message, isNew: false }
      })
      return isNew ? tell(place.channelId, message) : message
    },

    /** Throws as `post` does, and `not-found` (unknown or deleted), `chat.not-yours`. */
    async edit(
      userId: string,
      { channelSlug, messageId, text: typed }: z.infer<typeof EditMessage>,
    ): Promise<Message> {
      mustBeSlow(userId)
      const { kind, text } = readText(typed)
      const editedAt = now().toISOString()
      const { place, message } = await write((sqlite) => {
        const place = mustWrite(sqlite, userId, channelSlug)
        const before = stored.findMessage(sqlite, place, messageId)
        if (!before || before.deletedAt !== null) throw noSuchMessage()
        if (before.authorId !== userId) {
          throw new PyriteError('chat.not-yours', 'only its author may edit a message')
        }
        const message: Message = { ...before, rev: place.lastRev + 1, kind, text, editedAt }
        stored.updateMessage(sqlite, place, message)
        return { place, message }
      })
      return tell(place.channelId, message)
    },
  }
}

const removing = ({ database: { write }, hub, ledger, now }: ChatNeeds) => {
  const { mustBeIn } = places({ ledger })
  const tell = teller(hub)
  const mustModerate = (sqlite: Sqlite, userId: string, { channelId, role }: stored.Place) => {
    if (role !== 'moderator' && !stored.isAdmin(sqlite, userId)) {
      throw new PyriteError('chat.not-yours', 'only its author or a moderator may delete it')
    }
    ledger.mustWrite(sqlite, { channelId, userId, role })
  }
  return {
    /**
     * Empties a message and keeps its place. Who has to be silent may still take back what they said themselves. Throws `channels.not-found`,
     * `not-found`, `chat.not-yours`, `moderation.timed-out`.
     */
    async remove(
      userId: string,
      { channelSlug, messageId }: z.infer<typeof DeleteMessage>,
    ): Promise<Message> {
      const deletedAt = now().toISOString()
      const { place, message, isNew } = await write((sqlite) => {
        const place = mustBeIn(sqlite, userId, channelSlug)
        const before = stored.findMessage(sqlite, place, messageId)
        if (!before) throw noSuchMessage()
        if (before.authorId !== userId) mustModerate(sqlite, userId, place)
        if (before.deletedAt !== null) return { place, message: before, isNew: false }
        const message: Message = { ...before, rev: place.lastRev + 1, text: '', deletedAt }
        stored.updateMessage(sqlite, place, message)
        return { place, message, isNew: true }
      })
      return isNew ? tell(place.channelId, message) : message
    },
  }
}

const attending = ({ database: { write }, hub, ledger, now }: ChatNeeds) => {
  const { mustBeIn, mustWrite } = places({ ledger })
  const mayTell = createThrottle(TYPING_EVERY_MS, () => now().getTime())
  return {
    /** Moves my read position forward, at most to the newest message. Throws `channels.not-found`. */
    async read(
      userId: string,
      { channelSlug, seq }: z.infer<typeof MarkRead>,
      connectionId?: string,
    ): Promise<ReadPosition> {
      const { position, isNew } = await write((sqlite) => {
        const place = mustBeIn(sqlite, userId, channelSlug)
        const readSeq = Math.max(place.readSeq, Math.min(seq, place.lastSeq))
        const isNew = readSeq > place.readSeq
        if (isNew) stored.setReadSeq(sqlite, place.channelId, userId, readSeq)
        const unread = stored.countUnread(sqlite, place.channelId, userId, readSeq)
        return { position: { channelSlug: place.slug, readSeq, unread }, isNew }
      })
      if (isNew) hub.tell(userId, 'chat.read', position, connectionId)
      return position
    },

    /** Tells the others that somebody types, at most once a second. Throws as `post` does. */
    async typing(userId: string, channelSlug: string, connectionId?: string): Promise<void> {
      const place = await write((sqlite) => mustWrite(sqlite, userId, channelSlug))
      if (!mayTell(`${place.channelId} ${userId}`)) return
      const notice = { channelSlug: place.slug, userId }
      hub.publish(topicOf(place.channelId), 'chat.typing', notice, connectionId)
    },
  }
}

/** What people may do with messages. Knows no HTTP and no sockets. */
export const chatRules = (needs: ChatNeeds) => ({
  ...posting(needs),
  ...removing(needs),
  ...attending(needs),
  ...chatReads(needs),
})
export type ChatRules = ReturnType<typeof chatRules>
