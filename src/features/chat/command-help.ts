import { useEffect, useState } from 'preact/hooks'
import { sentenceOf } from '../../platform/request-error.ts'
import type { Command, ReadCommand, Suggestion } from './commands.ts'

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
  const [moved, setMoved] = useState<number>()
  const [failure, setFailure] = useState('')
  const [isBusy, setBusy] = useState(false)
  useEffect(() => {
    setMoved(undefined)
    setFailure('')
  }, [text])
  const command = text.startsWith('/') ? read?.(text) : undefined
  const suggestions = closedFor === text ? NONE : (command?.suggestions ?? NONE)
  const isRunnable = command?.run !== undefined
  const chosen = suggestions.length === 0 ? -1 : (moved ?? (isRunnable ? -1 : 0))

  const take = (suggestion: Suggestion) => change(suggestion.text)
  const move = (step: number) => {
    const count = suggestions.length
    setMoved(chosen < 0 && step < 0 ? count - 1 : (chosen + step + count) % count)
  }
  const keys = keysFor(suggestions, chosen, { take, move, close: () => setClosedFor(text) })
  const tookKey = (event: KeyboardEvent): boolean => {
    const act = keys[event.key]
    if (!act || event.isComposing || event.shiftKey) return false
    act()
    return true
  }
  const run = async () => {
    if (!command?.run || isBusy) return
    setBusy(true)
    setFailure('')
    try {
      await command.run()
      change('')
    } catch (error) {
      setFailure(sentenceOf(error))
    }
    setBusy(false)
  }
  const note = failure || command?.note || ''
  const isWrong = failure !== '' || (command?.isWrong ?? false)
  return { command, suggestions, chosen, note, isWrong, isBusy, take, tookKey, run }
}
