import type { Message } from '../../../lib/protocol/chat.ts'

/** The part of the loaded messages that is in the document, by sequence. `to` is undefined while it reaches the newest. */
export type PageWindow = { from: number; to: number | undefined }

/** Messages added at once, and the most that are drawn at the same time. */
export const STEP = 50
export const MOST = 200

const indexOfSeq = (messages: readonly Message[], seq: number) => {
  const at = messages.findIndex((message) => message.seq >= seq)
  return at < 0 ? messages.length : at
}

/** The newest messages, as many as one step draws. */
export const newest = (messages: readonly Message[]): PageWindow => ({
  from: messages[Math.max(0, messages.length - STEP)]?.seq ?? 0,
  to: undefined,
})

export const visible = (
  messages: readonly Message[],
  { from, to }: PageWindow,
): readonly Message[] =>
  messages.slice(
    indexOfSeq(messages, from),
    to === undefined ? messages.length : indexOfSeq(messages, to + 1),
  )

/** The part around one message, which stands near its top. */
export const around = (messages: readonly Message[], seq: number): PageWindow => {
  const first = Math.max(0, indexOfSeq(messages, seq) - 10)
  const last = first + 2 * STEP
  return {
    from: messages[first]?.seq ?? 0,
    to: last >= messages.length - 1 ? undefined : messages[last]?.seq,
  }
}

/** One step further up; what is far below is no longer drawn. The same window when the top is loaded and drawn. */
export const upward = (messages: readonly Message[], window: PageWindow): PageWindow => {
  const start = indexOfSeq(messages, window.from)
  if (start === 0) return window
  const first = Math.max(0, start - STEP)
  const last = first + MOST - 1
  const end = window.to === undefined ? messages.length - 1 : indexOfSeq(messages, window.to)
  return {
    from: messages[first]?.seq ?? 0,
    to: last < end ? messages[last]?.seq : window.to,
  }
}

/** One step further down; what is far above is no longer drawn. */
export const downward = (messages: readonly Message[], window: PageWindow): PageWindow => {
  if (window.to === undefined) return window
  const last = indexOfSeq(messages, window.to) + STEP
  const first = Math.max(indexOfSeq(messages, window.from), last - MOST + 1)
  return {
    from: messages[first]?.seq ?? window.from,
    to: last >= messages.length - 1 ? undefined : messages[last]?.seq,
  }
}

/** The window after news at the end: one that follows the newest keeps its size bounded. */
export const following = (messages: readonly Message[], window: PageWindow): PageWindow => {
  if (window.to !== undefined) return window
  const start = indexOfSeq(messages, window.from)
  return messages.length - start > MOST ? newest(messages) : window
}
