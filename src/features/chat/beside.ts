import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Message } from '../../../lib/protocol/chat.ts'
import type { TimelineState } from './timeline.ts'

/** `at` is its place in time, ISO 8601. */
export type BesideEntry = { key: string; at: string }

/** What stands between the messages in its place in time, such as calls. Who knows it draws it. */
export type Beside = {
  /** Oldest first. */
  readonly entries: readonly BesideEntry[]
  /** Whether older ones are on the server. */
  readonly hasMore: boolean
  /** Undefined while they are on their way or there are none. */
  readonly loadOlder: (() => Promise<void>) | undefined
  draw(key: string): ComponentChildren
}

/**
 * The entries that belong to the drawn part of the loaded messages: from its first message (from the very beginning, where `isWhole`
 * says that the first loaded message is the channel's first) up to the message that follows it.
 */
export const entriesAmong = (
  entries: readonly BesideEntry[],
  {
    messages,
    shown,
    isWhole,
  }: Record<'messages' | 'shown', readonly Message[]> & { isWhole: boolean },
): readonly BesideEntry[] => {
  const [first] = shown
  const last = shown.at(-1)
  const from = first && !(isWhole && first === messages[0]) ? first.postedAt : ''
  const to = last && messages[messages.indexOf(last) + 1]?.postedAt
  return entries.filter(({ at }) => at >= from && (to === undefined || at < to))
}

/** The entries to draw. Loads older ones as far back as messages are loaded. */
export const useBeside = (
  beside: Beside | undefined,
  { messages, hasMore }: Pick<TimelineState, 'messages' | 'hasMore'>,
  shown: readonly Message[],
) => {
  const entries = beside?.entries ?? []
  const oldest = messages[0]?.postedAt
  const first = entries[0]?.at
  useEffect(() => {
    if (oldest !== undefined && first !== undefined && first > oldest) void beside?.loadOlder?.()
  }, [oldest, first])
  return entriesAmong(entries, { messages, shown, isWhole: !hasMore })
}
