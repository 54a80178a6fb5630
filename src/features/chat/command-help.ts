import { useRef, useState } from 'preact/hooks'
import { sentenceOf } from '../../platform/request-error.ts'
import type { Command, ReadCommand, Suggestion } from './commands.ts'
import { isComposed } from './text-area.ts'

export type CommandHelp = {
  command: Command | undefined
  /** Ways to go on that are on show. */
  suggestions: readonly Suggestion[]
  /** Which of them Enter takes; -1: none. */
  chosen: number
  note: string
  isWrong: boolean
  isBusy: boolean
  take(suggestion: Suggestion): void
  /** Takes a key that belongs to the list. Answers whether it did. */
  tookKey(event: KeyboardEvent): boolean
  /** Carries the command out, if that is possible now. */
  run(): Promise<void>
  /** Something else was sent: what was refused is said no longer. */
  forget(): void
}

const NONE: readonly Suggestion[] = []

type Steps = {
  take(suggestion: Suggestion): void
  move(step: number): void
  close(): void
}

/** What each key does while suggestions are on show. */
const keysFor = (
  suggestions: readonly Suggestion[],
  chosen: number,
  { take, move, close }: Steps,
): Record<string, () => void> => {
  const takeable = suggestions[Math.max(0, chosen)]
  if (!takeable) return {}
  const taking = () => take(takeable)
  return {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Escape: close,
    Tab: taking,
    ...(chosen >= 0 && { Enter: taking }),
  }
}

/** What is typed as a command: how it may go on, what it will do, and doing it. `change` sets the text. */
export const useCommandHelp = (
  read: ReadCommand | undefined,
  text: string,
  change: (text: string) => void,
): CommandHelp => {
  const [closedFor, setClosedFor] = useState<string>()
  // Each with the text it belongs to: another text begins anew at once, not an effect later.
  const [moved, setMoved] = useState<{ text: string; to: number }>()
  const [failure, setFailure] = useState<{ text: string | undefined; sentence: string }>()
  const [isBusy, setBusy] = useState(false)
  const command = text.startsWith('/') ? read?.(text) : undefined
  const suggestions = closedFor === text ? NONE : (command?.suggestions ?? NONE)
  const isRunnable = command?.run !== undefined
  const unmoved = isRunnable ? -1 : 0
  const wished = moved?.text === text ? moved.to : unmoved
  const chosen = Math.min(wished, suggestions.length - 1)

  const take = (suggestion: Suggestion) => change(suggestion.text)
  const move = (step: number) => {
    const count = suggestions.length
    const to = chosen < 0 && step < 0 ? count - 1 : (chosen + step + count) % count
    setMoved({ text, to })
  }
  const keys = keysFor(suggestions, chosen, { take, move, close: () => setClosedFor(text) })
  const tookKey = (event: KeyboardEvent): boolean => {
    const act = keys[event.key]
    if (!act || isComposed(event) || event.shiftKey) return false
    act()
    return true
  }
  const latest = useRef(text)
  latest.current = text
  /** The box is free for what is typed next while the answer is on its way; a refused command comes back where nothing was, and else the refusal stays. */
  const refused = (sentence: string) => {
    const isFree = latest.current === ''
    if (isFree) change(text)
    setFailure({ text: isFree ? text : undefined, sentence })
  }
  const run = async () => {
    if (!command?.run || isBusy) return
    setBusy(true)
    setFailure(undefined)
    change('')
    await command.run().catch((error: unknown) => refused(sentenceOf(error)))
    setBusy(false)
  }
  const isSaid = failure !== undefined && (failure.text ?? text) === text
  const failed = isSaid ? failure.sentence : ''
  const forget = () => setFailure(undefined)
  const note = failed || command?.note || ''
  const isWrong = failed !== '' || (command?.isWrong ?? false)
  return { command, suggestions, chosen, note, isWrong, isBusy, take, tookKey, run, forget }
}
