import { PyriteError } from '../../platform/errors.ts'
import type { Message } from '../../protocol/chat.ts'
import { MAX_MESSAGE_LENGTH } from '../../protocol/limits.ts'

const ME = '/me '
/** Anything but white space and characters that draw nothing. */
const VISIBLE = /[^\s\p{Cf}\p{Cc}]/u
const LONE_SURROGATE = /\p{Surrogate}/gu

/** What somebody typed, as it is stored. Throws `chat.too-long`, or `malformed` when there is nothing to see. */
export const readText = (typed: string): { kind: Message['kind']; text: string } => {
  if (typed.length > MAX_MESSAGE_LENGTH) {
    throw new PyriteError('chat.too-long', `a message has at most ${MAX_MESSAGE_LENGTH} characters`)
  }
  const isMe = typed.startsWith(ME)
  const text = (isMe ? typed.slice(ME.length) : typed).replace(LONE_SURROGATE, '\ufffd')
  if (!VISIBLE.test(text)) throw new PyriteError('malformed', 'text: there is nothing to see in it')
  return { kind: isMe ? 'me' : 'text', text }
}
