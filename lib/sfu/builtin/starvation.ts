const STARVING_SECONDS = 5
/** A short lack, as of a processor busy elsewhere, is over soon; a lasting one must not cost a probe every few seconds. */
const FIRST_RETRY_SECONDS = 5
const LAST_RETRY_SECONDS = 160
/** This long without hunger, and the next lack counts as the first one. */
const WELL_SECONDS = 60

/** What one second looked like: the subscriber's estimate and the rate of its video, in bits per second. */
export type Second = {
  /** 0: it has not said. */
  estimate: number
  rate: number
  /** Below this the publisher is not slowed down any further. */
  floor: number
  /** Whether there is a smaller encoding to fall back to. */
  hasLower: boolean
}

/** Decides when a subscriber gets less than it asked for, so that it does not drag everybody down with it. */
export class Starvation {
  #level: 'none' | 'low' | 'audio' = 'none'
  #hungrySeconds = 0
  #retryIn = 0
  #patience = FIRST_RETRY_SECONDS
  #wellSeconds = 0
  #lastEstimate = Number.POSITIVE_INFINITY

  /** What is left of the subscriber's wish. */
  limit(words: readonly string[]): readonly string[] {
    if (this.#level === 'none') return words
    if (this.#level === 'audio') return words.filter((word) => !word.startsWith('video'))
    return words.map((word) => (word === 'video' ? 'video-low' : word))
  }

  /** True when `limit` answers differently from now on. */
  tick({ estimate, rate, floor, hasLower }: Second): boolean {
    if (this.#level !== 'none' && --this.#retryIn <= 0) return this.#restore()
    // An idle sender also makes for a small estimate; only one below what arrives says that the path is full.
    const isHungry = estimate > 0 && estimate < floor && estimate < rate * 0.8
    // One that grows is on its way back from a smaller stream: such a second says neither this nor that.
    const isGrowing = estimate > this.#lastEstimate
    if (estimate > 0) this.#lastEstimate = estimate
    if (!isHungry) this.#hungrySeconds = 0
    else if (!isGrowing) this.#hungrySeconds++
    this.#forgive(isHungry)
    if (this.#hungrySeconds < STARVING_SECONDS || this.#level === 'audio') return false
    this.#level = hasLower && this.#level === 'none' ? 'low' : 'audio'
    this.#hungrySeconds = 0
    this.#retryIn = this.#patience
    this.#patience = Math.min(LAST_RETRY_SECONDS, this.#patience * 2)
    return true
  }

  #forgive(isHungry: boolean): void {
    const isWell = !isHungry && this.#level === 'none'
    this.#wellSeconds = isWell ? this.#wellSeconds + 1 : 0
    if (this.#wellSeconds >= WELL_SECONDS) this.#patience = FIRST_RETRY_SECONDS
  }

  #restore(): boolean {
    this.#level = 'none'
    this.#hungrySeconds = 0
    return true
  }
}
