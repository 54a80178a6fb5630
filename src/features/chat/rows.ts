import type { Message } from '../../../lib/protocol/chat.ts'
import type { BesideEntry } from './beside.ts'

/** What the list draws, top to bottom. */
export type Row =
  | { is: 'day'; key: string; at: string }
  | { is: 'new'; key: string }
  /** `starts` a run: it carries the author's name and picture. */
  | { is: 'message'; key: string; message: Message; starts: boolean }
  | { is: 'beside'; key: string }

/** A run of one person is broken by this much silence, in milliseconds. */
export const RUN_MS = 5 * 60_000

const dayOf = (at: string): string => new Date(at).toDateString()

const continues = (before: Message | undefined, message: Message): boolean =>
  before !== undefined &&
  before.authorId === message.authorId &&
  before.kind === 'text' &&
  message.kind === 'text' &&
  before.deletedAt === null &&
  Date.parse(message.postedAt) - Date.parse(before.postedAt) < RUN_MS

/** The first message of others after the read position `newAfter`; undefined while that place is not loaded. */
export const firstNew = (
  messages: readonly Message[],
  newAfter: number | undefined,
  me: string,
): number | undefined => {
  if (newAfter === undefined || (messages[0]?.seq ?? 0) > newAfter + 1) return undefined
  return messages.find(({ seq, authorId }) => seq > newAfter && authorId !== me)?.seq
}

/** Messages with day separators, runs, the New line before `newSeq`, and what stands beside them, oldest first. Keys stay the same while the list grows at either end. */
export const rowsOf = (
  messages: readonly Message[],
  newSeq: number | undefined,
  entries: readonly BesideEntry[] = [],
): Row[] => {
  const rows: Row[] = []
  const waiting = [...entries]
  let day: string | undefined
  let before: Message | undefined
  const beginDay = (at: string): boolean => {
    if (dayOf(at) === day) return false
    day = dayOf(at)
    rows.push({ is: 'day', key: `day-${day}`, at })
    return true
  }
  const putBeside = ({ key, at }: BesideEntry) => {
    beginDay(at)
    rows.push({ is: 'beside', key })
    before = undefined
  }
  for (const message of messages) {
    while (waiting[0] && waiting[0].at < message.postedAt) waiting.splice(0, 1).forEach(putBeside)
    const isNewDay = beginDay(message.postedAt)
    const isNew = message.seq === newSeq
    if (isNew) rows.push({ is: 'new', key: 'new' })
    const starts = isNewDay || isNew || !continues(before, message)
    rows.push({ is: 'message', key: `seq-${message.seq}`, message, starts })
    before = message
  }
  waiting.forEach(putBeside)
  return rows
}
