import { carryOut } from './carry-out.ts'
import { readCommand } from './commands.ts'
import { nameIn, type Place } from './place.ts'
import type { ModerationStore } from './store.ts'
import { type Suggestion, suggestionsFor } from './suggestions.ts'

/** What the box to write in must know of a text that begins with a slash. */
export type CommandView = {
  suggestions: readonly Suggestion[]
  /** What will happen, or what is missing or wrong. */
  note: string
  isWrong: boolean
  /** It goes to the channel as a message after all. */
  isMessage: boolean
  /** Carries it out and says what has happened. Undefined while that is not possible. Rejects with the refusal. */
  run: (() => Promise<void>) | undefined
}

/** Reads commands in one channel. Undefined: a plain message. */
export const composerCommands =
  (store: ModerationStore, place: Place, say: (text: string) => void) =>
  (text: string): CommandView | undefined => {
    const reading = readCommand(text, place)
    const suggestions = suggestionsFor(text, place)
    if (!reading) {
      if (suggestions.length === 0) return undefined
      return { suggestions, note: '', isWrong: false, isMessage: true, run: undefined }
    }
    const isTyping = suggestions.length > 0
    const run =
      reading.is === 'ready'
        ? () => carryOut(store, reading.order, (userId) => nameIn(place, userId)).then(say)
        : undefined
    return {
      suggestions,
      // While a name is typed that is on offer, it is no mistake yet.
      note: isTyping && reading.is !== 'ready' ? '' : reading.note,
      isWrong: reading.is === 'unfinished' && reading.isWrong && !isTyping,
      isMessage: reading.is === 'message',
      run,
    }
  }
