import type { Message } from '../../../lib/protocol/chat.ts'

/** Where `seq` is or belongs in a list sorted by sequence. */
const placeOf = (messages: readonly Message[], seq: number): number => {
  let low = 0
  let high = messages.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((messages[middle]?.seq ?? 0) < seq) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * The list with the news in it, sorted by sequence; the same list when nothing changed. Of two states of a message the one with the higher
 * revision stays. News from before the list begins is left out while there are older pages to load: they will bring it.
 */
export const merged = (
  messages: readonly Message[],
  news: readonly Message[],
  hasMore: boolean,
): readonly Message[] => {
  const first = hasMore ? (messages[0]?.seq ?? 0) : 0
  let next: Message[] | undefined
  for (const message of news) {
    if (message.seq < first) continue
    const list: readonly Message[] = next ?? messages
    const at = placeOf(list, message.seq)
    const old = list[at]
    const isKnown = old?.seq === message.seq
    if (isKnown && old.rev >= message.rev) continue
    next ??= [...messages]
    next.splice(at, isKnown ? 1 : 0, message)
  }
  return next ?? messages
}

/** An older page in front of the list, without what is there already. */
export const withOlder = (
  messages: readonly Message[],
  page: readonly Message[],
): readonly Message[] =>
  merged([...page, ...messages].sort(bySeq).filter(isFirstOfItsSeq), page, false)

const bySeq = (a: Message, b: Message) => a.seq - b.seq || b.rev - a.rev
const isFirstOfItsSeq = (message: Message, at: number, all: Message[]) =>
  all[at - 1]?.seq !== message.seq
