import { z } from 'zod'
import { ChannelSlug } from './channels.ts'
import { MAX_RECORDING_NAME_LENGTH, MAX_WHIP_KEY_NAME_LENGTH } from './limits.ts'

/**
 * One finished recording of a channel: what one camera or screen sent, in one file. `name` is its file name and its place in the
 * address; `who` is whose it was as the file says, '' where it does not; `startedAt` is ISO 8601 in UTC, null where the file does not say.
 * `size` in bytes. `playable`: browsers play it; others can only be downloaded.
 */
export type Recording = {
  name: string
  who: string
  startedAt: string | null
  size: number
  playable: boolean
}

/** GET /api/channels/:channelSlug/recordings, recordings.list: newest first. */
export type RecordingList = { recordings: Recording[] }

/** DELETE /api/channels/:channelSlug/recordings/:name, recordings.delete (moderators). */
export const OneRecording = z.object({
  channelSlug: ChannelSlug,
  name: z.string().min(1).max(MAX_RECORDING_NAME_LENGTH),
})

/**
 * A key with which a device (OBS, a camera) publishes into a channel's call. It acts for the person who made it: it is good only while
 * they are in the channel and may present there. `publishing`: since when it does, null while it does not. Times are ISO 8601 in UTC.
 */
export type WhipKey = {
  id: string
  name: string
  createdBy: string
  createdAt: string
  publishing: string | null
}

/** GET /api/channels/:channelSlug/whip-keys, whip.keys (moderators): oldest first. */
export type WhipKeyList = { keys: WhipKey[] }

/** POST /api/channels/:channelSlug/whip-keys, whip.create-key: answered with `NewWhipKey`. The name is what others see in the call. */
export const CreateWhipKey = z.object({
  channelSlug: ChannelSlug,
  name: z
    .string()
    .trim()
    .min(1)
    .max(MAX_WHIP_KEY_NAME_LENGTH)
    .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u, 'letters, digits, blanks, dots and dashes'),
})

/** The only answer that ever holds the key itself. `path` is where to publish on this server. */
export type NewWhipKey = { key: WhipKey; secret: string; path: string }

/**
 * DELETE /api/channels/:channelSlug/whip-keys/:keyId, whip.revoke-key: what it publishes ends within a second.
 * DELETE /api/channels/:channelSlug/whip-keys/:keyId/stream, whip.end-stream: the same, and the key stays good.
 */
export const OneWhipKey = z.object({ channelSlug: ChannelSlug, keyId: z.string().max(64) })
