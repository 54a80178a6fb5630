/** Limits both halves know. They live apart from the schemas so that the browser can import them without the schema library. */

/** Lengths in UTF-16 code units, as a text field counts them. */
export const MAX_CHANNEL_NAME_LENGTH = 80
export const MAX_TOPIC_LENGTH = 250
export const MAX_DISPLAY_NAME_LENGTH = 80
export const MIN_PASSWORD_LENGTH = 10
export const MAX_PASSWORD_LENGTH = 256
/** Longest message a person may post, in UTF-16 code units (what a textarea counts). */
export const MAX_MESSAGE_LENGTH = 10_000

/** Messages in one page of history. */
export const PAGE_SIZE = 50
/** Most changes one `chat.since` answers; past that it answers `reset: true` and the client reloads. */
export const MAX_CHANGES = 500
/** Unread messages are counted up to here. */
export const MAX_UNREAD = 1_000
/** How long a typing notice is believed without another, in milliseconds. */
export const TYPING_TTL_MS = 6_000

/** Small letters, digits, dot, dash and underscore; 1 to 32 characters; begins and ends with a letter or digit. */
export const USERNAME_PATTERN = /^[a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9])?$/
