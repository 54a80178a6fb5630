import type { Failure } from '../../lib/protocol/envelope.ts'
import type { ErrorCode } from '../../lib/protocol/error-codes.ts'

/** What can go wrong without the server having said so: no connection, or no answer in time. */
export type LocalCode = 'offline' | 'timeout'

/** A request that was not done. `code` is the server's, or a local one when no answer came. */
export class RequestError extends Error {
  readonly code: ErrorCode | LocalCode
  /** A free slug, with `channels.slug-taken`. */
  readonly suggestion: string | undefined
  /** Seconds to wait, with `too-many-requests`, where the server said. */
  readonly retryAfter: number | undefined

  constructor(
    code: ErrorCode | LocalCode,
    message: string,
    more: { suggestion?: string | undefined; retryAfter?: number | undefined } = {},
  ) {
    super(message)
    this.name = 'RequestError'
    this.code = code
    this.suggestion = more.suggestion
    this.retryAfter = more.retryAfter
  }
}

/** The server's refusal as an error to throw. */
export const fromFailure = ({ code, message, ...more }: Failure): RequestError =>
  new RequestError(code, message, more)

/** Whether the request may have failed only because nobody was reached: trying again later can help. */
export const isUnreached = (error: unknown): boolean =>
  error instanceof RequestError && (error.code === 'offline' || error.code === 'timeout')

const sentences: Partial<Record<ErrorCode | LocalCode, string>> = {
  offline: 'Pyrite cannot be reached. Check your connection and try again.',
  timeout: 'Pyrite did not answer in time. Try again.',
  internal: 'Something went wrong on the server. Try again in a moment.',
  'not-allowed': 'You are not allowed to do that. Ask an admin or a moderator.',
  'not-found': 'That does not exist any more. Reload the page to see what does.',
  'too-large': 'That is too long. Shorten it and try again.',
  'too-many-requests': 'That was too often in a short time. Wait a minute and try again.',
  'shutting-down': 'The server is restarting. Try again in a few seconds.',
  'auth.bad-credentials': 'The username or the password is wrong. Check both and try again.',
  'auth.foreign-origin':
    'This address is not the one Pyrite expects. Open Pyrite by its own address.',
  'auth.signed-out': 'You are signed out. Sign in again to go on.',
  'channels.not-found': 'There is no such channel, or it is private. Ask a member to invite you.',
  'channels.reserved-slug': 'That address is reserved. Choose another one.',
  'channels.slug-taken': 'That address is taken. Choose another one.',
  'channels.last-moderator': 'A channel needs a moderator. Make somebody else one first.',
  'channels.already-a-member': 'That person is in the channel already.',
  'chat.listener': 'You may read here, not write. Ask a moderator to change that.',
  'chat.not-yours': 'Only the author or a moderator can do that.',
  'chat.too-long': 'The message is too long. Shorten it or send it in parts.',
  'storage.unavailable': 'The server cannot store anything right now. Try again in a moment.',
  'users.last-admin': 'The workspace needs an admin. Make somebody else one first.',
  'users.username-taken': 'That username is taken. Choose another one.',
}

/** "a moment", "40 seconds", "5 minutes": rounded up, so that waiting so long is enough. */
const waitWords = (seconds: number): string => {
  if (seconds <= 5) return 'a moment'
  return seconds <= 90 ? `${Math.ceil(seconds)} seconds` : `${Math.ceil(seconds / 60)} minutes`
}

/** One sentence of cause and one of help, for people. */
export const sentenceOf = (error: unknown): string => {
  if (!(error instanceof RequestError)) return 'Something went wrong here. Reload the page.'
  if (error.code === 'too-many-requests' && error.retryAfter !== undefined)
    return `That was too often in a short time. Try again in ${waitWords(error.retryAfter)}.`
  return (
    sentences[error.code] ?? `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`
  )
}
