/** Limits both halves know. They live apart from the schemas so that the browser can import them without the schema library. */

/** Lengths in UTF-16 code units, as a text field counts them. */
export const MAX_CHANNEL_NAME_LENGTH = 80
export const MAX_TOPIC_LENGTH = 250
export const MAX_DISPLAY_NAME_LENGTH = 80
export const MIN_PASSWORD_LENGTH = 10
export const MAX_PASSWORD_LENGTH = 256
/** Longest message a person may post, in UTF-16 code units (what a textarea counts). */
export const MAX_MESSAGE_LENGTH = 10_000

/** Why somebody is moderated, in UTF-16 code units. */
export const MAX_REASON_LENGTH = 500
/** How long an act of moderation may hold that ends by itself: a year, in seconds. */
export const MAX_MODERATION_SECONDS = 31_536_000

/** Messages in one page of history. */
export const PAGE_SIZE = 50
/** Calls in one page of a channel's past ones. */
export const CALLS_PAGE_SIZE = 30
/** Most changes one `chat.since` answers; past that it answers `reset: true` and the client reloads. */
export const MAX_CHANGES = 500
/** Unread messages are counted up to here. */
export const MAX_UNREAD = 1_000
/** How long a typing notice is believed without another, in milliseconds. */
export const TYPING_TTL_MS = 6_000

/** Small letters, digits, dot, dash and underscore; 1 to 32 characters; begins and ends with a letter or digit. */
export const USERNAME_PATTERN = /^[a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9])?$/

/** Longest file name of a recording, in UTF-16 code units: file systems take 255 bytes. */
export const MAX_RECORDING_NAME_LENGTH = 255
/** Longest name of a key for publishing devices, in UTF-16 code units. */
export const MAX_WHIP_KEY_NAME_LENGTH = 40
/** Keys one channel may have. */
export const MAX_WHIP_KEYS = 20
