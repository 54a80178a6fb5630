import { z } from 'zod'
import { ChannelSlug } from './channels.ts'
import { PAGE_SIZE } from './limits.ts'

/**
 * A message as stored and as everybody in the channel sees it. Times are ISO 8601 in UTC.
 * `seq` numbers the messages of a channel 1, 2, 3 ... without a gap. `rev` numbers the *changes* of a channel (a post, an edit, a deletion)
 * without a gap: a message carries the revision of its newest change. A deleted message keeps its place with an empty text.
 */
export type Message = {
  id: string
  channelSlug: string
  seq: number
  rev: number
  authorId: string
  clientId: string
  kind: 'text' | 'me'
  text: string
  postedAt: string
  editedAt: string | null
  deletedAt: string | null
}

/** chat.post, POST /api/channels/:channelSlug/messages: answered with the stored Message. The same `clientId` of the same author again answers the first one. */
export const PostMessage = z.object({
  channelSlug: ChannelSlug,
  clientId: z.string().min(8).max(64),
  text: z.string().min(1),
})
export type PostMessage = z.infer<typeof PostMessage>
/** chat.edit, PATCH /api/channels/:channelSlug/messages/:messageId */
export const EditMessage = z.object({
  channelSlug: ChannelSlug,
  messageId: z.string().max(64),
  text: z.string().min(1),
})
/** chat.delete, DELETE /api/channels/:channelSlug/messages/:messageId */
export const DeleteMessage = z.object({ channelSlug: ChannelSlug, messageId: z.string().max(64) })
/** chat.history, GET /api/channels/:channelSlug/messages?before=SEQ: `HistoryPage`, oldest first. Without `before`: the newest page. */
export const History = z.object({
  channelSlug: ChannelSlug,
  before: z.coerce.number().int().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(PAGE_SIZE),
})
/** `rev` is the channel's revision when the page was read: what follows arrives as pushes or by `chat.since`. */
export type HistoryPage = { messages: Message[]; hasMore: boolean; rev: number }
/** chat.since, GET /api/channels/:channelSlug/changes?since=REV: every message changed after `since`, by rev. */
export const Since = z.object({ channelSlug: ChannelSlug, since: z.coerce.number().int().min(0) })
export type Changes = { messages: Message[]; rev: number; reset: boolean }
/** chat.read, PUT /api/channels/:channelSlug/read: moves my read position forward (never back). Answers `ReadPosition`. */
export const MarkRead = z.object({ channelSlug: ChannelSlug, seq: z.number().int().min(0) })
export type ReadPosition = { channelSlug: string; readSeq: number; unread: number }
/** chat.typing */
export const Typing = z.object({ channelSlug: ChannelSlug })
