/** One way to go on with what is typed. `text` is what the box holds then. */
export type Suggestion = { key: string; name: string; hint: string; text: string }

/** What a text that begins with a slash means. */
export type Command = {
  suggestions: readonly Suggestion[]
  /** What will happen, or what is missing or wrong; '' where there is nothing to say. */
  note: string
  isWrong: boolean
  /** It goes to the channel as a message after all. */
  isMessage: boolean
  /** Carries it out and says what has happened. Undefined while that is not possible. Rejects with the refusal. */
  run: (() => Promise<void>) | undefined
}

/** Reads what is typed; app/ passes it in. Undefined: a plain message. */
export type ReadCommand = (text: string) => Command | undefined
