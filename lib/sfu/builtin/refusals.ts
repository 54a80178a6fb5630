/** A wish that is not granted: the client is told why, and its connection goes on. */
export class Refusal extends Error {
  /** Galene's stable word, where it has one. */
  readonly word: string | undefined

  constructor(message: string, word?: string) {
    super(message)
    this.word = word
  }
}

/** Something no well-behaved client does: it is told why, and its connection is closed with `code`. */
export class Violation extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}
