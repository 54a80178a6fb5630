import type { z } from 'zod'
import type { Config } from '../../platform/config/schema.ts'
import type { Database } from '../../platform/db/open.ts'
import { PyriteError } from '../../platform/errors.ts'
import type { Hub } from '../../platform/ws/hub.ts'
import { ratePerPerson } from '../../platform/ws/rate.ts'
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
  config: Config['chat']
  now: () => Date
  newId: () => string
}

/** How often one person's typing in one channel is told. */
const TYPING_EVERY_MS = 1_000

const mustBeIn = (place: stored.Place | undefined): stored.Place => {
  if (!place) throw noSuchChannel()
  return place
}
const mustWrite = ({ role }: { role: string }): void => {
  if (role === 'listener') throw new PyriteError('chat.listener', 'you may only read here')
}
const noSuchMessage = () => new PyriteError('not-found', 'there is no such message')

/** Tells a change that is stored. Called in the turn its commit was answered, so pushes leave in the order of `rev`. */
const teller =
  (hub: ChatNeeds['hub']) =>
  (channelId: number, message: Message): Message => {
    hub.publish(topicOf(channelId), 'chat.message', message)
    return message
  }

const posting = ({ database: { write }, hub, config, now, newId }: ChatNeeds) => {
  const tell = teller(hub)
  const mustBeSlow = ratePerPerson({
    perSecond: config.posts_per_second,
    burst: config.posts_burst,
    now: () => now().getTime(),
    message: 'you write faster than this server allows',
  })
  return {
    /** Throws `channels.not-found`, `chat.listener`, `chat.too-long`, `malformed`, `too-many-requests`. The same `clientId` again answers the first message. */
    async post(
      authorId: string,
      { channelSlug, clientId, text: typed }: PostMessage,
    ): Promise<Message> {
      mustBeSlow(authorId)
      const { kind, text } = readText(typed)
      const id = newId()
      const postedAt = now().toISOString()
      const { place, message, isNew } = await write((sqlite) => {
        const place = mustBeIn(stored.placeOf(sqlite, authorId, channelSlug))
        mustWrite(place)
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
        const place = mustBeIn(stored.placeOf(sqlite, userId, channelSlug))
        mustWrite(place)
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

const removing = ({ database: { write }, hub, now }: ChatNeeds) => {
  const tell = teller(hub)
  return {
    /** Empties a message and keeps its place. Throws `channels.not-found`, `not-found`, `chat.not-yours`. */
    async remove(
      userId: string,
      { channelSlug, messageId }: z.infer<typeof DeleteMessage>,
    ): Promise<Message> {
      const deletedAt = now().toISOString()
      const { place, message, isNew } = await write((sqlite) => {
        const place = mustBeIn(stored.placeOf(sqlite, userId, channelSlug))
        const before = stored.findMessage(sqlite, place, messageId)
        if (!before) throw noSuchMessage()
        const isAllowed =
          before.authorId === userId || place.role === 'moderator' || stored.isAdmin(sqlite, userId)
        if (!isAllowed) {
          throw new PyriteError('chat.not-yours', 'only its author or a moderator may delete it')
        }
        if (before.deletedAt !== null) return { place, message: before, isNew: false }
        const message: Message = { ...before, rev: place.lastRev + 1, text: '', deletedAt }
        stored.updateMessage(sqlite, place, message)
        return { place, message, isNew: true }
      })
      return isNew ? tell(place.channelId, message) : message
    },
  }
}

const attending = ({ database: { write }, hub, channels, now }: ChatNeeds) => {
  const mayTell = createThrottle(TYPING_EVERY_MS, () => now().getTime())
  return {
    /** Moves my read position forward, at most to the newest message. Throws `channels.not-found`. */
    async read(
      userId: string,
      { channelSlug, seq }: z.infer<typeof MarkRead>,
      connectionId?: string,
    ): Promise<ReadPosition> {
      const { position, isNew } = await write((sqlite) => {
        const place = mustBeIn(stored.placeOf(sqlite, userId, channelSlug))
        const readSeq = Math.max(place.readSeq, Math.min(seq, place.lastSeq))
        const isNew = readSeq > place.readSeq
        if (isNew) stored.setReadSeq(sqlite, place.channelId, userId, readSeq)
        const unread = stored.countUnread(sqlite, place.channelId, userId, readSeq)
        return { position: { channelSlug: place.slug, readSeq, unread }, isNew }
      })
      if (isNew) hub.tell(userId, 'chat.read', position, connectionId)
      return position
    },

    /** Tells the others that somebody types, at most once a second. Throws `channels.not-found`, `chat.listener`. */
    async typing(userId: string, channelSlug: string, connectionId?: string): Promise<void> {
      const place = await channels.mustBeMember(userId, channelSlug)
      mustWrite(place)
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
